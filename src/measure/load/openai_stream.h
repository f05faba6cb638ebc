// Reads the payloads of an OpenAI-compatible event stream: what kind of event, how many generated
// tokens and characters, usage, finish, errors. Knows /v1/completions and /v1/chat/completions as
// vLLM, SGLang, llama.cpp and OpenAI write them.
//
// No allocation per event once the scratch buffers have grown. Thread safety: one reader, one
// thread; it may be shared by all streams of that thread, because it keeps no state of a stream.

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "domain/spec/request_log.h"

namespace roofscape::load {

/// Token counts as the server reports them; spec::kUnknown where it does not.
struct Usage {
  std::int64_t prompt_tokens = spec::kUnknown;
  std::int64_t completion_tokens = spec::kUnknown;
  std::int64_t cached_tokens = spec::kUnknown;

  bool known() const { return prompt_tokens != spec::kUnknown; }
};

/// One payload, understood. Views are valid until the next Read().
struct StreamEvent {
  spec::EventKind kind = spec::EventKind::kRole;
  std::int64_t token_ids = 0;  // Number of token ids in the chunk, 0 when none are sent.
  std::string_view text;       // Generated text, unescaped.
  bool finish = false;         // A finish reason stood in it.
  Usage usage;
  bool malformed = false;    // Not a JSON object of any known shape; `message` says why.
  std::string_view message;  // Of an error event, or why it is malformed.
};

class StreamReader {
 public:
  StreamReader();
  ~StreamReader();
  StreamReader(const StreamReader&) = delete;
  StreamReader& operator=(const StreamReader&) = delete;

  /// Understands one `data:` payload other than "[DONE]". `event_type` is the SSE event name;
  /// "error" makes any payload an error.
  StreamEvent Read(std::string_view payload, std::string_view event_type);

 private:
  struct Scratch;
  std::unique_ptr<Scratch> scratch_;
};

/// The message inside an error body: {"error":{"message":"..."}}, {"message":...}, {"detail":...},
/// or the printable beginning of whatever else came. Never empty.
std::string ErrorText(std::string_view body);

}  // namespace roofscape::load
