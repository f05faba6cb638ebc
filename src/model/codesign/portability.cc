#include "model/codesign/portability.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace roofscape::codesign {
namespace {

constexpr perf::Coefficient kShares[] = {
    perf::kWeightRead,  perf::kReachBf16,  perf::kReachFp8,         perf::kReachFp4,
    perf::kCacheRead,   perf::kLatentRead, perf::kPrefillAttention, perf::kExpertRead,
    perf::kExpertReach, perf::kStateRead};

constexpr perf::Coefficient kTimes[] = {perf::kCurveProducts, perf::kCurveDecode,
                                        perf::kCurveLatent,   perf::kCurvePrefill,
                                        perf::kCurveExperts,  perf::kCurveRecurrent};

ServedAt FromOptions(const Space& space, const std::vector<std::optional<Option>>& options) {
  ServedAt served;
  for (const std::optional<Option>& o : options) {
    served.emplace_back();
    if (!o) continue;
    served.back() = Served{
        o->value, o->value, o->value, o->tpot_s, PlanText(space, *o), KeptOf(space, o->plan)};
  }
  return served;
}

}  // namespace

perf::Coefficients<double> AtUtilisation(perf::Coefficients<double> c, double utilisation) {
  for (const perf::Coefficient share : kShares) c[share] = utilisation;
  return c;
}

perf::Coefficients<double> Slower(perf::Coefficients<double> c, double times) {
  for (const perf::Coefficient share : kShares) c[share] /= times;
  for (const perf::Coefficient time : kTimes) c[time] *= times;
  c[perf::kPasses] *= times;
  return c;
}

Losses LossesOf(const std::vector<std::vector<ServedAt>>& values, std::size_t speed) {
  Losses out;
  const std::size_t machines = values.empty() ? 0 : values[0].size();
  const auto value = [&](std::size_t model, std::size_t machine) {
    const std::optional<Served>& served = values[model][machine][speed];
    return served ? served->value : 0.0;
  };
  for (std::size_t x = 0; x < machines; ++x) {
    std::optional<std::size_t> best;
    for (std::size_t m = 0; m < values.size(); ++m) {
      if (value(m, x) > (best ? value(*best, x) : 0.0)) best = m;
    }
    out.best.push_back(best);
  }
  for (std::size_t x = 0; x < machines; ++x) {
    for (std::size_t y = 0; y < machines; ++y) {
      out.loss.emplace_back();
      if (!out.best[x] || !out.best[y]) continue;
      out.loss.back() = 1.0 - value(*out.best[x], y) / value(*out.best[y], y);
    }
  }
  return out;
}

Result<Space> Portability::SpaceOf(const catalog::Model& model, const Target& target,
                                   const perf::Travel& travel, const Kernels& kernels) {
  Wish wish = common_;
  wish.model = &model;
  wish.chips = {target.chip};
  wish.engines = {target.engine};
  wish.precisions = {target.precision};
  wish.travel = travel;
  wish.coefficients = [&](const perf::Setting& setting) {
    const auto c = common_.coefficients(setting);
    return kernels.utilisation > 0.0 ? AtUtilisation(c, kernels.utilisation)
                                     : Slower(c, target.kernel_time);
  };
  return BuildSpace(wish, kernels.utilisation > 0.0 ? nullptr : book_);
}

Result<ServedAt> Portability::OnWafers(const catalog::Model& model, const Target& target) const {
  RS_ASSIGN_OR_RETURN(const perf::Formats formats, perf::FormatsOf(model, target.precision));
  const WaferTask task = TaskOf(model, formats, common_.input, common_.output);
  ServedAt served;
  for (const double speed : speeds_tps_) {
    served.emplace_back();
    const auto plan = BestWafers(*target.wafer, task, speed);
    if (!plan) continue;
    served.back() = Served{plan->value,
                           plan->low,
                           plan->high,
                           1.0 / plan->user_tps,
                           fmt::format("{} wafer{}, {:.0f} users, held by {}", plan->wafers,
                                       plan->wafers == 1 ? "" : "s", plan->users, plan->ends),
                           std::nullopt};
  }
  return served;
}

Result<ServedAt> Portability::BestOf(const catalog::Model& model, std::size_t target,
                                     const perf::Travel& travel, const Kernels& kernels) {
  const Target& on = targets_[target];
  if (on.wafer) return OnWafers(model, on);
  RS_ASSIGN_OR_RETURN(const Space space, SpaceOf(model, on, travel, kernels));
  if (space.families.empty()) return ServedAt(speeds_tps_.size());
  std::uint64_t evaluated = 0;
  const auto best = BestPlans(space, speeds_tps_, ttft_limit_s_, options_, &evaluated);
  evaluated_ += evaluated;
  return FromOptions(space, best);
}

Result<ServedAt> Portability::KeptOn(const catalog::Model& model, std::size_t target,
                                     const Kept& kept) {
  RS_ASSIGN_OR_RETURN(const Space space, SpaceOf(model, targets_[target], {}, {}));
  if (space.families.empty()) return ServedAt(speeds_tps_.size());
  return FromOptions(space, KeptPlans(space, kept, speeds_tps_, ttft_limit_s_));
}

}  // namespace roofscape::codesign
