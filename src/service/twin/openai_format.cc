// /v1/chat/completions and /v1/completions, as each server writes their chunks.

#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "service/twin/reply_format.h"

namespace roofscape::twin {
namespace {

using spec::EventKind;

/// A template cut at its slots; id, model and object are in it already.
class ChunkShape {
 public:
  ChunkShape(std::string_view shape, std::string_view id, std::string_view model,
             std::string_view object) {
    for (std::size_t i = 0; i < shape.size(); ++i) {
      if (shape[i] != '%') {
        text_ += shape[i];
        continue;
      }
      switch (const char slot = shape[++i]) {
        case 'I': text_ += id; break;
        case 'M': text_ += model; break;
        case 'O': text_ += object; break;
        default: slots_.push_back({text_.size(), slot});
      }
    }
  }

  /// Calls fill(slot, out) at each slot; without `choice` leaves out what stands between braces.
  template <class Fill>
  void Append(bool choice, std::string& out, Fill fill) const {
    std::size_t at = 0;
    bool skip = false;
    for (const Slot& slot : slots_) {
      if (!skip) out.append(text_, at, slot.at - at);
      at = slot.at;
      if (slot.what == '{') {
        skip = !choice;
      } else if (slot.what == '}') {
        skip = false;
      } else if (!skip) {
        fill(slot.what, out);
      }
    }
    out.append(text_, at, text_.size() - at);
  }

 private:
  struct Slot {
    std::size_t at;  // In text_.
    char what;
  };
  std::string text_;
  std::vector<Slot> slots_;
};

/// A chunk's variable parts.
struct Chunk {
  enum class Part { kRole, kTokens, kFinish, kUsage, kWhole };
  Part part = Part::kTokens;
  const TokenEvent* event = nullptr;  // Of kTokens.
  const WholeText* whole = nullptr;   // Of kWhole.
  Totals totals;
  bool finish = false;
  bool usage = false;
  bool last = false;  // The last chunk of all.
};

constexpr std::size_t kPadTo = 16;  // OpenAI's padding makes texts of a kind equally long.
constexpr std::string_view kPadding = "abcdefghijklmnop";

class OpenAiFormat final : public ReplyFormat {
 public:
  explicit OpenAiFormat(ReplyContext context)
      : ReplyFormat(std::move(context)),
        chat_(ask().api == Api::kChat),
        chunks_(chat_ ? dialect().chat : dialect().completions),
        role_(chat_ ? behaviour().role.value_or(chunks_.role_style) : RoleStyle::kNone),
        finish_(behaviour().finish.value_or(chunks_.finish)),
        usage_(behaviour().usage.value_or(UsageStyle::kWhenAsked)),
        done_(behaviour().done.value_or(dialect().done)),
        continuous_(usage_ == UsageStyle::kWhenAsked && dialect().continuous_usage &&
                    ask().include_usage && ask().continuous_usage),
        tool_call_(chat_ && behaviour().tool_call),
        ids_(behaviour().token_ids || (dialect().return_token_ids && ask().return_token_ids)),
        shape_(chunks_.chunk, Quoted(std::string(chunks_.id_prefix) + this->context().id),
               Quoted(this->context().script->model), Object()) {}

  EventKind Seen(EventKind kind) const override {
    if (kind == EventKind::kReasoning) {
      return chat_ && !chunks_.reasoning[0].empty() ? kind : EventKind::kAnswer;
    }
    return tool_call_ ? EventKind::kToolCall : kind;
  }

  std::optional<Event> Opening(std::string& out) override {
    if (role_ == RoleStyle::kNone || std::exchange(opened_, true)) return std::nullopt;
    Chunk chunk;
    chunk.part = Chunk::Part::kRole;
    chunk.usage = continuous_ && dialect().usage_on_role;
    framing_.Open(out);
    Append(chunk, out);
    if (dialect().trailing_space) out += ' ';
    framing_.Close(out);
    return Event{EventKind::kRole};
  }

  void Tokens(const TokenEvent& event, const Totals& totals, std::string& out) override {
    Chunk chunk;
    chunk.event = &event;
    chunk.totals = totals;
    chunk.finish = event.last && finish_ == FinishStyle::kWithLast;
    chunk.usage = usage_ == UsageStyle::kEveryChunk || continuous_ ||
                  (chunk.finish && chunks_.usage_with_finish && usage_ != UsageStyle::kNever);
    chunk.last = event.last && finish_ != FinishStyle::kSeparate && !UsageChunk();
    Write(chunk, out);
  }

