#include "service/twin/reply.h"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>
#include <simdjson.h>
#include <nlohmann/json.hpp>

#include "base/core/check.h"
#include "base/core/json.h"

namespace roofscape::twin {
namespace {

namespace ondemand = simdjson::ondemand;
using spec::EventKind;

constexpr std::int64_t kMaxOutput = 1'000'000;

Nanos FromMs(double ms) { return Nanos(static_cast<std::int64_t>(ms * 1e6)); }

/// Tokens in a text, as this server counts: words.
std::int64_t Words(std::string_view text) {
  std::int64_t words = 0;
  bool inside = false;
  for (const char c : text) {
    const bool blank = c == ' ' || c == '\n' || c == '\t';
    if (!blank && !inside) ++words;
    inside = !blank;
  }
  return words;
}

/// A prompt is a text or an array of token ids; messages are texts.
std::int64_t CountPrompt(ondemand::value value) {
  std::string_view text;
  if (value.get_string().get(text) == simdjson::SUCCESS) return Words(text);
  ondemand::array items;
  if (value.get_array().get(items) != simdjson::SUCCESS) return 0;
  std::int64_t tokens = 0;
  for (auto item : items) {
    ondemand::value entry;
    if (item.get(entry) != simdjson::SUCCESS) return tokens;
    ondemand::object message;
    std::string_view content;
    if (entry.get_object().get(message) != simdjson::SUCCESS) {
      ++tokens;  // A token id.
    } else if (message["content"].get_string().get(content) == simdjson::SUCCESS) {
      tokens += Words(content) + 4;  // A template's share.
    }
  }
  return tokens;
}

constexpr std::array<std::string_view, 8> kAsciiTokens = {" the",  " time", " of",   " year",
                                                          " road", " from", " here", " on"};
// As they stand in JSON: escapes that a reader must undo, and a surrogate pair.
constexpr std::array<std::string_view, 6> kEscapedTokens = {
    " \\\"a\\\"", "\\n", "\\t\\\\", " \\u00e9t\\u00e9", "\\ud83d\\ude00", "\\/"};
constexpr std::array<std::string_view, 4> kUtf8Tokens = {" Äpfel", " été", "日本", " 😀"};

}  // namespace

Result<Ask> ReadAsk(std::string_view body, bool chat) {
  Ask ask;
  ask.chat = chat;
  ask.stream = false;
  ondemand::parser parser;
  const simdjson::padded_string padded(body);
  ondemand::document document;
  ondemand::object object;
  if (parser.iterate(padded).get(document) != simdjson::SUCCESS ||
      document.get_object().get(object) != simdjson::SUCCESS) {
    return Error{ErrorCode::kInvalidArgument, "the body must be a JSON object"};
  }
  bool prompt = false;
  for (auto field : object) {
    std::string_view key;
    ondemand::value value;
    if (field.unescaped_key().get(key) != simdjson::SUCCESS ||
        field.value().get(value) != simdjson::SUCCESS) {
      return Error{ErrorCode::kInvalidArgument, "the body is not valid JSON"};
    }
    simdjson::error_code wrong = simdjson::SUCCESS;
    if (key == "stream") {
      wrong = value.get_bool().get(ask.stream);
    } else if (key == "max_tokens" || key == "max_completion_tokens") {
      wrong = value.get_int64().get(ask.max_tokens);
    } else if (key == "prompt" || key == "messages") {
      prompt = true;
      ask.prompt_tokens = CountPrompt(value);
    } else if (key == "stream_options") {
      ondemand::object options;
      if (value.get_object().get(options) != simdjson::SUCCESS) continue;
      wrong = options["include_usage"].get_bool().get(ask.include_usage);
      if (wrong == simdjson::NO_SUCH_FIELD) wrong = simdjson::SUCCESS;
    }
    if (wrong != simdjson::SUCCESS) {
      return Error{ErrorCode::kInvalidArgument,
                   fmt::format("the field {} is of the wrong type", std::string(key))};
    }
  }
  if (!prompt) {
    return Error{ErrorCode::kInvalidArgument,
                 chat ? "the field messages is missing" : "the field prompt is missing"};
  }
  if (ask.max_tokens < 1 || ask.max_tokens > kMaxOutput) {
    return Error{ErrorCode::kInvalidArgument,
                 fmt::format("max_tokens must lie between 1 and {}", kMaxOutput)};
  }
  return ask;
}

Reply::Reply(const Script& script, const Behaviour& behaviour, const Ask& ask,
             std::uint64_t id_hash, std::string_view id)
    : script_(script), behaviour_(behaviour), ask_(ask), rng_(Rng(script.seed).Fork(id_hash)) {
  const Json name = std::string(id);
  const Json model = script.model;
  head_ = fmt::format(R"({{"id":{},"object":"{}","created":1700000000,"model":{})",
                      name.dump(-1, ' ', false, Json::error_handler_t::replace),
                      !ask.chat    ? "text_completion"
                      : ask.stream ? "chat.completion.chunk"
                                   : "chat.completion",
                      model.dump(-1, ' ', false, Json::error_handler_t::replace));
  until_first_ = FromMs(behaviour.ttft_ms.Next(rng_, 0));
  total_ = behaviour.output_tokens.value_or(ask.max_tokens);
  reasoning_ = std::llround(behaviour.reasoning_tokens.Next(rng_, 0));
}

bool Reply::WantsUsage() const {
  return behaviour_.usage == UsageStyle::kAlways || behaviour_.usage == UsageStyle::kEveryChunk ||
         (behaviour_.usage == UsageStyle::kWhenAsked && ask_.include_usage);
}

std::string Reply::UsageJson() const {
  return fmt::format(R"("usage":{{"prompt_tokens":{},"total_tokens":{},"completion_tokens":{}}})",
                     ask_.prompt_tokens, ask_.prompt_tokens + made_, made_);
}

Nanos Reply::Gap() { return FromMs(behaviour_.gap_ms.Next(rng_, events_ - 1)); }

void Reply::AppendText(std::int64_t tokens, std::string& out) {
  const bool held = behaviour_.hold_back > 0 && (events_ + 1) % behaviour_.hold_back == 0;
  if (held) return;
  const auto pick = [this](const auto& list, std::int64_t i) {
    return list[static_cast<std::size_t>(made_ + i) % list.size()];
  };
  for (std::int64_t i = 0; i < tokens; ++i) {
    switch (behaviour_.text) {
      case TextStyle::kAscii: out += pick(kAsciiTokens, i); break;
      case TextStyle::kEscapes: out += pick(kEscapedTokens, i); break;
      case TextStyle::kUtf8: out += pick(kUtf8Tokens, i); break;
    }
  }
}

/// One chunk. `delta`: the inside of the delta object, or of a completion's choice.
void Reply::AppendChunk(std::string& out, std::string_view delta, bool finish, std::int64_t tokens,
                        bool usage) {
  out += "data: ";
  out += head_;
  out += R"(,"choices":[{"index":0,)";
  if (ask_.chat) out += R"("delta":{)";
  out += delta;
  if (ask_.chat) out += '}';
  out += R"(,"logprobs":null,"finish_reason":)";
  out += finish ? R"("length")" : "null";
  if (behaviour_.token_ids && tokens > 0) {
    out += R"(,"token_ids":[)";
    for (std::int64_t i = 0; i < tokens; ++i) {
      fmt::format_to(std::back_inserter(out), "{}{}", i == 0 ? "" : ",", 100 + (made_ + i) % 1000);
    }
    out += ']';
  }
  out += "}]";
  if (usage) {
    out += ',';
    out += UsageJson();
  }
  out += "}\n\n";
}

Piece Reply::Next(std::string& out) {
  switch (stage_) {
    case Stage::kComments: {
      const Nanos every = FromMs(behaviour_.comment_every_ms);
      if (every > Nanos(0) && until_first_ > every) {
        until_first_ -= every;
        out += ": still here\n\n";
        return {every, EventKind::kComment, 0, Piece::Then::kGoOn};
      }
      stage_ = Stage::kRole;
      return Next(out);
    }
    case Stage::kRole: {
      stage_ = Stage::kTokens;
      if (!ask_.chat || behaviour_.role == RoleStyle::kNone) return Next(out);
      const char* content = behaviour_.role == RoleStyle::kNull ? "null" : R"("")";
      AppendChunk(out, fmt::format(R"("role":"assistant","content":{})", content), false, 0, false);
      return {std::exchange(until_first_, Nanos(0)), EventKind::kRole, 0, Piece::Then::kGoOn};
    }
    case Stage::kTokens: return TokenPiece(out);
    case Stage::kFinish:
      stage_ = Stage::kUsage;
      AppendChunk(out, ask_.chat ? "" : R"("text":"")", true, 0, false);
      return {Nanos(0), EventKind::kFinish, 0, Piece::Then::kGoOn};
    case Stage::kUsage: {
      stage_ = Stage::kDone;
      if (!WantsUsage()) return Next(out);
      out += fmt::format("data: {},\"choices\":[],{}}}\n\n", head_, UsageJson());
      return {Nanos(0), EventKind::kUsage, 0,
              behaviour_.done ? Piece::Then::kGoOn : Piece::Then::kEnd};
    }
    case Stage::kDone: break;
  }
  if (behaviour_.done) out += "data: [DONE]\n\n";
  return {Nanos(0), EventKind::kDone, 0, Piece::Then::kEnd};
}

/// What the script lets go wrong at this place, if anything.
Piece Reply::FaultPiece(std::string& out, bool& fault) {
  fault = true;
  const auto now = [this](const std::optional<std::int64_t>& at) { return at && made_ >= *at; };
  const Nanos gap = events_ == 0 ? until_first_ : Gap();
  if (now(behaviour_.reset_after)) return {gap, EventKind::kError, 0, Piece::Then::kReset};
  if (now(behaviour_.close_after)) return {gap, EventKind::kError, 0, Piece::Then::kClose};
  if (now(behaviour_.error_after)) {
    out += "data: {\"error\":{\"message\":\"the script says so\",\"code\":500}}\n\n";
    return {gap, EventKind::kError, 0, Piece::Then::kEnd};
  }
  fault = false;
  return {};
}

Piece Reply::TokenPiece(std::string& out) {
  bool fault = false;
  if (behaviour_.reset_after || behaviour_.close_after || behaviour_.error_after) {
    const Piece piece = FaultPiece(out, fault);
    if (fault) return piece;
  }
  std::int64_t tokens = std::llround(behaviour_.tokens_per_event.Next(rng_, events_));
  tokens = std::clamp<std::int64_t>(tokens, 1, std::max<std::int64_t>(1, total_ - made_));
  // An event is reasoning or answer, not both.
  const bool reasoning = made_ < reasoning_;
  if (reasoning) tokens = std::min(tokens, reasoning_ - made_);
  Piece piece;
  piece.after = events_ == 0 ? until_first_ : Gap();
  if (behaviour_.stall_after && made_ >= *behaviour_.stall_after && !stalled_) {
    stalled_ = true;
    piece.after += FromMs(behaviour_.stall_ms);
  }
  piece.kind = reasoning ? EventKind::kReasoning : EventKind::kAnswer;
  piece.tokens = tokens;
  delta_ = !ask_.chat ? R"("text":")" : reasoning ? R"("reasoning_content":")" : R"("content":")";
  AppendText(tokens, delta_);
  delta_ += '"';
  const bool last = made_ + tokens >= total_;
  const bool finish = last && behaviour_.finish == FinishStyle::kWithLast;
  const std::int64_t before = made_;
  if (behaviour_.usage == UsageStyle::kEveryChunk) made_ += tokens;
  AppendChunk(out, delta_, finish, tokens, behaviour_.usage == UsageStyle::kEveryChunk);
  made_ = before + tokens;
  ++events_;
  if (last) {
    stage_ = behaviour_.finish == FinishStyle::kSeparate ? Stage::kFinish : Stage::kUsage;
  }
  return piece;
}

std::string Reply::Whole(Nanos& after) {
  after = until_first_;
  std::string text;
  while (made_ < total_) {
    std::int64_t tokens = std::llround(behaviour_.tokens_per_event.Next(rng_, events_));
    tokens = std::clamp<std::int64_t>(tokens, 1, total_ - made_);
    if (events_ > 0) after += Gap();
    AppendText(tokens, text);
    made_ += tokens;
    ++events_;
  }
  const std::string message = ask_.chat
                                  ? R"("message":{"role":"assistant","content":")" + text + "\"}"
                                  : R"("text":")" + text + '"';
  return head_ + R"(,"choices":[{"index":0,)" + message + R"(,"finish_reason":"length"}],)" +
         UsageJson() + '}';
}

}  // namespace roofscape::twin
