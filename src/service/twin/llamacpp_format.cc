// llama.cpp's own /completion.

#include <utility>

#include <fmt/format.h>

#include "service/twin/reply_format.h"

namespace roofscape::twin {
namespace {

using spec::EventKind;

class LlamaCppFormat final : public ReplyFormat {
 public:
  explicit LlamaCppFormat(ReplyContext context) : ReplyFormat(std::move(context)) {}

  EventKind Seen(EventKind /*kind*/) const override { return EventKind::kAnswer; }

  void Tokens(const TokenEvent& event, const Totals& totals, std::string& out) override {
    framing_.Open(out);
    out += R"({"index":0,"content":")";
    out += event.text;
    out += R"(","tokens":)";
    AppendTokenIds(event.before, event.tokens, out);
    fmt::format_to(std::back_inserter(out),
                   R"(,"stop":false,"id_slot":-1,"tokens_predicted":{},"tokens_evaluated":{}}})",
                   totals.made, ask().prompt_tokens);
    framing_.Close(out);
  }

  std::optional<Event> Closing(const Totals& totals, std::string& out) override {
    if (std::exchange(ended_, true)) return std::nullopt;
    Send(out, Final("", totals));
    return Event{EventKind::kFinish, true};
  }

  std::optional<Event> Failing(std::string& out) override {
    Send(out, fmt::format(R"({{"error":{{"code":500,"message":"{}","type":"server_error"}}}})",
                          kFaultText));
    return Event{EventKind::kError, true};
  }

  std::string Whole(const WholeText& text, const Totals& totals) override {
    return Final(text.answer, totals);
  }

 private:
  std::string Final(std::string_view text, const Totals& totals) const {
    return fmt::format(
        R"({{"index":0,"content":"{}","tokens":[],"id_slot":0,"stop":true,"model":{},)"
        R"("tokens_predicted":{},"tokens_evaluated":{},"generation_settings":{{}},"prompt":"",)"
        R"("has_new_line":false,"truncated":false,"stop_type":"{}","stopping_word":"",)"
        R"("tokens_cached":{},"timings":{}}})",
        text, Quoted(context_.script->model), totals.made, ask().prompt_tokens,
        context_.stop ? "eos" : "limit", ask().prompt_tokens + totals.made,
        Timings(totals, ask().prompt_tokens, cached_tokens()));
  }

  bool ended_ = false;
};

}  // namespace

std::unique_ptr<ReplyFormat> MakeLlamaCppFormat(ReplyContext context) {
  return std::make_unique<LlamaCppFormat>(std::move(context));
}

}  // namespace roofscape::twin
