// TGI's own /generate_stream and /generate: one token an event, the whole text once more in the
// last.

#include <utility>

#include <fmt/format.h>

#include "service/twin/reply_format.h"

namespace roofscape::twin {
namespace {

using spec::EventKind;

class TgiFormat final : public ReplyFormat {
 public:
  explicit TgiFormat(ReplyContext context) : ReplyFormat(std::move(context)) {}

  EventKind Seen(EventKind /*kind*/) const override { return EventKind::kAnswer; }
  bool Packs() const override { return false; }

  void Tokens(const TokenEvent& event, const Totals& totals, std::string& out) override {
    text_ += event.text;
    framing_.Open(out);
    auto to = std::back_inserter(out);
    fmt::format_to(to, R"({{"index":{},"token":{{"id":{},"text":")", totals.made,
                   100 + event.before % 1000);
    out += event.text;
    out += R"(","logprob":-0.25,"special":false},"generated_text":)";
    if (event.last) {
      fmt::format_to(to, R"("{}","details":{{{}}})", text_, Details(totals));
    } else {
      out += R"(null,"details":null)";
    }
    out += '}';
    framing_.Close(out);
  }

  std::optional<Event> Closing(const Totals& /*totals*/, std::string& /*out*/) override {
    return std::nullopt;
  }

  std::optional<Event> Failing(std::string& out) override {
    Send(out, fmt::format(R"({{"error":"Request failed during generation: {}",)"
                          R"("error_type":"generation"}})",
                          kFaultText));
    return Event{EventKind::kError, true};
  }

  std::string Whole(const WholeText& text, const Totals& totals) override {
    return fmt::format(R"({{"generated_text":"{}","details":{{{},"prefill":[],"tokens":[]}}}})",
                       text.answer, Details(totals));
  }

 private:
  std::string Details(const Totals& totals) const {
    return fmt::format(
        R"("finish_reason":"{}","generated_tokens":{},"seed":null,"input_length":{})",
        context_.stop ? "eos_token" : "length", totals.made, ask().prompt_tokens);
  }

  std::string text_;
};

}  // namespace

std::unique_ptr<ReplyFormat> MakeTgiFormat(ReplyContext context) {
  return std::make_unique<TgiFormat>(std::move(context));
}

}  // namespace roofscape::twin
