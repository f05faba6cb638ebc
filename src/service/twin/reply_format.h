// What an answer looks like on the wire: one implementation an API. Reply says when and how many
// tokens; a format writes the events.
//
// Every function that returns an Event appends exactly one event to `out`; nullopt appends nothing
// and means: no (more) such event.
//
// Cost: no allocation an event once the buffers have grown, but where the API repeats or sums up
// the text. Thread safety: one thread.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/core/units.h"
#include "domain/spec/request_log.h"
#include "service/twin/ask.h"
#include "service/twin/dialect.h"
#include "service/twin/framing.h"
#include "service/twin/script.h"

namespace roofscape::twin {

inline constexpr std::string_view kToolName = "look_up";
inline constexpr std::string_view kFaultText = "the script says so";

/// What an answer is about. The script must outlive it.
struct ReplyContext {
  const Script* script = nullptr;
  const Behaviour* behaviour = nullptr;
  const Dialect* dialect = nullptr;
  Ask ask;
  std::string id;
  bool stop = false;  // The answer ends before it has as many tokens as asked for.
};

/// One event with tokens.
struct TokenEvent {
  spec::EventKind kind = spec::EventKind::kAnswer;
  std::int64_t tokens = 0;
  std::int64_t before = 0;  // Tokens of the events before.
  bool last = false;
  std::string_view text;  // As it stands in JSON, escaped.
};

/// The answer so far.
struct Totals {
  std::int64_t made = 0;  // Tokens.
  std::int64_t reasoning = 0;
  Nanos prompt{};  // From the request to the first event, by the script.
  Nanos output{};  // From there on.
};

/// All of an answer that is not streamed.
struct WholeText {
  std::string reasoning;
  std::string answer;
};

class ReplyFormat {
 public:
  struct Event {
    spec::EventKind kind = spec::EventKind::kComment;
    bool last = false;  // Nothing follows.
  };

  explicit ReplyFormat(ReplyContext context);
  virtual ~ReplyFormat() = default;
  ReplyFormat(const ReplyFormat&) = delete;
  ReplyFormat& operator=(const ReplyFormat&) = delete;

  /// What tokens of this kind look like to a client of this API.
  virtual spec::EventKind Seen(spec::EventKind kind) const { return kind; }
  /// Whether an event can hold more than one token.
  virtual bool Packs() const { return true; }

  /// What leaves as soon as the request has come.
  virtual std::optional<Event> Early(std::string& out);
  /// What tells a client that waits for the first token that the server is alive.
  virtual void Waiting(std::string& out);
  /// What comes before the first token, with it.
  virtual std::optional<Event> Opening(std::string& out);
  /// What comes between the event before and `next`, whose text is not known yet.
  virtual std::optional<Event> Between(const TokenEvent& next, std::string& out);
  /// `totals`: with this event.
  virtual void Tokens(const TokenEvent& event, const Totals& totals, std::string& out) = 0;
  virtual std::optional<Event> Closing(const Totals& totals, std::string& out) = 0;
  /// The first: the error; then what this server sends behind it.
  virtual std::optional<Event> Failing(std::string& out) = 0;
  /// The body of an answer in one piece.
  virtual std::string Whole(const WholeText& text, const Totals& totals) = 0;

  const Ask& ask() const { return context_.ask; }
  const Behaviour& behaviour() const { return *context_.behaviour; }
  const Dialect& dialect() const { return *context_.dialect; }
  const ReplyContext& context() const { return context_; }

 protected:
  /// One event of these data.
  void Send(std::string& out, std::string_view data, std::string_view name = {}) const;
  std::int64_t cached_tokens() const;

  const ReplyContext context_;
  const Framing framing_;
};

/// Of the token with that number in an answer or a prompt.
std::int64_t TokenIdAt(std::int64_t index);

/// "[100,101]": ids of `count` tokens from number `first` on.
void AppendTokenIds(std::int64_t first, std::int64_t count, std::string& out);

/// A text as a JSON string, with its quotes.
std::string Quoted(std::string_view text);

/// llama.cpp's account of times: {"cache_n":...}.
std::string Timings(const Totals& totals, std::int64_t prompt_tokens, std::int64_t cached_tokens);

/// The error inside a stream of an OpenAI-like API, as the dialect words it.
std::string StreamError(const Dialect& dialect);

std::unique_ptr<ReplyFormat> MakeOpenAiFormat(ReplyContext context);
std::unique_ptr<ReplyFormat> MakeResponsesFormat(ReplyContext context);
std::unique_ptr<ReplyFormat> MakeMessagesFormat(ReplyContext context);
std::unique_ptr<ReplyFormat> MakeSglangFormat(ReplyContext context);
std::unique_ptr<ReplyFormat> MakeTgiFormat(ReplyContext context);
std::unique_ptr<ReplyFormat> MakeLlamaCppFormat(ReplyContext context);

/// The one for the request's API.
std::unique_ptr<ReplyFormat> MakeFormat(ReplyContext context);

}  // namespace roofscape::twin
