// SGLang's own /generate: all the text so far in each event, unless the script says incremental.

#include <utility>

#include <fmt/format.h>

#include "service/twin/reply_format.h"

namespace roofscape::twin {
namespace {

using spec::EventKind;

class SglangFormat final : public ReplyFormat {
 public:
  explicit SglangFormat(ReplyContext context)
      : ReplyFormat(std::move(context)), done_(behaviour().done.value_or(true)) {}

  EventKind Seen(EventKind /*kind*/) const override { return EventKind::kAnswer; }

  void Tokens(const TokenEvent& event, const Totals& totals, std::string& out) override {
    if (behaviour().incremental) text_.clear();
    text_ += event.text;
    framing_.Open(out);
    const std::int64_t first = behaviour().incremental ? event.before : 0;
    Append(first, event.before + event.tokens - first, event.last, totals, out);
    framing_.Close(out);
  }

  std::optional<Event> Closing(const Totals& /*totals*/, std::string& out) override {
    if (!done_ || std::exchange(ended_, true)) return std::nullopt;
    Send(out, "[DONE]");
    return Event{EventKind::kDone, true};
  }

  std::optional<Event> Failing(std::string& out) override {
    if (std::exchange(failed_, true)) return Closing({}, out);
    Send(out, fmt::format(R"({{"error":{{"message":"{}"}}}})", kFaultText));
    return Event{EventKind::kError, !done_};
  }

  std::string Whole(const WholeText& text, const Totals& totals) override {
    text_ = text.answer;
    std::string body;
    Append(0, totals.made, /*last=*/true, totals, body);
    return body;
  }

 private:
  void Append(std::int64_t first_id, std::int64_t ids, bool last, const Totals& totals,
              std::string& out) const {
    out += R"({"text":")";
    out += text_;
    out += R"(","output_ids":)";
    AppendTokenIds(first_id, ids, out);
    auto to = std::back_inserter(out);
    fmt::format_to(to, R"(,"meta_info":{{"id":{},"finish_reason":)", Quoted(context_.id));
    if (!last) {
      out += "null";
    } else if (context_.stop) {
      out += R"({"type":"stop","matched":2})";
    } else {
      fmt::format_to(to, R"({{"type":"length","length":{}}})", totals.made);
    }
    fmt::format_to(to,
                   R"(,"prompt_tokens":{},"weight_version":"default","total_retractions":0,)"
                   R"("completion_tokens":{},"cached_tokens":{})",
                   ask().prompt_tokens, totals.made, cached_tokens());
    if (last) {
      fmt::format_to(to, R"(,"e2e_latency":{})",
                     static_cast<double>((totals.prompt + totals.output).count()) / 1e9);
    }
    out += "}}";
  }

  const bool done_;
  bool failed_ = false;
  bool ended_ = false;
  std::string text_;
};

}  // namespace

std::unique_ptr<ReplyFormat> MakeSglangFormat(ReplyContext context) {
  return std::make_unique<SglangFormat>(std::move(context));
}

}  // namespace roofscape::twin
