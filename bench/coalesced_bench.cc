// How many events a second one core of the load generator takes when a server floods it over
// loopback, many events a read: the whole path of `bench` from the socket to the request log, by
// the CPU time of the loop's thread, the kernel's share of it included. Wanted: 2.5 M events/s.
//
//   build/bench/bench/coalesced_bench [connections=1] [rounds=7]

#include <chrono>
#include <cstdlib>
#include <vector>

#include <fmt/format.h>

#include "base/core/check.h"
#include "flood_server.h"
#include "point.h"
#include "tools.h"

namespace roofscape::bench {
namespace {

constexpr std::int64_t kEvents = 10'000;  // An answer.
constexpr std::int64_t kAnswers = 200;    // A round.

int Main(std::int64_t connections, int rounds) {
  auto server = FloodServer::Start(kEvents, /*core=*/1);
  RS_CHECK(server);
  Pin(0);
  spec::Plan plan = SmallPlan(kEvents);
  plan.load.requests = kAnswers;
  std::vector<double> by_cpu;
  std::vector<double> by_wall;
  double shared = 0;
  for (int i = 0; i < rounds; ++i) {
    const load::PointRecord record = MeasurePoint(plan, server->url(), {connections, {}, {}});
    RequireSuccess(record);
    std::int64_t last = 0;
    for (const spec::Request& request : record.log.requests) last = std::max(last, request.end_ns);
    const double wall_s = static_cast<double>(last - record.log.requests.front().sent_ns) / 1e9;
    const auto events = static_cast<double>(record.log.events.size());
    by_wall.push_back(events / wall_s / 1e6);
    // The loop lives for about as long: from a moment before the first request to the last end.
    by_cpu.push_back(events / (wall_s * record.audit.loop_busy_fraction.value()) / 1e6);
    shared = record.audit.coalesced_fraction.value();
  }
  fmt::print("{} connections, {} events a round, {:.2f} % in a read with others\n", connections,
             kEvents * kAnswers, 100 * shared);
  fmt::print("M events/s of a core: {}   by the clock: {}; median (min to max) of {} rounds\n",
             Spread(by_cpu, 2), Spread(by_wall, 2), rounds);
  fmt::print("wanted: 2.5; load average {:.1f}\n", LoadAverage());
  return Median(by_cpu) >= 2.5 ? 0 : 1;
}

}  // namespace
}  // namespace roofscape::bench

int main(int argc, char** argv) {
  const double connections = argc > 1 ? std::strtod(argv[1], nullptr) : 1;
  const double rounds = argc > 2 ? std::strtod(argv[2], nullptr) : 7;
  if (connections < 1 || rounds < 1) {
    fmt::print(stderr, "coalesced_bench [connections] [rounds]\n");
    return 2;
  }
  return roofscape::bench::Main(static_cast<std::int64_t>(connections), static_cast<int>(rounds));
}
