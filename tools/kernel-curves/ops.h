// From a table's rows to the samples of curves: which table holds which operation, what its columns
// mean, and which knots its curves have.

#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "fit.h"
#include "model/perf/kernel_curve.h"
#include "table.h"

namespace roofscape::kernel_curves {

/// The samples of one chip. The same call measured with several kernels counts once, with the
/// fastest: the engines choose theirs by trial or by tables that were made so.
class Samples {
 public:
  void Add(const perf::KernelKey& key, Sample sample, std::uint64_t identity);

  struct Rejected {
    std::uint64_t rows = 0;
    std::uint64_t no_time = 0;     // Missing, zero or not a number.
    std::uint64_t impossible = 0;  // Faster than 1.05 x the roof.
  };
  Rejected& rejected() { return rejected_; }
  const std::map<perf::KernelKey, std::vector<Sample>>& by_key() const { return by_key_; }

 private:
  std::map<perf::KernelKey, std::vector<Sample>> by_key_;
  std::map<perf::KernelKey, std::unordered_map<std::uint64_t, std::size_t>> seen_;
  Rejected rejected_;
};

/// What takes the rows of this table, or none if its operation is not kept. `table` is the name
/// without engine and version: "gemm_perf". REQUIRES: roofs and samples outlive it.
RowReader MakeRowReader(std::string_view table, perf::KernelEngine engine, const Columns& columns,
                        const perf::Roofs& roofs, Samples& samples);

/// The knots of an operation's curves, log2, an axis an entry.
std::vector<std::vector<float>> KnotsOf(const perf::KernelKey& key);

}  // namespace roofscape::kernel_curves