  std::optional<Event> Closing(const Totals& totals, std::string& out) override {
    Chunk chunk;
    chunk.totals = totals;
    switch (step_) {
      case 0:
        step_ = 1;
        if (finish_ == FinishStyle::kSeparate) {
          chunk.part = Chunk::Part::kFinish;
          chunk.finish = true;
          chunk.usage = chunks_.usage_with_finish && usage_ != UsageStyle::kNever;
          chunk.last = !UsageChunk();
          Write(chunk, out);
          return Event{EventKind::kFinish, chunk.last && !done_};
        }
        [[fallthrough]];
      case 1:
        step_ = 2;
        if (UsageChunk()) {
          chunk.part = Chunk::Part::kUsage;
          chunk.usage = chunk.last = true;
          Write(chunk, out);
          return Event{EventKind::kUsage, !done_};
        }
        [[fallthrough]];
      default: return Done(out);
    }
  }

  std::optional<Event> Failing(std::string& out) override {
    if (std::exchange(failed_, true)) return Done(out);
    const std::string error = StreamError(dialect());
    if (dialect().error == ErrorShape::kDynamo) {
      framing_.NamedComment(out, "error", error);
    } else {
      Send(out, error);
    }
    return Event{EventKind::kError, !(dialect().done_after_error && done_)};
  }

  std::string Whole(const WholeText& text, const Totals& totals) override {
    Chunk chunk;
    chunk.part = Chunk::Part::kWhole;
    chunk.whole = &text;
    chunk.totals = totals;
    chunk.finish = chunk.usage = chunk.last = true;
    std::string body;
    Append(chunk, body);
    return body;
  }

 private:
  std::string_view Object() const {
    if (!chat_) return "text_completion";
    return ask().stream ? "chat.completion.chunk" : "chat.completion";
  }

  bool UsageChunk() const {
    if (usage_ == UsageStyle::kWhenAsked) return ask().include_usage && !chunks_.usage_with_finish;
    return usage_ != UsageStyle::kNever && !chunks_.usage_with_finish;
  }

  std::optional<Event> Done(std::string& out) {
    if (!done_ || std::exchange(ended_, true)) return std::nullopt;
    Send(out, "[DONE]");
    return Event{EventKind::kDone, true};
  }

  void Write(const Chunk& chunk, std::string& out) {
    framing_.Open(out);
    Append(chunk, out);
    framing_.Close(out);
    first_ = false;
  }

  void Append(const Chunk& chunk, std::string& out) {
    shape_.Append(chunk.part != Chunk::Part::kUsage, out,
                  [&](char slot, std::string& to) { Fill(slot, chunk, to); });
  }

  void Fill(char slot, const Chunk& chunk, std::string& out) {
    const bool tokens = chunk.event != nullptr;
    switch (slot) {
      case 'D': return AppendDelta(chunk, out);
      case 'F':
        if (chunk.finish) return AppendFinish(out);
        out += "null";
        break;
      case 'G':
        if (!chunk.finish) break;
        out += R"(,"finish_reason":)";
        return AppendFinish(out);
      case 'g':
        if (!ids_ || !tokens) break;
        out += R"(,"token_ids":)";
        return AppendTokenIds(chunk.event->before, chunk.event->tokens, out);
      case 't':
        if (ids_ && tokens) {
          return AppendTokenIds(chunk.event->before, chunk.event->tokens, out);
        }
        out += "null";
        break;
      case 'v':
        if (chunk.finish) out += R"(,"stop_reason":null)";
        if (chunk.part == Chunk::Part::kRole) break;
        out += R"(,"token_ids":)";
        return Fill('t', chunk, out);
      case 'P':
        if (chunk.part != Chunk::Part::kRole) break;
        out += R"(,"prompt_token_ids":)";
        [[fallthrough]];
      case 'p':
        if (ids_ && first_) return AppendTokenIds(0, ask().prompt_tokens, out);
        out += "null";
        break;
      case 'U': return AppendUsageMember(chunk, out);
      default: return AppendExtra(chunk, out);
    }
  }

  void AppendFinish(std::string& out) const {
    out += tool_call_ ? R"("tool_calls")" : context_.stop ? R"("stop")" : R"("length")";
  }

  void AppendDelta(const Chunk& chunk, std::string& out) {
    if (chunk.whole != nullptr) return AppendMessage(*chunk.whole, out);
    if (chat_) out += R"("delta":{)";
    if (chunk.part == Chunk::Part::kRole) {
      AppendRole(out);
    } else if (chunk.event == nullptr) {
      out += chunks_.finish_delta;
    } else if (chunk.event->kind == EventKind::kToolCall) {
      AppendToolCall(*chunk.event, out);
    } else {
      const auto& around =
          chunk.event->kind == EventKind::kReasoning ? chunks_.reasoning : chunks_.answer;
      out += around[0];
      out += chunk.event->text;
      out += around[1];
      if (first_) out += chunks_.first;
    }
    if (chat_) out += '}';
  }

