// A client that only takes what a server sends and looks at nothing: what any client must pay.
//
// Thread safety: one thread.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/core/clock.h"
#include "base/net/address.h"
#include "base/net/fd.h"

namespace roofscape::bench {

/// The request that PacedServer answers.
inline constexpr std::string_view kStreamRequest =
    "GET /v1/stream HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";

/// Counts, and the thread's CPU time, at one moment.
struct Meter {
  std::uint64_t events = 0;
  std::uint64_t reads = 0;
  std::uint64_t wakeups = 0;
  Nanos cpu{};

  void ReadCpu();
};

struct Cost {
  double ns_per_event = 0.0;
  double events_per_read = 0.0;
  double events_per_wakeup = 0.0;
  double events_per_second = 0.0;
};
/// Between two moments that far apart.
Cost Difference(const Meter& from, const Meter& to, Nanos time);

void Print(std::string_view name, const Cost& cost);

/// How long to run before measuring, and to measure.
struct Times {
  Nanos warm_up = std::chrono::milliseconds(200);
  Nanos measured = std::chrono::milliseconds(1000);
};

/// Sockets that are connected and have sent their request.
std::vector<net::Fd> OpenStreams(const net::Endpoint& endpoint, std::size_t connections);

/// epoll_wait and one recvmsg a descriptor.
Cost RunBare(const net::Endpoint& endpoint, std::size_t connections, const Times& times,
             const Clock& clock);

}  // namespace roofscape::bench
