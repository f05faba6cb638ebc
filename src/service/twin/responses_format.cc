// /v1/responses: typed events with names, numbered, items and their parts announced and closed.

#include <utility>

#include <fmt/format.h>

#include "service/twin/reply_format.h"

namespace roofscape::twin {
namespace {

using spec::EventKind;

class ResponsesFormat final : public ReplyFormat {
 public:
  explicit ResponsesFormat(ReplyContext context) : ReplyFormat(std::move(context)) {}

  /// The server has taken the request.
  std::optional<Event> Early(std::string& out) override {
    if (early_ == 2) return std::nullopt;
    const std::string_view type = early_++ == 0 ? "response.created" : "response.in_progress";
    Put(type, Response("in_progress", "null", "[]", "null"), out);
    return Event{type == "response.created" ? EventKind::kRole : EventKind::kComment};
  }

  std::optional<Event> Between(const TokenEvent& next, std::string& out) override {
    if (open_ && open_kind_ != next.kind) return Shut(out);
    if (!open_) {
      open_ = true;
      open_kind_ = next.kind;
      part_ = false;
      text_.clear();
      Put("response.output_item.added",
          fmt::format(R"("output_index":{},"item":{})", items_, Item("in_progress", "")), out);
      return Event{EventKind::kComment};
    }
    if (!std::exchange(part_, true)) {
      Put("response.content_part.added", Place() + R"(,"part":)" + Part(), out);
      return Event{EventKind::kComment};
    }
    return std::nullopt;
  }

  void Tokens(const TokenEvent& event, const Totals& /*totals*/, std::string& out) override {
    text_ += event.text;
    Begin(Reasoning() ? "response.reasoning_text.delta" : "response.output_text.delta", out);
    out += Place();
    out += R"(,"delta":")";
    out += event.text;
    out += Reasoning() ? R"("})" : R"(","logprobs":[]})";
    framing_.Close(out);
  }

  std::optional<Event> Closing(const Totals& totals, std::string& out) override {
    if (open_) return Shut(out);
    if (std::exchange(ended_, true)) return std::nullopt;
    const std::string_view status = context_.stop ? "completed" : "incomplete";
    Put(fmt::format("response.{}", status), Final(totals), out);
    return Event{EventKind::kFinish, true};
  }

  std::optional<Event> Failing(std::string& out) override {
    if (std::exchange(ended_, true)) return std::nullopt;
    if (dialect().error == ErrorShape::kOpenAi) {
      const std::string error =
          fmt::format(R"({{"code":"server_error","message":"{}"}})", kFaultText);
      Put("response.failed", Response("failed", error, "[]", "null"), out);
    } else {
      Put("error", fmt::format(R"("code":"server_error","message":"{}","param":null)", kFaultText),
          out);
    }
    return Event{EventKind::kError, true};
  }

  std::string Whole(const WholeText& text, const Totals& totals) override {
    for (const auto kind : {EventKind::kReasoning, EventKind::kAnswer}) {
      const std::string& said = kind == EventKind::kReasoning ? text.reasoning : text.answer;
      if (said.empty()) continue;
      open_kind_ = kind;
      Keep(said);
    }
    const std::string response = Final(totals);
    return response.substr(response.find('{'));
  }

 private:
  bool Reasoning() const { return open_kind_ == EventKind::kReasoning; }

  /// An event up to its own members.
  void Begin(std::string_view type, std::string& out) {
    framing_.Open(out, type);
    out += R"({"type":")";
    out += type;
    out += R"(",)";
    if (dialect().sequence_numbers) {
      fmt::format_to(std::back_inserter(out), R"("sequence_number":{},)", number_++);
    }
  }

  void Put(std::string_view type, std::string_view members, std::string& out) {
    Begin(type, out);
    out += members;
    out += '}';
    framing_.Close(out);
  }

  std::string ItemId() const {
    return fmt::format("{}_{}", Reasoning() ? "rs" : "msg", context_.id);
  }

  /// Which part of which item an event is about.
  std::string Place() const {
    return fmt::format(R"("item_id":{},"output_index":{},"content_index":0)", Quoted(ItemId()),
                       items_);
  }

  std::string Part() const {
    return (Reasoning() ? R"({"type":"reasoning_text","text":")"
                        : R"({"type":"output_text","annotations":[],"logprobs":[],"text":")") +
           text_ + R"("})";
  }

  std::string Item(std::string_view status, std::string_view content) const {
    return fmt::format(
        R"({{"id":{},"type":{},"status":"{}","content":[{}]}})", Quoted(ItemId()),
        Reasoning() ? R"("reasoning","summary":[])" : R"("message","role":"assistant")", status,
        content);
  }

  /// The item that is open is over.
  void Keep(std::string_view text) {
    text_ = text;
    if (!output_.empty()) output_ += ',';
    output_ += Item("completed", Part());
    ++items_;
  }

  /// One of the events that close the open part and item.
  std::optional<Event> Shut(std::string& out) {
    switch (shut_++) {
      case 0:
        Put(Reasoning() ? "response.reasoning_text.done" : "response.output_text.done",
            fmt::format(R"({},"text":"{}")", Place(), text_), out);
        break;
      case 1: Put("response.content_part.done", Place() + R"(,"part":)" + Part(), out); break;
      default:
        Put("response.output_item.done",
            fmt::format(R"("output_index":{},"item":{})", items_, Item("completed", Part())), out);
        Keep(std::string(text_));
        shut_ = 0;
        open_ = false;
    }
    return Event{EventKind::kComment};
  }

  std::string Response(std::string_view status, std::string_view error, std::string_view output,
                       std::string_view usage) const {
    const std::string_view why =
        status == "incomplete" ? R"({"reason":"max_output_tokens"})" : "null";
    return fmt::format(
        R"("response":{{"id":{},"object":"response","created_at":1700000000,"status":"{}",)"
        R"("error":{},"incomplete_details":{},"model":{},"output":{},"usage":{}}})",
        Quoted("resp_" + context_.id), status, error, why, Quoted(context_.script->model), output,
        usage);
  }

  std::string Final(const Totals& totals) const {
    const std::string usage = fmt::format(
        R"({{"input_tokens":{},"input_tokens_details":{{"cached_tokens":{}}},"output_tokens":{},)"
        R"("output_tokens_details":{{"reasoning_tokens":{}}},"total_tokens":{}}})",
        ask().prompt_tokens, cached_tokens(), totals.made, totals.reasoning,
        ask().prompt_tokens + totals.made);
    return Response(context_.stop ? "completed" : "incomplete", "null", '[' + output_ + ']', usage);
  }

  int early_ = 0;  // Of the events of Early.
  int shut_ = 0;   // Of those of Shut.
  bool open_ = false;
  bool part_ = false;  // The open item's part has been announced.
  bool ended_ = false;
  EventKind open_kind_ = EventKind::kAnswer;
  std::int64_t number_ = 0;
  std::int64_t items_ = 0;  // Closed ones.
  std::string text_;        // Of the open item.
  std::string output_;      // The closed ones.
};

}  // namespace

std::unique_ptr<ReplyFormat> MakeResponsesFormat(ReplyContext context) {
  return std::make_unique<ResponsesFormat>(std::move(context));
}

}  // namespace roofscape::twin