  void AppendRole(std::string& out) const {
    const std::size_t slot = chunks_.role.find("%C");
    out += chunks_.role.substr(0, slot);
    if (role_ == RoleStyle::kEmpty) out += R"(,"content":"")";
    if (role_ == RoleStyle::kNull) out += R"(,"content":null)";
    out += chunks_.role.substr(slot + 2);
  }

  /// The function's name first, then its arguments: an object with one text.
  void AppendToolCall(const TokenEvent& event, std::string& out) {
    if (!std::exchange(named_, true)) {
      out += fmt::format(R"("tool_calls":[{{"index":0,"id":"call_{}","type":"function",)"
                         R"("function":{{"name":"{}","arguments":""}}}}])",
                         context_.id, kToolName);
      return;
    }
    out += R"("tool_calls":[{"index":0,"function":{"arguments":")";
    if (!std::exchange(argued_, true)) out += R"({\"text\":\")";
    out += event.text;
    if (event.last) out += R"(\"})";
    out += R"("}}])";
  }

  void AppendMessage(const WholeText& whole, std::string& out) const {
    if (!chat_) {
      out += R"("text":")";
      out += whole.answer;
      out += '"';
      return;
    }
    out += R"("message":{"role":"assistant","content":)";
    if (tool_call_) {
      out += fmt::format(R"(null,"tool_calls":[{{"id":"call_{}","type":"function","function":)"
                         R"({{"name":"{}","arguments":"{{\"text\":\"{}\"}}"}}}}])",
                         context_.id, kToolName, whole.answer);
    } else {
      out += '"';
      out += whole.answer;
      out += '"';
    }
    if (!whole.reasoning.empty()) {
      const std::string_view key =
          dialect().name == DialectName::kVllm ? "reasoning" : "reasoning_content";
      out += fmt::format(R"(,"{}":"{}")", key, whole.reasoning);
    }
    out += '}';
  }

  void AppendUsageMember(const Chunk& chunk, std::string& out) const {
    if (!chunk.usage) {
      const bool null = chunks_.null_usage == NullUsage::kAlways ||
                        (chunks_.null_usage == NullUsage::kWhenAsked && ask().include_usage);
      if (null) out += R"(,"usage":null)";
      return;
    }
    out += R"(,"usage":)";
    AppendUsage(behaviour().cached_tokens ? dialect().usage_cached : dialect().usage, chunk.totals,
                out);
  }

  void AppendUsage(std::string_view shape, const Totals& totals, std::string& out) const {
    auto to = std::back_inserter(out);
    for (std::size_t i = 0; i < shape.size(); ++i) {
      if (shape[i] != '%') {
        out += shape[i];
        continue;
      }
      switch (shape[++i]) {
        case 'p': fmt::format_to(to, "{}", ask().prompt_tokens); break;
        case 'c': fmt::format_to(to, "{}", totals.made); break;
        case 't': fmt::format_to(to, "{}", ask().prompt_tokens + totals.made); break;
        case 'k': fmt::format_to(to, "{}", cached_tokens()); break;
        default: fmt::format_to(to, "{}", totals.reasoning); break;
      }
    }
  }

  void AppendExtra(const Chunk& chunk, std::string& out) const {
    switch (dialect().extra) {
      case Extra::kNone: break;
      case Extra::kObfuscation: {
        if (!ask().include_obfuscation || !ask().stream) break;
        const std::size_t text = chunk.event == nullptr ? 0 : chunk.event->text.size();
        out += R"(,"obfuscation":")";
        out += kPadding.substr(text % kPadTo);
        out += '"';
        break;
      }
      case Extra::kTimings:
        if (!chunk.last) break;
        out += R"(,"timings":)";
        out += Timings(chunk.totals, ask().prompt_tokens, cached_tokens());
        break;
      case Extra::kNvext:
        if (!first_ || !ask().Has("nvext")) break;
        out += R"(,"nvext":{"worker_id":{"prefill_worker_id":1,"decode_worker_id":1}})";
        break;
    }
  }

  const bool chat_;
  const ChunkDialect& chunks_;
  const RoleStyle role_;
  const FinishStyle finish_;
  const UsageStyle usage_;
  const bool done_;
  const bool continuous_;
  const bool tool_call_;
  const bool ids_;
  const ChunkShape shape_;
  int step_ = 0;  // Of Closing.
  bool opened_ = false;
  bool failed_ = false;
  bool ended_ = false;
  bool first_ = true;    // No chunk with tokens has been written.
  bool named_ = false;   // The tool call's name has been written,
  bool argued_ = false;  // and the begin of its arguments.
};

}  // namespace

std::unique_ptr<ReplyFormat> MakeOpenAiFormat(ReplyContext context) {
  return std::make_unique<OpenAiFormat>(std::move(context));
}

}  // namespace roofscape::twin
