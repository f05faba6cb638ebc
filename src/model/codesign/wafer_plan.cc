#include "model/codesign/wafer_plan.h"

#include <algorithm>
#include <cmath>

namespace roofscape::codesign {
namespace {

/// Of SRAM, that holds weights and caches: WaferCount::likely.
constexpr double kUsable = 0.9;

struct Point {
  double value = 0.0, users = 0.0, user_tps = 0.0;
  const char* ends = "";
};

/// One choice inside of the bounds.
struct Inside {
  double layer_s, crossing_s, flops;
};

double TokenSeconds(const WaferSite& site, const WaferTask& t, const Inside& in, int wafers) {
  const double read = t.active_bytes / t.layers / site.wafer.bytes_per_s;
  const double crossings = wafers == 1 ? 0.0 : wafers;
  return t.layers * std::max(in.layer_s, read) + crossings * in.crossing_s;
}

Point At(const WaferSite& site, const WaferTask& t, const Inside& in, int wafers,
         double speed_tps) {
  const double room = kUsable * site.wafer.memory_bytes * wafers - t.weight_bytes;
  const double fits = t.cache_bytes > 0.0 ? std::floor(room / t.cache_bytes) : 1e9;
  const double token_s = TokenSeconds(site, t, in, wafers);
  if (room <= 0.0 || fits < 1.0 || speed_tps * token_s > 1.0) return {};
  Point p;
  // More users than layers wait for each other.
  const double by_speed = t.layers / (token_s * speed_tps);
  p.users = std::min(fits, by_speed);
  p.ends = fits < by_speed ? "memory" : "speed";
  p.user_tps = std::min(1.0, t.layers / p.users) / token_s;
  double requests = p.users * p.user_tps / t.output;
  if (in.flops > 0.0) {
    const double most = wafers * in.flops / (2.0 * t.active * (t.input + t.output));
    if (most < requests) {
      p.ends = "arithmetic";
      p.users *= most / requests;
      requests = most;
    }
  }
  p.value = requests * (t.input + t.output) / (wafers * site.weight);
  return p;
}

double Middle(const perf::Bounds& b) { return std::sqrt(b.low * b.high); }

int Least(const WaferSite& site, const WaferTask& t) {
  return static_cast<int>(
      std::ceil((t.weight_bytes + t.cache_bytes) / (kUsable * site.wafer.memory_bytes)));
}

}  // namespace

WaferTask TaskOf(const catalog::Model& model, const perf::Formats& formats, double input,
                 double output) {
  const catalog::ParameterCount count = catalog::CountParameters(model);
  const double bytes = perf::BytesPerWeight(formats.experts);
  WaferTask task;
  task.layers = static_cast<double>(std::max<std::int64_t>(model.layers, 1));
  task.weight_bytes = count.total * bytes;
  task.active_bytes = count.active * bytes;
  task.active = count.active;
  task.cache_bytes =
      (input + 0.5 * output) * catalog::CacheValuesPerToken(model) * formats.cache_bytes +
      4.0 * catalog::StateValuesPerSequence(model);
  task.input = input;
  task.output = output;
  return task;
}

std::optional<WaferPlan> BestWafers(const WaferSite& site, const WaferTask& task,
                                    double speed_tps) {
  const perf::Wafer& w = site.wafer;
  const Inside middle{Middle(w.layer_s), Middle(site.crossing_s), Middle(w.flops)};
  const Inside slow{w.layer_s.high, site.crossing_s.high, w.flops.low};
  const Inside fast{w.layer_s.low, site.crossing_s.low, w.flops.high};
  std::optional<WaferPlan> best;
  for (int wafers = std::max(Least(site, task), 1); wafers <= site.most; ++wafers) {
    const Point p = At(site, task, middle, wafers, speed_tps);
    if (p.value <= 0.0 || (best && p.value <= best->value)) continue;
    best = WaferPlan{wafers,
                     p.users,
                     p.user_tps,
                     p.value,
                     At(site, task, slow, wafers, speed_tps).value,
                     At(site, task, fast, wafers, speed_tps).value,
                     p.ends};
  }
  return best;
}

perf::Bounds AloneOnWafers(const WaferSite& site, const WaferTask& task) {
  const int wafers = std::max(Least(site, task), 1);
  if (wafers > site.most) return {};
  const perf::Wafer& w = site.wafer;
  const double slow = TokenSeconds(site, task, {w.layer_s.high, site.crossing_s.high, 0.0}, wafers);
  const double fast = TokenSeconds(site, task, {w.layer_s.low, site.crossing_s.low, 0.0}, wafers);
  return {1.0 / slow, 1.0 / fast};
}

}  // namespace roofscape::codesign
