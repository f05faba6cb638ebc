// How the servers differ in what they write: as data, one Dialect a server. What was looked up, and
// where, is told in docs/reference/twin-script.md.
//
// A template is the text of a JSON object with slots of two characters, '%' and a letter. Chunks:
//   %I id, %M model, %O object (filled once an answer)
//   %{ ... %} left out where the chunk has no choice
//   %D delta, message or text
//   %F finish reason, as a value; %G the same as a member, left out where there is none
//   %g token ids as a member; %t as a value; %v members as vLLM's chat orders them
//   %p ids of the prompt as a value, %P as a member of the first chunk; %U usage as a member
//   %X what the dialect adds: see Extra
// Usage: %p prompt, %c output, %t all, %k cached, %r reasoning tokens.
//
// Ownership: static data. Thread safety: constants.

#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "service/twin/ask.h"

namespace roofscape::twin {

/// The first chunk of a chat, without a token: none, content "", content null, no content.
enum class RoleStyle : std::uint8_t { kNone, kEmpty, kNull, kBare };
enum class FinishStyle : std::uint8_t { kWithLast, kSeparate, kMissing };
enum class UsageStyle : std::uint8_t { kWhenAsked, kAlways, kEveryChunk, kNever };

enum class DialectName : std::uint8_t {
  kGolden,  // Of no server: plain chunks, every API.
  kOpenAi,
  kVllm,
  kSglang,
  kTensorRtLlm,
  kLlamaCpp,
  kTgi,
  kDynamo,
};

/// Their names in scripts, in the order of the values.
inline constexpr std::array<std::string_view, 8> kDialectNames = {
    "golden", "openai", "vllm", "sglang", "tensorrt-llm", "llamacpp", "tgi", "dynamo"};

enum class NullUsage : std::uint8_t { kNever, kWhenAsked, kAlways };  // `usage:null` elsewhere.

/// Slot %X: nothing, OpenAI's padding, llama.cpp's timings on the last, Dynamo's nvext on the
/// first.
enum class Extra : std::uint8_t { kNone, kObfuscation, kTimings, kNvext };

enum class ErrorShape : std::uint8_t {
  kPlain,   // {"error":{"message","type"}}
  kOpenAi,  // {"error":{"message","type","param","code"}}
  kVllm,    // the same, code a number
  kFlat,    // {"object":"error","message","type","param","code"}
  kLlama,   // {"error":{"code","message","type"}}
  kTgi,     // {"error":"...","error_type":"..."}
  kDynamo,  // {"message","type","code"}; in a stream a name and a comment without data
};

/// Chunks of /v1/chat/completions or /v1/completions.
struct ChunkDialect {
  std::string_view chunk;      // Template.
  std::string_view id_prefix;  // Before the request's id.
  std::string_view role;       // The first delta's members; %C: content by RoleStyle, or nothing.
  std::string_view answer[2];  // Around a text.
  std::string_view reasoning[2];
  std::string_view first;  // Members added to the first delta with a token.
  std::string_view finish_delta;
  RoleStyle role_style = RoleStyle::kNone;
  FinishStyle finish = FinishStyle::kWithLast;
  NullUsage null_usage = NullUsage::kNever;
  bool usage_with_finish = false;  // Always, and no usage chunk of its own.
};

struct Dialect {
  DialectName name = DialectName::kGolden;
  std::string_view owned_by;  // In /v1/models.
  std::string_view version;
  std::uint32_t apis = 0;  // Bits by Api.
  ChunkDialect chat;
  ChunkDialect completions;
  std::string_view usage;         // Template.
  std::string_view usage_cached;  // Where the script has cached_tokens.
  Extra extra = Extra::kNone;
  ErrorShape error = ErrorShape::kPlain;
  bool done_after_error = false;
  bool done = true;               // Chats and completions end with [DONE].
  bool data_space = true;         // "data: ", not "data:".
  bool trailing_space = false;    // Behind the role chunk's JSON.
  bool continuous_usage = false;  // Takes stream_options.continuous_usage_stats.
  bool usage_on_role = false;     // Then in the role chunk too.
  bool return_token_ids = false;  // Takes it.
  bool honours_eos = true;        // Takes ignore_eos and min_tokens.
  bool sequence_numbers = true;   // In /v1/responses.
  bool early_message = false;     // message_start leaves at once, and pings follow it.
  bool checks_model = false;      // A model that it does not serve is answered with a 404.
  int overload_status = 503;      // Where its queue is full.
  std::int64_t max_requests = 0;  // At once, unless it is told otherwise; 0: no limit.
  // Tokens of an answer whose length the request does not limit; 0: as many as fit the context.
  std::int64_t open_completion = 0;
  std::int64_t open_generate = 0;
  bool cuts_answers = false;  // A limit beyond the context is no error: the answer ends there.

  bool Speaks(Api api) const { return (apis >> static_cast<unsigned>(api) & 1U) != 0; }
};

const Dialect& DialectOf(DialectName name);

}  // namespace roofscape::twin
