// One running answer of the live twin: writes what the pacer says when it says it, in the format of
// the dialect, with the faults that it was told.
//
// Thread safety: all on the reactor's thread.

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "base/net/reactor.h"
#include "base/net/server_exchange.h"
#include "service/twin/answer_text.h"
#include "service/twin/golden_server.h"
#include "service/twin/pacer.h"
#include "service/twin/readings.h"
#include "service/twin/reply_format.h"
#include "service/twin/truth_log.h"

namespace roofscape::twin {

/// The generator of an answer's text.
Rng AnswerRng(const Script& script, const std::string& id);

class LiveStream final : private net::ServerExchangeHandler, private PacedAnswer {
 public:
  struct Settings {
    const Script* script = nullptr;
    Pacer* pacer = nullptr;
    GoldenStats* stats = nullptr;
    LiveReadings* readings = nullptr;
    bool keep_truth = false;
    std::function<void(LiveStream&)> on_end;  // The exchange is over; once.
  };

  /// `tokens`: of the answer. Of `behaviour` the faults and the style count, not the times.
  LiveStream(net::Reactor& reactor, net::ServerExchange& exchange, Settings settings,
             const Behaviour& behaviour, const Ask& ask, const std::string& id,
             std::int64_t tokens);
  LiveStream(const LiveStream&) = delete;
  LiveStream& operator=(const LiveStream&) = delete;
  ~LiveStream();

  void Begin(TruthRequest truth, Instant arrived, std::span<const std::uint64_t> hashes);

  TruthRequest& truth() { return truth_; }

 private:
  void OnTokens(std::int64_t tokens, Instant due) override;
  void OnEnd(const sim::Completion& completion) override;
  void OnGone(net::ServerExchange& exchange, net::GoneReason reason) override;

  /// Appends one framed event if the format has one.
  template <class Make>
  bool AppendEvent(Make make);
  void AppendTokens(std::int64_t tokens);
  bool FaultNow(Instant due);
  void Flush(Instant due);
  void Finish();
  void Note(const sim::Completion& completion);
  void End();

  net::Reactor& reactor_;
  net::ServerExchange* exchange_;
  Settings settings_;
  Behaviour behaviour_;
  const bool streamed_;
  const std::int64_t total_;
  std::unique_ptr<ReplyFormat> format_;
  AnswerText text_;
  Pacer::Ticket ticket_;
  TruthRequest truth_;
  WholeText whole_;    // Where it is not streamed.
  std::string bytes_;  // Of the next write, framed.
  std::string event_;  // Reused, as is the next.
  std::string words_;
  Totals totals_;
  std::int64_t unsent_ = 0;  // Events with tokens in bytes_.
  Instant arrived_;
  Instant first_due_;
  Instant last_due_;
  net::TimerId stall_;  // While it stands still nothing leaves.
  bool stalled_ = false;
  bool opened_ = false;
  bool done_ = false;  // All tokens are out.
};

}  // namespace roofscape::twin
