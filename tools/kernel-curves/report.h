// What a run of the tool made, as Markdown: rows kept and refused, and the errors of the curves.

#pragma once

#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "model/perf/kernel_curve.h"
#include "ops.h"

namespace roofscape::kernel_curves {

class Report {
 public:
  void AddCurve(std::string_view chip, const perf::KernelCurve& curve);
  /// One that misses its own rows by too much to be kept.
  void AddDropped(std::string_view chip, const perf::KernelCurve& curve);
  void AddRejected(std::string_view chip, const Samples::Rejected& rejected);

  /// The tables. `file_bytes` is the size of the whole file.
  std::string Text(std::size_t file_bytes) const;

 private:
  struct Line {
    std::size_t curves = 0;
    std::size_t rows = 0;
    std::size_t bytes = 0;
    // Weighted by rows.
    double fit_median = 0;
    double fit_p90 = 0;
    double held_out_median = 0;
    double held_out_p90 = 0;
  };

  std::string Matrix() const;

  using Group = std::tuple<perf::KernelOp, std::string, perf::KernelEngine>;  // Op, chip, engine.
  std::map<Group, Line> lines_;
  std::map<perf::KernelOp, Line> totals_;
  std::vector<std::string> dropped_;
  std::map<std::string, Samples::Rejected> rejected_;
};

}  // namespace roofscape::kernel_curves
