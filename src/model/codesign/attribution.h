// Where a gain comes from: the shares of factors that change together, so that they multiply to the
// whole gain whatever the order in which one thinks of them (Shapley values of log value).
//
// Thread safety: pure functions.

#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "base/core/result.h"

namespace roofscape::codesign {

/// Bit i: factor i is as in B, else as in A.
using Mix = std::uint32_t;
inline constexpr std::size_t kMostFactors = 16;

struct Factor {
  double share =
      1.0;  // All shares multiply to the gain. Exactly 1 where it never changes anything.
  double least = 1.0;  // What it brings over all orders in which the factors could have come:
  double most = 1.0;   // at least, at most.
};

struct Attribution {
  double gain = 1.0;  // Value of B over value of A.
  std::vector<Factor> factors;
  /// By how much two bring more together than one by one, logarithm: [i * factors + j], all others
  /// as in A.
  std::vector<double> together;
};

/// Asks `value` once for each of the 2^factors mixes, in the order of their numbers. Errors: those
/// of `value`; more than kMostFactors factors; a value that is not above 0.
Result<Attribution> Attribute(std::size_t factors,
                              const std::function<Result<double>(Mix mix)>& value);

}  // namespace roofscape::codesign
