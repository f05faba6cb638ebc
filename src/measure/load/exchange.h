// One slot of a closed loop: a kept connection and the request that runs on it now. Turns what the
// network says into one Request with its Events, stamps first, thoughts later.
//
// Thread safety: all on the reactor's thread.

#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/net/http_client.h"
#include "domain/spec/plan.h"
#include "domain/spec/request_log.h"
#include "measure/load/answer.h"
#include "measure/load/request_writer.h"

namespace roofscape::load {

/// A plan's limits of time, for a connection.
net::HttpTimeouts TimeoutsOf(const spec::Timeouts& timeouts);

class Exchange final : private net::ExchangeHandler {
 public:
  struct Settings {
    Answer::Settings answer;
    std::function<void(Exchange&)> on_done;  // The request has ended; the slot is free.
  };

  Exchange(net::Reactor& reactor, const net::Endpoint& endpoint, const net::HttpTimeouts& timeouts,
           std::int64_t slot, Settings settings);

  /// Connects ahead of the first request. A failure is kept to itself: the request will meet it.
  void Connect();
  bool connecting() const { return connecting_; }
  bool connected() const { return connection_.connected(); }
  void StopConnecting();

  /// Sends a request that was to go out at `intended`; `id` is its number within the point.
  /// REQUIRES: no request is running.
  void Start(PreparedRequest request, std::int64_t id, Instant intended, spec::Phase phase);

  /// Gives up the running request, if any: outcome cancelled; on_done is not called.
  void Cancel(Instant now);

  bool busy() const { return busy_; }

  /// When the slot became free: the end of the HTTP response, which comes a little after [DONE].
  Instant freed_at() const { return freed_at_; }

  /// The request that ended last and its events; `first_event` and string indices are not set.
  const spec::Request& request() const { return request_; }
  const Answer& answer() const { return answer_; }
  /// The local port of the connection that the request used, 0: none.
  std::uint16_t local_port() const { return local_port_; }

  /// Segments that the kernel sent again, on all connections of this slot.
  std::int64_t Retransmits() const { return connection_.Retransmits(); }
  /// Requests that were sent a second time because the server had closed the idle connection.
  std::int64_t resent_requests() const { return resent_requests_; }

 private:
  void OnConnected(Nanos took) override;
  void OnSent(Instant at) override;
  void OnTransmitted(Instant at) override;
  void OnHead(const net::HttpHead& head, const net::ReadInfo& read) override;
  void OnBody(std::string_view bytes, const net::ReadInfo& read) override;
  void OnEnd(const net::ReadInfo& read) override;
  void OnError(const net::Failure& failure) override;

  void Send();
  bool WasIdleClose(const net::Failure& failure) const;
  void Finish(Instant at);
  std::int64_t SinceEpoch(Instant at) const { return (at - epoch_).count(); }

  net::Reactor& reactor_;
  net::HttpConnection connection_;
  std::function<void(Exchange&)> on_done_;
  const Instant epoch_;
  const bool mark_bytes_;
  PreparedRequest prepared_;
  Answer answer_;
  spec::Request request_;
  std::uint16_t local_port_ = 0;
  Instant freed_at_;
  std::int64_t resent_requests_ = 0;
  bool busy_ = false;
  bool connecting_ = false;  // Ahead of a request.
  bool resent_ = false;
};

}  // namespace roofscape::load
