// Whether the open loop keeps its schedule: how late requests leave after the moment at which they
// were due, and whether as many leave a second as were asked for. Against the golden server with
// answers of one token after 1 ms, client and server on cores of their own. Wanted at 2,000
// requests/s: 99 % at most 50 us late, the rate within 0.1 %.
//
// Lateness is from the intended moment to the return of the send call; beside it, to the kernel's
// own stamp of the request's leaving, in the middle of that call.
//
// The server sleeps between two requests unless told not to: then each send wakes it, which takes
// the kernel 10 us in the sender's own call, as no network card would.
//
//   build/bench/bench/schedule_bench [rate=2000] [seconds=8] [poisson|constant] [sleeping|awake]

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "base/core/check.h"
#include "golden_child.h"
#include "point.h"
#include "tools.h"

namespace roofscape::bench {
namespace {

double At(const std::vector<double>& sorted, double q) {
  return sorted[static_cast<std::size_t>(q * static_cast<double>(sorted.size() - 1))];
}

int Main(double rate, double seconds, spec::Arrivals arrivals, bool awake) {
  auto server = GoldenChild::Start("ttft_ms = 1\n", /*core=*/1, awake);
  RS_CHECK(server);
  Pin(0);
  spec::Plan plan = SmallPlan(1);
  plan.load.arrivals = arrivals;
  plan.load.concurrency = {};
  plan.load.rates_rps = {rate};
  plan.load.duration_s = seconds;
  const load::PointRecord record =
      MeasurePoint(plan, server->url(), {0, rate, std::chrono::milliseconds(5)});
  RequireSuccess(record);
  std::vector<double> late_us;
  std::vector<double> left_us;
  std::vector<std::int64_t> sent;
  for (const spec::Request& request : record.log.requests) {
    late_us.push_back(static_cast<double>(request.sent_ns - request.intended_ns) / 1e3);
    sent.push_back(request.sent_ns);
    if (request.tx_ns == spec::kNoStamp) continue;
    left_us.push_back(static_cast<double>(request.tx_ns - request.intended_ns) / 1e3);
  }
  std::sort(late_us.begin(), late_us.end());
  RS_CHECK(!left_us.empty());
  std::sort(left_us.begin(), left_us.end());
  std::sort(sent.begin(), sent.end());
  // What was due in this stretch by the schedule, and what left in it.
  const auto& requests = record.log.requests;
  const auto count = static_cast<double>(requests.size() - 1);
  const double asked =
      count /
      (static_cast<double>(requests.back().intended_ns - requests.front().intended_ns) / 1e9);
  const double delivered = count / (static_cast<double>(sent.back() - sent.front()) / 1e9);
  const double off = 100 * (delivered / asked - 1);
  const spec::InstrumentAudit& audit = record.audit;
  fmt::print(
      "{} requests: sent p50 {:.1f} us  p99 {:.1f} us  p99.9 {:.1f} us  max {:.1f} us late; left "
      "p50 {:.1f} us  p99 {:.1f} us late; delivered {:.2f}/s of {:.2f}/s ({:+.4f} %)\nloop busy "
      "{:.0f} %, steal {:.2f} %, load average {:.1f}\n",
      late_us.size(), At(late_us, 0.5), At(late_us, 0.99), At(late_us, 0.999), late_us.back(),
      At(left_us, 0.5), At(left_us, 0.99), delivered, asked, off,
      100 * audit.loop_busy_fraction.value_or(0), 100 * audit.cpu_steal_fraction.value_or(0),
      LoadAverage());
  fmt::print("wanted: left p99 <= 50 us, rate within 0.1 %\n");
  return At(left_us, 0.99) <= 50 && std::abs(off) <= 0.1 ? 0 : 1;
}

}  // namespace
}  // namespace roofscape::bench

int main(int argc, char** argv) {
  const double rate = argc > 1 ? std::strtod(argv[1], nullptr) : 2000;
  const double seconds = argc > 2 ? std::strtod(argv[2], nullptr) : 8;
  const auto arrivals = roofscape::spec::ParseArrivals(argc > 3 ? argv[3] : "poisson");
  const std::string_view server = argc > 4 ? argv[4] : "sleeping";
  if (rate <= 0 || seconds <= 0 || !arrivals || (server != "sleeping" && server != "awake")) {
    fmt::print(stderr, "schedule_bench [rate] [seconds] [poisson|constant] [sleeping|awake]\n");
    return 2;
  }
  return roofscape::bench::Main(rate, seconds, *arrivals, server == "awake");
}
