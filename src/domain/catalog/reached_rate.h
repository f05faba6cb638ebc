// What a chip reaches between its measured points: the time of a matrix product, the speed of
// reading.
//
// Thread safety: pure functions.

#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/core/units.h"
#include "domain/catalog/chip.h"

namespace roofscape::catalog {

/// y[m][n] = x[m][k] * weights[n][k]^T, one of a sequence of products over `set_mb` of weights.
struct MatrixWork {
  std::string_view type;  // Number format of the weights.
  std::int64_t threads = 1;
  double m = 0;  // A mean of several steps need not be whole.
  std::int64_t n = 0, k = 0;
  double set_mb =
      0.0;  // All weights that are read before these are read again: of a layer, a model.
  std::string_view library = {};  // Rows of a library whose name begins so count alone, if any do.
};

/// The time of that product, from the chip's `matrix` rows of the type and the threads; nothing
/// where it has none. At each m the row counts whose set and shape are nearest (by the ratios of
/// set_mb, n and k multiplied), of equals the fastest library. Between two measured m the time
/// grows linearly, as it does where weights are read once for all tokens and each token then costs
/// the same; below the smallest m it is that of the smallest, beyond the largest the rate stays.
/// Time is in proportion to n k.
std::optional<Seconds> MatrixTime(const Chip& chip, const MatrixWork& work);

/// Attention of one query over `keys` keys, or of a prompt of `keys` tokens.
struct AttentionWork {
  std::int64_t threads = 1;
  bool prompt = false;
  double keys = 0.0;
  std::int64_t heads = 0, head_dim = 0;
};

/// The time of that, from the chip's `attention` rows of the threads and of the same kind; nothing
/// where it has none. Over the keys the time of a query is linear between rows, and beyond them the
/// rate stays; it is in proportion to heads x head_dim.
std::optional<Seconds> AttentionTime(const Chip& chip, const AttentionWork& work);

/// Bytes a second, in GB/s, of reading `set_mb` again and again with so many threads: the row whose
/// set is nearest by the ratio. Nothing where no row has that number of threads.
std::optional<double> ReadGbPerSecond(const Chip& chip, std::int64_t threads, double set_mb);

}  // namespace roofscape::catalog
