#include "model/codesign/mixture.h"

#include <algorithm>
#include <array>
#include <utility>

#include "model/codesign/layout_choice.h"
#include "model/perf/links.h"

namespace roofscape::codesign {
namespace {

constexpr std::array<std::string_view, kServingLayers> kNames = {
    "silicon", "memory",         "fabric",    "kernels",     "precision",
    "layout",  "disaggregation", "scheduler", "speculation", "price"};

bool SameMemory(const perf::Machine& a, const perf::Machine& b) {
  return a.bandwidth == b.bandwidth && a.memory == b.memory;
}

bool SameFabric(const perf::Machine& a, const perf::Machine& b) {
  return a.link_bandwidth == b.link_bandwidth && a.domain_chips == b.domain_chips &&
         a.rail_bandwidth == b.rail_bandwidth && perf::Same(a.links, b.links);
}

/// Chips that curves and fits know apart, and the engine.
bool SameKernels(const Serving& a, const Serving& b) {
  return a.chip.machine.chip == b.chip.machine.chip &&
         a.chip.machine.generation == b.chip.machine.generation &&
         a.engine.engine == b.engine.engine;
}

bool SameModes(const Serving& a, const Serving& b) {
  return a.aggregated == b.aggregated && a.disaggregated == b.disaggregated;
}

}  // namespace

std::string_view Name(ServingLayer layer) { return kNames[static_cast<std::size_t>(layer)]; }

Mixtures::Mixtures(const Wish& common, const Serving& a, const Serving& b, double interactivity_tps,
                   double ttft_limit_s, perf::KernelBook* book)
    : common_(common),
      a_(a),
      b_(b),
      interactivity_tps_(interactivity_tps),
      ttft_limit_s_(ttft_limit_s),
      book_(book) {
  const perf::Machine& ma = a.chip.machine;
  const perf::Machine& mb = b.chip.machine;
  const std::array<bool, kServingLayers> differs = {
      ma.flops != mb.flops,
      !SameMemory(ma, mb),
      !SameFabric(ma, mb),
      !SameKernels(a, b),
      a.precision != b.precision,
      a.layout != b.layout || a.chip.most != b.chip.most || a.most_stages != b.most_stages,
      !SameModes(a, b),
      a.token_budget != b.token_budget,
      a.drafts != b.drafts,
      a.chip.weight != b.chip.weight};
  for (std::size_t i = 0; i < kServingLayers; ++i) {
    if (differs[i]) differing_.push_back(static_cast<ServingLayer>(i));
  }
  // Another machine has another best layout: where nobody gave one, it is a layer of its own.
  const auto layout = std::find(differing_.begin(), differing_.end(), ServingLayer::kLayout);
  if (!differing_.empty() && layout == differing_.end() && !b.layout) {
    differing_.push_back(ServingLayer::kLayout);
    std::sort(differing_.begin(), differing_.end());
  }
}

bool Mixtures::Is(Mix mix, ServingLayer layer) const {
  const auto found = std::find(differing_.begin(), differing_.end(), layer);
  if (found == differing_.end()) return false;  // Alike: either's.
  return (mix >> static_cast<std::size_t>(found - differing_.begin()) & 1U) != 0;
}

Wish Mixtures::WishOf(Mix mix) const {
  const auto of = [&](ServingLayer layer) -> const Serving& { return Is(mix, layer) ? b_ : a_; };
  const Serving& kernels = of(ServingLayer::kKernels);
  perf::Machine machine = kernels.chip.machine;
  machine.flops = of(ServingLayer::kSilicon).chip.machine.flops;
  const perf::Machine& memory = of(ServingLayer::kMemory).chip.machine;
  machine.bandwidth = memory.bandwidth;
  machine.memory = memory.memory;
  const perf::Machine& fabric = of(ServingLayer::kFabric).chip.machine;
  machine.link_bandwidth = fabric.link_bandwidth;
  machine.domain_chips = fabric.domain_chips;
  machine.rail_bandwidth = fabric.rail_bandwidth;
  machine.links = fabric.links;
  const Serving& layout = of(ServingLayer::kLayout);
  const Serving& modes = of(ServingLayer::kDisaggregation);
  Wish wish = common_;
  wish.chips = {
      {machine, kernels.chip.maker, layout.chip.most, of(ServingLayer::kPrice).chip.weight}};
  wish.engines = {kernels.engine};
  wish.precisions = {of(ServingLayer::kPrecision).precision};
  wish.token_budgets = {of(ServingLayer::kScheduler).token_budget};
  wish.drafts = of(ServingLayer::kSpeculation).drafts;
  wish.aggregated = modes.aggregated;
  wish.disaggregated = modes.disaggregated;
  wish.most_stages = layout.most_stages;
  // One's silicon may lack units for the other's format; neither end may.
  wish.unpacks = mix != 0 && mix + 1 != Mix{1} << differing_.size();
  return wish;
}

Result<Option> Mixtures::Best(const Space& space, const SearchOptions& options) const {
  Goal goal;
  goal.levels = {{interactivity_tps_, 1}};
  goal.ttft_limit_s = ttft_limit_s_;
  const Found found = Search(space, goal, options);
  if (found.levels[0].empty()) return Option{};
  return found.levels[0].front();
}

Result<> Mixtures::FindLayoutOfA(const SearchOptions& options) {
  if (serve_) return {};
  if (a_.layout) {
    serve_ = a_.layout;
    return {};
  }
  RS_ASSIGN_OR_RETURN(const Space space, BuildSpace(WishOf(0), book_));
  RS_ASSIGN_OR_RETURN(const Option best, Best(space, options));
  if (best.value <= 0.0) {
    return Error{ErrorCode::kInvalidArgument,
                 "A does not reach the target in any layout: choose a slower one"};
  }
  const auto& workers = space.families[best.plan.family].workers;
  serve_ = workers[best.plan.serve].lowered.layout;
  serve_workers_ = best.plan.serve_workers;
  if (best.plan.prefill != kNoPrefill) {
    prefill_ = workers[static_cast<std::size_t>(best.plan.prefill)].lowered.layout;
    prefill_workers_ = best.plan.prefill_workers;
  }
  return {};
}

Result<double> Mixtures::ValueOf(Mix mix, const SearchOptions& options) {
  last_plan_.clear();
  RS_RETURN_IF_ERROR(FindLayoutOfA(options));
  Wish wish = WishOf(mix);
  const bool chosen = Is(mix, ServingLayer::kLayout) && !b_.layout;
  // A kept layout is what it is, whatever else is allowed.
  if (!chosen) {
    wish.aggregated = true;
    wish.disaggregated = prefill_.has_value();
  }
  RS_ASSIGN_OR_RETURN(Space space, BuildSpace(wish, book_));
  if (space.families.empty()) return 0.0;
  Option best;
  if (chosen) {
    RS_ASSIGN_OR_RETURN(best, Best(space, options));
  } else {
    const bool of_b = Is(mix, ServingLayer::kLayout);
    const Family& family = space.families[0];
    const auto serve = NearestWorker(family, of_b ? *b_.layout : *serve_, true);
    if (!serve) return 0.0;
    Plan plan{0, *serve, kNoPrefill, of_b ? 1 : serve_workers_, 0};
    if (prefill_ && !of_b) {
      const auto prefill = NearestWorker(family, *prefill_, false);
      if (!prefill) return 0.0;
      plan.prefill = static_cast<std::int32_t>(*prefill);
      plan.prefill_workers = prefill_workers_;
    }
    for (const double n : space.concurrencies) {
      perf::Load load = space.lengths;
      load.concurrency = n;
      if (!HoldsAll(ServiceOf(space, plan), family.coefficients, load)) break;
      const Option o = Evaluate(space, plan, n);
      const bool meets = o.tpot_s <= 1.0 / interactivity_tps_ && o.ttft_s <= ttft_limit_s_;
      if (meets && o.value > best.value) best = o;
    }
  }
  if (best.value > 0.0) last_plan_ = PlanText(space, best);
  return best.value;
}

}  // namespace roofscape::codesign
