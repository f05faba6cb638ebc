// What an open stream costs the load generator in memory: a burst of many requests, answered slowly
// by the golden server in a process of its own, and the growth of this process's resident memory by
// the time when all streams run. Buffers of the kernel's sockets are not in it. Wanted: 4 KiB a
// stream at 20,000 streams.
//
//   build/bench/bench/streams_bench [streams=19900]      more needs `ulimit -n`

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <thread>

#include <fmt/format.h>

#include "base/core/check.h"
#include "base/core/clock.h"
#include "golden_child.h"
#include "measure/host/host_facts.h"
#include "measure/load/exchange.h"
#include "point.h"
#include "tools.h"

namespace roofscape::bench {
namespace {

using namespace std::chrono_literals;

double ResidentBytes() {
  std::ifstream statm("/proc/self/statm");
  double all = 0;
  double resident = 0;
  statm >> all >> resident;
  return resident * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

int Main(std::int64_t streams) {
  RS_CHECK(host::EnsureDescriptors(streams + 40));
  // The last stream begins before the first one ends; each sends a token every second.
  auto server =
      GoldenChild::Start("ttft_ms = { uniform = [4000.0, 5000.0] }\ngap_ms = 1000\n", /*core=*/1);
  RS_CHECK(server);
  Pin(0);
  // A small point first: libraries and buffers that do not grow with the streams.
  spec::Plan plan = SmallPlan(4);
  plan.load.arrivals = spec::Arrivals::kBurst;
  plan.load.concurrency = {};
  plan.load.requests = 16;
  RequireSuccess(MeasurePoint(plan, server->url(), {}));
  const double before = ResidentBytes();
  std::atomic<bool> ended{false};
  double peak = before;
  std::thread watcher([&] {
    while (!ended) {
      peak = std::max(peak, ResidentBytes());
      std::this_thread::sleep_for(50ms);
    }
  });
  plan.load.requests = streams;
  const load::PointRecord record = MeasurePoint(plan, server->url(), {});
  ended = true;
  watcher.join();
  RequireSuccess(record);
  // All streams ran at once if the last first token came before the first end.
  std::int64_t last_first = 0;
  std::int64_t first_end = INT64_MAX;
  for (const spec::Request& request : record.log.requests) {
    last_first = std::max(last_first, record.log.EventsOf(request).front().time_ns);
    first_end = std::min(first_end, request.end_ns);
  }
  const double each = (peak - before) / static_cast<double>(streams);
  fmt::print(
      "{} streams, {} at once: {:.0f} bytes of resident memory each, at most {:.1f} MB in all\n",
      streams, last_first < first_end ? "all" : "NOT all", each, peak / 1e6);
  fmt::print("sizeof: Exchange {}, HttpConnection {}, Event {}, Request {}\n",
             sizeof(load::Exchange), sizeof(net::HttpConnection), sizeof(spec::Event),
             sizeof(spec::Request));
  fmt::print("wanted: at most 4096 bytes each; load average {:.1f}\n", LoadAverage());
  return each <= 4096 && last_first < first_end ? 0 : 1;
}

}  // namespace
}  // namespace roofscape::bench

int main(int argc, char** argv) {
  const double streams = argc > 1 ? std::strtod(argv[1], nullptr) : 19'900;
  if (streams < 1) {
    fmt::print(stderr, "streams_bench [streams]\n");
    return 2;
  }
  return roofscape::bench::Main(static_cast<std::int64_t>(streams));
}
