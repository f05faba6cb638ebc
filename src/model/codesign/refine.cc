#include "model/codesign/refine.h"

#include <algorithm>
#include <cmath>

namespace roofscape::codesign {
namespace {

// Loads are tried from so many times the formulas' choice downwards, and below one that meets the
// limits so far: an error of the formulas of twice moves the choice about as far.
constexpr double kReach = 4.0;

Result<std::optional<Candidate>> Try(const Space& space, const Plan& plan, double concurrency,
                                     const Limits& limits, Estimator& estimator) {
  const Family& family = space.families[plan.family];
  perf::Load load = space.lengths;
  load.concurrency = concurrency;
  if (!HoldsAll(ServiceOf(space, plan), family.coefficients, load)) {
    return std::optional<Candidate>();
  }
  RS_ASSIGN_OR_RETURN(Estimate estimate, estimator.Of(space, plan, concurrency));
  const auto most = [&](const Band& b) { return limits.cautious ? b.high80 : b.value; };
  if (most(estimate.tpot_s) > limits.tpot_s || most(estimate.ttft_s) > limits.ttft_s) {
    return std::optional<Candidate>();
  }
  const Band& tput = estimate.tput_per_chip;
  const double value = (limits.cautious ? tput.low80 : tput.value) / family.weight;
  return std::optional(Candidate{Evaluate(space, plan, concurrency), std::move(estimate), value});
}

/// Between a load that meets the limits and the next that does not: the largest that does, as far
/// as halving finds it.
Result<> Halve(const Space& space, const Limits& limits, Estimator& estimator, Candidate& best) {
  const auto next = std::upper_bound(space.concurrencies.begin(), space.concurrencies.end(),
                                     best.formulas.concurrency);
  if (next == space.concurrencies.end()) return {};
  double low = best.formulas.concurrency;
  double high = *next;
  while (high - low > 1.0) {
    const double middle = std::floor(0.5 * (low + high));
    RS_ASSIGN_OR_RETURN(auto tried, Try(space, best.formulas.plan, middle, limits, estimator));
    const bool better = tried && tried->value > best.value;
    (better ? low : high) = middle;
    if (better) best = *std::move(tried);
  }
  return {};
}

}  // namespace

Result<Estimate> FormulaEstimator::Of(const Space& space, const Plan& plan, double concurrency) {
  const Option o = Evaluate(space, plan, concurrency);
  const double tput = o.value * space.families[plan.family].weight;
  return Estimate{{o.ttft_s, o.ttft_s, o.ttft_s},
                  {o.tpot_s, o.tpot_s, o.tpot_s},
                  {tput, tput, tput},
                  "formulas"};
}

Result<std::optional<Candidate>> BestLoad(const Space& space, const Option& near,
                                          const Limits& limits, bool whole_numbers,
                                          Estimator& estimator) {
  std::optional<Candidate> best;
  const auto& loads = space.concurrencies;
  for (auto load = loads.rbegin(); load != loads.rend(); ++load) {
    const double n = *load;
    if (n > near.concurrency * kReach) continue;
    if (best && n < best->formulas.concurrency / kReach) break;
    RS_ASSIGN_OR_RETURN(auto tried, Try(space, near.plan, n, limits, estimator));
    if (tried && (!best || tried->value > best->value)) best = std::move(tried);
  }
  if (best && whole_numbers) RS_RETURN_IF_ERROR(Halve(space, limits, estimator, *best));
  return best;
}

Result<std::vector<Candidate>> Refine(const Space& space,
                                      const std::vector<const std::vector<Option>*>& found,
                                      const Limits& limits, bool whole_numbers,
                                      Estimator& estimator) {
  std::vector<Plan> plans;
  std::vector<Candidate> all;
  for (const std::vector<Option>* options : found) {
    for (const Option& option : *options) {
      if (std::find(plans.begin(), plans.end(), option.plan) != plans.end()) continue;
      plans.push_back(option.plan);
      RS_ASSIGN_OR_RETURN(auto best, BestLoad(space, option, limits, whole_numbers, estimator));
      if (best) all.push_back(*std::move(best));
    }
  }
  // By what is expected, in the order of options.
  std::sort(all.begin(), all.end(), [&](const Candidate& a, const Candidate& b) {
    Option as = a.formulas;
    Option bs = b.formulas;
    as.value = a.value;
    bs.value = b.value;
    return Better(space, as, bs);
  });
  std::vector<Candidate> ranked;
  for (Candidate& c : all) {
    const Shape shape = ShapeOf(c.formulas.plan);
    const bool seen = std::any_of(ranked.begin(), ranked.end(), [&](const Candidate& r) {
      return ShapeOf(r.formulas.plan) == shape;
    });
    if (!seen) ranked.push_back(std::move(c));
  }
  return ranked;
}

}  // namespace roofscape::codesign
