// What the wire tap costs a segment, over loopback: one thread sends segments of one event each on
// some connections and reads them, with and without the tap, in turns. CPU time; a row where the
// tap dropped packets is no measurement of its speed.
//
//   build/bench/bench/wire_tap_bench [ROUNDS]      needs root or CAP_NET_RAW

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "base/core/check.h"
#include "base/core/clock.h"
#include "base/net/fd.h"
#include "measure/load/wire_tap.h"

namespace {

using roofscape::Nanos;
using roofscape::SystemClock;
using roofscape::load::WireTap;
using roofscape::net::Fd;

constexpr int kConnections = 64;
constexpr int kSegments = 200'000;
constexpr std::size_t kEventBytes = 210;

struct Connection {
  Fd client;
  Fd server;
};

double CpuSeconds(int who) {
  rusage use{};
  getrusage(who, &use);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
  };
  return seconds(use.ru_utime) + seconds(use.ru_stime);
}

Connection Connect(int listener, const sockaddr_in& address) {
  Connection connection{Fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)), {}};
  RS_CHECK(connect(connection.client.get(), reinterpret_cast<const sockaddr*>(&address),
                   sizeof address) == 0);
  connection.server = Fd(accept(listener, nullptr, nullptr));
  const int one = 1;
  setsockopt(connection.server.get(), IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  return connection;
}

struct Row {
  double main_us = 0;  // Of the thread that sends and reads, a segment.
  double tap_us = 0;   // Of all other threads, a segment.
  double per_second = 0;
  WireTap::Stats stats;
};

Row Measure(int listener, const roofscape::net::Endpoint& endpoint, const sockaddr_in& address,
            bool with_tap) {
  const SystemClock clock;
  std::unique_ptr<WireTap> tap;
  if (with_tap) {
    auto started = WireTap::Start(endpoint, clock);
    if (!started) {
      fmt::print(stderr, "{}\n", started.error().message);
      std::exit(1);
    }
    tap = *std::move(started);
  }
  std::vector<Connection> connections;
  for (int i = 0; i < kConnections; ++i) connections.push_back(Connect(listener, address));
  const std::string event(kEventBytes, 'x');
  std::array<char, 4096> buffer;
  const double all = CpuSeconds(RUSAGE_SELF);
  const double own = CpuSeconds(RUSAGE_THREAD);
  const auto begin = clock.Now();
  for (int i = 0; i < kSegments; ++i) {
    const Connection& connection = connections[static_cast<std::size_t>(i % kConnections)];
    RS_CHECK(send(connection.server.get(), event.data(), event.size(), 0) > 0);
    RS_CHECK(recv(connection.client.get(), buffer.data(), buffer.size(), 0) > 0);
  }
  const double seconds = roofscape::ToSeconds(clock.Now() - begin).value();
  const double own_used = CpuSeconds(RUSAGE_THREAD) - own;
  if (tap) tap->Stop();
  const double all_used = CpuSeconds(RUSAGE_SELF) - all;
  Row row;
  row.main_us = own_used * 1e6 / kSegments;
  row.tap_us = std::max(0.0, all_used - own_used) * 1e6 / kSegments;
  row.per_second = kSegments / seconds;
  if (tap) row.stats = tap->stats();
  return row;
}

}  // namespace

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? std::atoi(argv[1]) : 3;
  const Fd listener(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  RS_CHECK(bind(listener.get(), generic, size) == 0 && listen(listener.get(), 128) == 0 &&
           getsockname(listener.get(), generic, &size) == 0);
  roofscape::net::Endpoint endpoint;
  std::memcpy(&endpoint.address, &address, sizeof address);
  endpoint.size = sizeof address;
  for (int round = 0; round < rounds; ++round) {
    const Row without = Measure(listener.get(), endpoint, address, false);
    const Row with = Measure(listener.get(), endpoint, address, true);
    fmt::print(
        "without: {:.2f} us a segment   with: {:.2f} us + {:.2f} us in the tap's thread, at "
        "{:.0f} segments/s, {} seen, {} dropped\n",
        without.main_us, with.main_us, with.tap_us, with.per_second, with.stats.segments,
        with.stats.dropped);
  }
  return 0;
}
