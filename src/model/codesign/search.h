// The best plans of a space by the mean field, at each of several speeds for a user.
//
// Everything is looked at; what a bound (bound.h) excludes is not computed, and that changes
// nothing of the result. Nor does the number of threads or the order in which a wish was written.
// Memory grows with the pairs of layouts, not with plans or loads.
//
// Thread safety: pure functions; Search starts threads of its own and joins them.

#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <vector>

#include "model/codesign/plan.h"

namespace roofscape::codesign {

/// Tokens a second that each user must get at least, and how many shapes are wanted of those who
/// give it.
struct Level {
  double interactivity_tps = 0.0;
  std::size_t keep = 8;
};

struct Goal {
  std::vector<Level> levels;
  double ttft_limit_s = std::numeric_limits<double>::infinity();
  /// Keep so many shapes of each family: what corrects them may favour another chip or engine.
  bool each_family = false;
};

/// Item `i`, done by worker number `worker`.
using Work = std::function<void(std::size_t i, unsigned worker)>;
/// Does items 0 to count - 1 in any order, and returns when all are done.
using ParallelFor = std::function<void(std::size_t count, const Work& work)>;

struct SearchOptions {
  bool prune = true;          // False: everything is computed.
  unsigned workers = 1;       // Numbers that `parallel` uses, at most.
  ParallelFor parallel = {};  // Empty: one item after the other.
};

struct Found {
  /// As Goal::levels: the best option of each shape, the best shape first.
  std::vector<std::vector<Option>> levels;
  std::uint64_t plans = 0;           // In the space.
  std::uint64_t configurations = 0;  // Plans times loads.
  std::uint64_t evaluated = 0;       // Configurations that were computed.
};

Found Search(const Space& space, const Goal& goal, const SearchOptions& options);

}  // namespace roofscape::codesign
