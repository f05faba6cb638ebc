// Where a command's performance model and its rows come from: files that flags name, or the
// program.
//
// Thread safety: no shared state.

#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/core/result.h"
#include "domain/catalog/catalog.h"
#include "model/calibrate/model.h"
#include "model/calibrate/rows.h"
#include "model/perf/kernel_times.h"

namespace roofscape::cli {

/// The model of the file, or the one that the program carries where `path` is empty.
Result<calibrate::Model> LoadModel(const std::string& path);

/// The kernel times that the program carries. Cases made with `book` keep what they need of it.
struct Kernels {
  Kernels(perf::KernelCurves parsed, perf::Routing routing)
      : curves(std::move(parsed)), book(curves, routing) {}
  Kernels(const Kernels&) = delete;
  Kernels& operator=(const Kernels&) = delete;

  const perf::KernelCurves curves;
  perf::KernelBook book;
};

Result<std::unique_ptr<Kernels>> LoadKernels(perf::Routing routing = perf::Routing::kPowerLaw101);

/// Rows of a CSV file, and those that the model can predict.
struct CalibrationRows {
  calibrate::ServingRows rows;
  std::vector<calibrate::Case> cases;  // Case::row is a place in rows.rows.
  std::vector<calibrate::BadRow> bad;  // Of the file: all that no case was made of.
};

/// What is left out of the cases, to see what it carries.
struct CaseOptions {
  bool kernel_curves = true;  // Else rooflines alone.
  bool cache_limit = true;    // Else every request is admitted at once.
  perf::Without without;
};

/// By the names of `--without`: "curves", "cache-limit", "imbalance", "host-cost", "reached-peaks";
/// others are of another kind (calibrate::Ablation) and change nothing here.
CaseOptions CasesWithout(const std::vector<std::string>& parts);

Result<CalibrationRows> LoadCalibrationRows(const std::string& path,
                                            const catalog::Catalog& catalog,
                                            const CaseOptions& options = {});

}  // namespace roofscape::cli
