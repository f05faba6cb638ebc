// The best plan of a space at each speed with its load chosen to the fraction of a request, so that
// what differs between two spaces is what they are and not the grid of loads; and a layout carried
// over from another space.
//
// Thread safety: pure functions; BestPlans starts threads as Search does.

#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "model/codesign/search.h"

namespace roofscape::codesign {

/// Of the legal workers the one nearest to a layout, in doublings of each degree; the first of
/// equals. `serves`: it must hold whole requests, else prompts. Missing: there is none.
std::optional<std::uint32_t> NearestWorker(const Family& family, const perf::Layout& layout,
                                           bool serves);

/// "2 x tp 1 -> tp 4, 96 in flight"
std::string PlanText(const Space& space, const Option& option);

/// A layout without its space.
struct Kept {
  perf::Layout serve;
  std::optional<perf::Layout> prefill;
  std::int64_t serve_workers = 1;
  std::int64_t prefill_workers = 0;
};
Kept KeptOf(const Space& space, const Plan& plan);

struct SpeedLimits {
  double tpot_s = 0.0;  // Means, at most.
  double ttft_s = 0.0;
};

/// The same plan at the load between the loads beside it that gives most within the limits. The
/// option itself where nothing is better. REQUIRES: the option meets the limits.
Option Polish(const Space& space, const Option& option, const SpeedLimits& limits);

/// At each of these speeds the best plan, polished; missing: none reaches it. Adds to `evaluated`,
/// where that is not null, the configurations that the search computed.
std::vector<std::optional<Option>> BestPlans(const Space& space, std::span<const double> speeds_tps,
                                             double ttft_limit_s, const SearchOptions& options,
                                             std::uint64_t* evaluated = nullptr);

/// The same of the legal layout nearest to one that is kept, in the first family of the space.
std::vector<std::optional<Option>> KeptPlans(const Space& space, const Kept& kept,
                                             std::span<const double> speeds_tps,
                                             double ttft_limit_s);

}  // namespace roofscape::codesign
