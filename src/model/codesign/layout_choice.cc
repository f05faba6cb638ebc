#include "model/codesign/layout_choice.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace roofscape::codesign {
namespace {

constexpr std::size_t kPolished =
    24;  // Shapes of each speed: the grid of loads may misjudge a few.
constexpr int kHalvings = 24;

/// How far apart two layouts are, in doublings of each degree.
double Distance(const perf::Layout& a, const perf::Layout& b) {
  const auto apart = [](double x, double y) { return std::abs(std::log2(x / y)); };
  return 4.0 * apart(a.chips, b.chips) + apart(a.dp, b.dp) + apart(a.ep, b.ep) +
         2.0 * apart(a.pp, b.pp);
}

bool Meets(const Space& space, const Option& o, const SpeedLimits& limits) {
  perf::Load load = space.lengths;
  load.concurrency = o.concurrency;
  const auto& c = space.families[o.plan.family].coefficients;
  return o.tpot_s <= limits.tpot_s && o.ttft_s <= limits.ttft_s &&
         HoldsAll(ServiceOf(space, o.plan), c, load);
}

/// The best load of the grid; missing: none meets the limits.
std::optional<Option> BestOnGrid(const Space& space, const Plan& plan, const SpeedLimits& limits) {
  std::optional<Option> best;
  for (const double n : space.concurrencies) {
    const Option o = Evaluate(space, plan, n);
    if (Meets(space, o, limits) && (!best || o.value > best->value)) best = o;
  }
  return best;
}

}  // namespace

std::optional<std::uint32_t> NearestWorker(const Family& family, const perf::Layout& layout,
                                           bool serves) {
  std::optional<std::uint32_t> best;
  double least = 0.0;
  for (std::uint32_t i = 0; i < family.workers.size(); ++i) {
    const Worker& w = family.workers[i];
    if (serves ? !w.serves : !w.prefills) continue;
    const double distance = Distance(w.lowered.layout, layout);
    if (best && distance >= least) continue;
    best = i;
    least = distance;
  }
  return best;
}

std::string PlanText(const Space& space, const Option& o) {
  const auto& workers = space.families[o.plan.family].workers;
  const auto pool = [&](std::int64_t count, const Worker& w) {
    const std::string layout = LayoutText(w.lowered.layout);
    return count == 1 ? layout : fmt::format("{} x {}", count, layout);
  };
  std::string text = pool(o.plan.serve_workers, workers[o.plan.serve]);
  if (o.plan.prefill != kNoPrefill) {
    text = pool(o.plan.prefill_workers, workers[static_cast<std::size_t>(o.plan.prefill)]) +
           " -> " + text;
  }
  const double n = std::round(o.concurrency * 10.0) / 10.0;
  return fmt::format("{}, {:g} in flight", text, n);
}

Kept KeptOf(const Space& space, const Plan& plan) {
  const auto& workers = space.families[plan.family].workers;
  Kept kept{workers[plan.serve].lowered.layout, std::nullopt, plan.serve_workers, 0};
  if (plan.prefill != kNoPrefill) {
    kept.prefill = workers[static_cast<std::size_t>(plan.prefill)].lowered.layout;
    kept.prefill_workers = plan.prefill_workers;
  }
  return kept;
}

Option Polish(const Space& space, const Option& option, const SpeedLimits& limits) {
  const auto& grid = space.concurrencies;
  const auto at = std::lower_bound(grid.begin(), grid.end(), option.concurrency);
  if (at == grid.end()) return option;
  double low = at == grid.begin() ? option.concurrency : *(at - 1);
  double high = at + 1 == grid.end() ? option.concurrency : *(at + 1);
  Option best = option;
  const auto look = [&](double n) {
    const Option o = Evaluate(space, option.plan, n);
    const bool meets = Meets(space, o, limits);
    if (meets && o.value > best.value) best = o;
    return meets ? o.value : 0.0;
  };
  if (look(high) <= 0.0) {
    // The limit lies between: up to it more requests give more, nearly always.
    double in = option.concurrency;
    for (int i = 0; i < kHalvings; ++i) {
      const double middle = 0.5 * (in + high);
      (look(middle) > 0.0 ? in : high) = middle;
    }
    return best;
  }
  for (int i = 0; i < kHalvings; ++i) {  // The top lies inside.
    const double left = low + (high - low) / 3.0;
    const double right = high - (high - low) / 3.0;
    if (look(left) < look(right)) {
      low = left;
    } else {
      high = right;
    }
  }
  return best;
}

std::vector<std::optional<Option>> BestPlans(const Space& space, std::span<const double> speeds_tps,
                                             double ttft_limit_s, const SearchOptions& options,
                                             std::uint64_t* evaluated) {
  Goal goal;
  goal.ttft_limit_s = ttft_limit_s;
  for (const double speed : speeds_tps) goal.levels.push_back({speed, kPolished});
  const Found found = Search(space, goal, options);
  if (evaluated != nullptr) *evaluated += found.evaluated;
  std::vector<std::optional<Option>> best(speeds_tps.size());
  for (std::size_t i = 0; i < speeds_tps.size(); ++i) {
    for (const Option& o : found.levels[i]) {
      const Option polished = Polish(space, o, {1.0 / speeds_tps[i], ttft_limit_s});
      if (!best[i] || polished.value > best[i]->value) best[i] = polished;
    }
  }
  return best;
}

std::vector<std::optional<Option>> KeptPlans(const Space& space, const Kept& kept,
                                             std::span<const double> speeds_tps,
                                             double ttft_limit_s) {
  std::vector<std::optional<Option>> best(speeds_tps.size());
  if (space.families.empty()) return best;
  const Family& family = space.families[0];
  const auto serve = NearestWorker(family, kept.serve, true);
  if (!serve) return best;
  Plan plan{0, *serve, kNoPrefill, kept.serve_workers, 0};
  if (kept.prefill) {
    const auto prefill = NearestWorker(family, *kept.prefill, false);
    if (!prefill) return best;
    plan.prefill = static_cast<std::int32_t>(*prefill);
    plan.prefill_workers = kept.prefill_workers;
  }
  for (std::size_t i = 0; i < speeds_tps.size(); ++i) {
    const SpeedLimits limits{1.0 / speeds_tps[i], ttft_limit_s};
    best[i] = BestOnGrid(space, plan, limits);
    if (best[i]) best[i] = Polish(space, *best[i], limits);
  }
  return best;
}

}  // namespace roofscape::codesign
