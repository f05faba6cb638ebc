// What the readers of tables (ops.cc, ops_sparse.cc) share: names of precisions, and the step from
// a row to a sample.

#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "model/perf/kernel_curve.h"
#include "ops.h"
#include "table.h"

namespace roofscape::kernel_curves {

/// FNV-1a of the text and an end mark, going on from `seed`.
std::uint64_t Hash(std::string_view text, std::uint64_t seed = 14695981039346656037u);

/// None: a name that no curve is kept for.
std::optional<perf::KernelPrecision> WeightPrecision(std::string_view name);
perf::KernelPrecision AttentionPrecision(std::string_view compute, std::string_view cache);

/// What every reader needs. `columns` is read while the reader is made, not later.
struct Context {
  perf::KernelEngine engine;
  const Columns& columns;
  const perf::Roofs& roofs;
  Samples& samples;
};

struct Columned {
  explicit Columned(const Context& given);

  /// Adds the row as a sample of the curve, if it can be true.
  void Add(const Row& row, const perf::KernelKey& key, const perf::KernelPoint& point,
           double time_s, std::uint64_t site, float weight = 1) const;

  double Seconds(const Row& row) const { return row.Number(latency) * 1e-3; }
  int operator[](std::string_view name) const { return context.columns[name]; }

  Context context;
  int latency;
  int op_name;
  int kernel_source;
  std::vector<int> identity;  // Columns that say what was asked, not which kernel did it.
};

/// Of the tables of sparse attention blocks; none for any other.
RowReader ReadSparse(std::string_view table, const Context& context);

}  // namespace roofscape::kernel_curves
