// One running answer of the golden server: sends each event when the script says, cut as the script
// says, and notes when it was.
//
// Thread safety: all on the reactor's thread.

#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/net/reactor.h"
#include "base/net/server_exchange.h"
#include "service/twin/golden_server.h"
#include "service/twin/reply.h"
#include "service/twin/truth_log.h"

namespace roofscape::twin {

class Stream final : private net::ServerExchangeHandler {
 public:
  struct Settings {
    const Script* script = nullptr;
    std::int64_t first_ns = 0;  // When the server's first request came: zero of the freezes.
    bool keep_truth = false;
    GoldenStats* stats = nullptr;
    std::function<void(Stream&)> on_end;  // The exchange is over; once.
  };

  Stream(net::Reactor& reactor, net::ServerExchange& exchange, Settings settings, Reply reply);
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  ~Stream();

  /// The request came at `arrived`; `streamed`: event by event, else in one piece.
  void Begin(TruthRequest truth, Instant arrived, bool streamed);

  TruthRequest& truth() { return truth_; }

 private:
  void OnDrained(net::ServerExchange& exchange, const net::WriteInfo& last) override;
  void OnGone(net::ServerExchange& exchange, net::GoneReason reason) override;

  void Gather();
  void SendGathered();
  void SendRest();
  void SendWhole();
  void NoteSent(const net::WriteInfo& info);
  void LookAtHeld();
  void Leave();
  Instant Thawed(Instant due) const;
  void End();

  net::Reactor& reactor_;
  net::ServerExchange* exchange_;
  Settings settings_;
  Reply reply_;
  TruthRequest truth_;
  net::TimerId timer_;
  std::string bytes_;     // Of the next write, framed.
  std::string event_;     // Reused.
  std::size_t sent_ = 0;  // Of bytes_.
  std::size_t cut_ = 0;   // Index of the next of the script's split offsets.
  // Where each event in bytes_ ends; they are the last ones of truth_.events.
  std::vector<std::size_t> ends_;
  std::size_t noted_ = 0;  // Of these, how many have left.
  // The first event of truth_.events of which the kernel may still hold bytes.
  std::optional<std::size_t> held_;
  Piece::Then then_ = Piece::Then::kGoOn;
  Instant due_;
  bool head_sent_ = false;
};

}  // namespace roofscape::twin
