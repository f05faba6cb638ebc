// Two ways to serve one model, and everything between them: of each layer in which they differ, the
// first's or the second's. What a mixture gives at a speed is found by the search; where it has the
// first's layout, that one or the nearest legal is kept.
//
// Values are the mean field's, without the correction that rows teach: of a chip that has one
// machine's memory and another's arithmetic there are no rows.
//
// Thread safety: Mixtures: one thread, for its book of kernel times.

#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/core/result.h"
#include "model/codesign/attribution.h"
#include "model/codesign/search.h"

namespace roofscape::codesign {

enum class ServingLayer : std::size_t {
  kSilicon,         // Peaks of arithmetic.
  kMemory,          // Bandwidth and size.
  kFabric,          // Links, and how many chips they join.
  kKernels,         // The engine, and what of its peaks a chip's kernels reach.
  kPrecision,       // Of weights and cache.
  kLayout,          // Chips at most, and how the model is laid out on them.
  kDisaggregation,  // Whether prefill and decode may be apart.
  kScheduler,       // Prompt tokens of a step.
  kSpeculation,     // Drafts.
  kPrice,           // What a chip-second is weighed by.
  kLayers,
};
inline constexpr std::size_t kServingLayers = static_cast<std::size_t>(ServingLayer::kLayers);
std::string_view Name(ServingLayer layer);

/// One way to serve.
struct Serving {
  ChipOption chip;
  EngineOption engine;
  std::string precision;
  double token_budget = 8192.0;
  double drafts = 0.0;
  bool aggregated = true;
  bool disaggregated = false;
  std::int64_t most_stages = 1;
  std::optional<perf::Layout> layout;  // Missing: the best of its own.
};

class Mixtures {
 public:
  /// `common`: model, lengths, loads and coefficients. All must outlive it; `book` may be null.
  Mixtures(const Wish& common, const Serving& a, const Serving& b, double interactivity_tps,
           double ttft_limit_s, perf::KernelBook* book);

  /// The layers in which the two differ, in the order of ServingLayer. A layout counts where B may
  /// choose what A has not.
  const std::vector<ServingLayer>& differing() const { return differing_; }

  /// Tokens for each unit of what is spent, of the best plan; 0: no plan reaches the target. Bit i:
  /// differing()[i] is B's.
  Result<double> ValueOf(Mix mix, const SearchOptions& options);
  /// The plan behind the last ValueOf, for people; empty: there was none.
  const std::string& last_plan() const { return last_plan_; }

 private:
  bool Is(Mix mix, ServingLayer layer) const;
  Wish WishOf(Mix mix) const;
  Result<Option> Best(const Space& space, const SearchOptions& options) const;
  Result<> FindLayoutOfA(const SearchOptions& options);

  const Wish& common_;
  Serving a_;
  Serving b_;
  double interactivity_tps_;
  double ttft_limit_s_;
  perf::KernelBook* book_;
  std::vector<ServingLayer> differing_;
  // What A runs, once it is known.
  std::optional<perf::Layout> serve_;
  std::optional<perf::Layout> prefill_;
  std::int64_t serve_workers_ = 1;
  std::int64_t prefill_workers_ = 0;
  std::string last_plan_;
};

}  // namespace roofscape::codesign
