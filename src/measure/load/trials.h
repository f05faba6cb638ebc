// Small requests sent one after the other to see how a server answers: for the probe before a run
// and for the report of its promises; never measured. They go the way of every measured request
// (exchange.h), on one kept connection.
//
// Thread safety: one thread.

#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/core/clock.h"
#include "base/core/json.h"
#include "base/core/result.h"
#include "base/net/address.h"
#include "base/net/reactor.h"
#include "base/net/url.h"
#include "domain/spec/plan.h"
#include "measure/load/dialect.h"
#include "measure/load/exchange.h"
#include "measure/load/request_writer.h"

namespace roofscape::load {

struct TrialAsk {
  Prompt prompt;
  std::int64_t output_tokens = 1;
  std::string merge;               // A JSON object merged into the body, or empty.
  std::int64_t hang_up_after = 0;  // Close the connection after so many token events; 0: do not.
};

/// What came back.
struct Trial {
  int status = 0;  // Of HTTP; 0: no answer.
  spec::Outcome outcome = spec::Outcome::kOk;
  std::string message;       // Why it is no success.
  std::string content_type;  // As the server wrote it.
  Usage usage;
  std::int64_t token_events = 0;
  std::int64_t event_tokens = 0;  // Carried by these events, as ids or chunk usage tell.
  bool finish = false;            // A finish reason came,
  bool done = false;              // and [DONE].
  bool new_connection = false;    // It could not use the kept one.
  spec::TokenSource token_source = spec::TokenSource::kNone;

  bool ok() const { return outcome == spec::Outcome::kOk; }
  /// Whether the tokens of its events add up to what the server counted; true if it counted none.
  bool AddsUp() const {
    return usage.completion_tokens == spec::kUnknown || usage.completion_tokens == event_tokens;
  }
  /// Whether each event told how many tokens it holds.
  bool TellsChunkTokens() const {
    return token_source == spec::TokenSource::kTokenIds ||
           token_source == spec::TokenSource::kChunkUsage;
  }
};

class Trials {
 public:
  struct Server {
    const spec::Plan& plan;
    const net::Url& url;
    const Headers& headers;
    const std::atomic<bool>* stop = nullptr;  // True: give up with kCancelled.
  };

  /// `server` and `clock` must outlive it.
  static Result<std::unique_ptr<Trials>> Create(const Server& server, const Clock& clock);

  /// Sends one streamed request in the given dialect. Whatever the server says is a Trial; an error
  /// is a server that cannot be reached, or `stop`.
  Result<Trial> Send(const Dialect& dialect, const TrialAsk& ask);

  /// Told of every event of the trials that follow.
  void Observe(EventObserver observer) { observer_ = std::move(observer); }

  /// Lets the time pass.
  void Pause(Nanos time);

  /// Where the requests go, for messages.
  std::string Where() const;

 private:
  Trials(const Server& server, net::Endpoint endpoint, std::unique_ptr<net::Reactor> reactor,
         const Clock& clock);
  Result<> Wait(std::int64_t hang_up_after);
  Trial Told() const;

  Server server_;
  const Clock& clock_;
  net::Endpoint endpoint_;
  std::unique_ptr<net::Reactor> reactor_;
  StreamReader reader_;
  EventObserver observer_;
  std::unique_ptr<Exchange> exchange_;  // After all that it uses.
  std::int64_t sent_ = 0;
};

/// `message`, which tells what the server answered, with the cure for a status that is not 2xx.
Error StatusError(const std::string& where, int status, const std::string& message);

/// Why `trial`, which brought no answer that could be read, failed, and the cure.
Error UnreadableError(const std::string& where, const Trial& trial);

}  // namespace roofscape::load
