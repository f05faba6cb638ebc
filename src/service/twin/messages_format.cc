// /v1/messages: a message of content blocks, each with a start, deltas and a stop; pings between.

#include <utility>

#include <fmt/format.h>

#include "service/twin/reply_format.h"

namespace roofscape::twin {
namespace {

using spec::EventKind;

class MessagesFormat final : public ReplyFormat {
 public:
  explicit MessagesFormat(ReplyContext context) : ReplyFormat(std::move(context)) {}

  std::optional<Event> Early(std::string& out) override {
    return dialect().early_message ? Start(out) : std::nullopt;
  }

  void Waiting(std::string& out) override { Send(out, R"({"type":"ping"})", "ping"); }

  std::optional<Event> Opening(std::string& out) override { return Start(out); }

  std::optional<Event> Between(const TokenEvent& next, std::string& out) override {
    const bool reasoning = next.kind == EventKind::kReasoning;
    if (open_ && reasoning != reasoning_) return Shut(out);
    if (!std::exchange(open_, true)) {
      reasoning_ = reasoning;
      Send(out,
           fmt::format(R"({{"type":"content_block_start","index":{},"content_block":{}}})", block_,
                       reasoning ? R"({"type":"thinking","thinking":"","signature":""})"
                                 : R"({"type":"text","text":""})"),
           "content_block_start");
      return Event{EventKind::kComment};
    }
    if (dialect().early_message && !std::exchange(pinged_, true)) {
      Waiting(out);
      return Event{EventKind::kComment};
    }
    return std::nullopt;
  }

  void Tokens(const TokenEvent& event, const Totals& /*totals*/, std::string& out) override {
    framing_.Open(out, "content_block_delta");
    fmt::format_to(std::back_inserter(out), R"({{"type":"content_block_delta","index":{},)",
                   block_);
    out += reasoning_ ? R"("delta":{"type":"thinking_delta","thinking":")"
                      : R"("delta":{"type":"text_delta","text":")";
    out += event.text;
    out += R"("}})";
    framing_.Close(out);
  }

  std::optional<Event> Closing(const Totals& totals, std::string& out) override {
    if (open_) return Shut(out);
    switch (step_++) {
      case 0:
        Send(out,
             fmt::format(R"({{"type":"message_delta","delta":{{"stop_reason":"{}",)"
                         R"("stop_sequence":null}},"usage":{{"output_tokens":{}}}}})",
                         StopReason(), totals.made),
             "message_delta");
        return Event{EventKind::kFinish};
      case 1:
        Send(out, R"({"type":"message_stop"})", "message_stop");
        return Event{EventKind::kDone, true};
      default: return std::nullopt;
    }
  }

  std::optional<Event> Failing(std::string& out) override {
    Send(out,
         fmt::format(R"({{"type":"error","error":{{"type":"api_error","message":"{}"}}}})",
                     kFaultText),
         "error");
    return Event{EventKind::kError, true};
  }

  std::string Whole(const WholeText& text, const Totals& totals) override {
    std::string content;
    if (!text.reasoning.empty()) {
      content +=
          fmt::format(R"({{"type":"thinking","thinking":"{}","signature":""}},)", text.reasoning);
    }
    content += fmt::format(R"({{"type":"text","text":"{}"}})", text.answer);
    return Message(content, '"' + std::string(StopReason()) + '"', totals.made);
  }

 private:
  std::string_view StopReason() const { return context_.stop ? "end_turn" : "max_tokens"; }

  std::string Message(std::string_view content, std::string_view stop_reason,
                      std::int64_t output) const {
    std::string cached;
    if (behaviour().cached_tokens) {
      cached = fmt::format(R"(,"cache_creation_input_tokens":0,"cache_read_input_tokens":{})",
                           cached_tokens());
    }
    return fmt::format(R"({{"id":{},"type":"message","role":"assistant","content":[{}],"model":{},)"
                       R"("stop_reason":{},"stop_sequence":null,)"
                       R"("usage":{{"input_tokens":{}{},"output_tokens":{}}}}})",
                       Quoted("msg_" + context_.id), content, Quoted(context_.script->model),
                       stop_reason, ask().prompt_tokens - cached_tokens(), cached, output);
  }

  std::optional<Event> Start(std::string& out) {
    if (std::exchange(started_, true)) return std::nullopt;
    Send(out, R"({"type":"message_start","message":)" + Message("", "null", 0) + '}',
         "message_start");
    return Event{EventKind::kRole};
  }

  std::optional<Event> Shut(std::string& out) {
    Send(out, fmt::format(R"({{"type":"content_block_stop","index":{}}})", block_++),
         "content_block_stop");
    open_ = false;
    return Event{EventKind::kComment};
  }

  int step_ = 0;  // Of Closing.
  bool started_ = false;
  bool pinged_ = false;
  bool open_ = false;       // A block is,
  bool reasoning_ = false;  // of thinking.
  std::int64_t block_ = 0;
};

}  // namespace

std::unique_ptr<ReplyFormat> MakeMessagesFormat(ReplyContext context) {
  return std::make_unique<MessagesFormat>(std::move(context));
}

}  // namespace roofscape::twin
