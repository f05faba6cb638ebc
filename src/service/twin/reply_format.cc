#include "service/twin/reply_format.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/core/json.h"

namespace roofscape::twin {
namespace {

constexpr std::int64_t kFirstTokenId = 100;
constexpr std::int64_t kTokenIds = 1000;

double Ms(Nanos time) { return static_cast<double>(time.count()) / 1e6; }

/// How many a second; 0 where no time passed, as JSON knows no infinity.
double PerSecond(std::int64_t tokens, Nanos time) {
  return time.count() == 0 ? 0
                           : static_cast<double>(tokens) * 1e9 / static_cast<double>(time.count());
}

double PerToken(Nanos time, std::int64_t tokens) {
  return Ms(time) / static_cast<double>(std::max<std::int64_t>(1, tokens));
}

}  // namespace

ReplyFormat::ReplyFormat(ReplyContext context)
    : context_(std::move(context)),
      framing_(behaviour().line_end,
               behaviour().data_space.value_or(dialect().data_space && ask().api != Api::kTgi),
               behaviour().event_name) {}

std::optional<ReplyFormat::Event> ReplyFormat::Early(std::string& /*out*/) { return std::nullopt; }

void ReplyFormat::Waiting(std::string& out) { framing_.Comment(out, "still here"); }

std::optional<ReplyFormat::Event> ReplyFormat::Opening(std::string& /*out*/) {
  return std::nullopt;
}

std::optional<ReplyFormat::Event> ReplyFormat::Between(const TokenEvent& /*next*/,
                                                       std::string& /*out*/) {
  return std::nullopt;
}

void ReplyFormat::Send(std::string& out, std::string_view data, std::string_view name) const {
  framing_.Open(out, name);
  out += data;
  framing_.Close(out);
}

std::int64_t ReplyFormat::cached_tokens() const {
  return std::min(behaviour().cached_tokens.value_or(0), ask().prompt_tokens);
}

std::int64_t TokenIdAt(std::int64_t index) { return kFirstTokenId + index % kTokenIds; }

void AppendTokenIds(std::int64_t first, std::int64_t count, std::string& out) {
  out += '[';
  for (std::int64_t i = 0; i < count; ++i) {
    fmt::format_to(std::back_inserter(out), "{}{}", i == 0 ? "" : ",", TokenIdAt(first + i));
  }
  out += ']';
}

std::string Quoted(std::string_view text) {
  return Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string Timings(const Totals& totals, std::int64_t prompt_tokens, std::int64_t cached_tokens) {
  const std::int64_t fresh = prompt_tokens - cached_tokens;
  return fmt::format(R"({{"cache_n":{},"prompt_n":{},"prompt_ms":{},"prompt_per_token_ms":{},)"
                     R"("prompt_per_second":{},"predicted_n":{},"predicted_ms":{},)"
                     R"("predicted_per_token_ms":{},"predicted_per_second":{}}})",
                     cached_tokens, fresh, Ms(totals.prompt), PerToken(totals.prompt, fresh),
                     PerSecond(fresh, totals.prompt), totals.made, Ms(totals.output),
                     PerToken(totals.output, totals.made), PerSecond(totals.made, totals.output));
}

std::string StreamError(const Dialect& dialect) {
  switch (dialect.error) {
    case ErrorShape::kPlain:
      return fmt::format(R"({{"error":{{"message":"{}","code":500}}}})", kFaultText);
    case ErrorShape::kOpenAi:
      return fmt::format(
          R"({{"error":{{"message":"{}","type":"server_error","param":null,"code":null}}}})",
          kFaultText);
    case ErrorShape::kVllm:
      return fmt::format(
          R"({{"error":{{"message":"{}","type":"InternalServerError","param":null,"code":500}}}})",
          kFaultText);
    case ErrorShape::kFlat:
      return fmt::format(R"({{"error":{{"object":"error","message":"{}",)"
                         R"("type":"InternalServerError","param":null,"code":500}}}})",
                         kFaultText);
    case ErrorShape::kLlama:
      return fmt::format(R"({{"error":{{"code":500,"message":"{}","type":"server_error"}}}})",
                         kFaultText);
    case ErrorShape::kTgi:
      return fmt::format(R"({{"error":"{}","error_type":"generation"}})", kFaultText);
    case ErrorShape::kDynamo: return std::string(kFaultText);
  }
  return {};
}

std::unique_ptr<ReplyFormat> MakeFormat(ReplyContext context) {
  switch (context.ask.api) {
    case Api::kCompletions:
    case Api::kChat: return MakeOpenAiFormat(std::move(context));
    case Api::kResponses: return MakeResponsesFormat(std::move(context));
    case Api::kMessages: return MakeMessagesFormat(std::move(context));
    case Api::kSglang: return MakeSglangFormat(std::move(context));
    case Api::kTgi: return MakeTgiFormat(std::move(context));
    case Api::kLlamaCpp: return MakeLlamaCppFormat(std::move(context));
  }
  return MakeOpenAiFormat(std::move(context));
}

}  // namespace roofscape::twin
