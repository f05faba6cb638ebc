// By how many per cent what a deployment gives changes where one of its inputs is one per cent
// larger: d log(value) / d log(input), the layout and the load chosen anew on both sides. The
// interval is over what is not known of kernels, launches and host: coefficients drawn as widely as
// they are before any row is seen, since nobody has measured what is asked about here.
//
// Thread safety: pure functions; searches start threads.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/core/result.h"
#include "model/codesign/layout_choice.h"

namespace roofscape::codesign {

struct Elasticity {
  std::string input;                    // "compute", "memory_bandwidth", ...
  std::optional<double> value;          // Missing: the speed is not reached on one side.
  std::optional<double> low80, high80;  // Of the draws that reach it; missing: fewer than half do.
};

struct ElasticAsk {
  /// One chip, one engine, one precision, one budget; the chip's weight is its price.
  Wish wish;
  double speed_tps = 0.0;
  double ttft_limit_s = 0.0;
  int draws = 12;
  std::uint64_t seed = 1;
};

/// By size, the largest first. `book`: null for rooflines. Errors: BuildSpace's; a speed that is
/// not reached.
Result<std::vector<Elasticity>> Elasticities(const ElasticAsk& ask, const SearchOptions& options,
                                             perf::KernelBook* book);

/// Coefficients as far off as they may be before rows are seen, the memory's share apart.
perf::Coefficients<double> DrawCoefficients(const perf::Coefficients<double>& c, std::uint64_t seed,
                                            std::uint64_t draw);

}  // namespace roofscape::codesign
