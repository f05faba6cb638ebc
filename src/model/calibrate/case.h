// A row as the model sees it: the service that was measured, how it was loaded, and the names and
// sizes by which rows are alike.
//
// Thread safety: pure functions.

#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "base/core/result.h"
#include "domain/catalog/catalog.h"
#include "model/calibrate/rows.h"
#include "model/perf/kernel_times.h"
#include "model/perf/mean_field.h"

namespace roofscape::calibrate {

/// Sizes by which rows are near to one another, as base-2 logarithms.
enum Size : std::size_t {
  kSlotsSize,  // Requests a group of chips that shares attention.
  kInputSize,
  kOutputSize,
  kChipsSize,  // Of a (decoding) worker.
  kExpertRanksSize,
  kCopiesSize,  // Of attention.
  kWorkersSize,
  kPrefillSize,  // Chips of the prefill side; 0 where there is none.
  kSizes,
};

/// Names by which rows are alike or not.
enum Kind : std::size_t {
  kEngineKind,
  kGenerationKind,
  kChipKind,
  kModelKind,
  kShapeKind,  // What the model is made of: dense, experts, MLA, recurrent.
  kPrecisionKind,
  kModeKind,         // Aggregated or not, drafts or not known.
  kSpeculationKind,  // As the row says.
  kProtocolKind,
  kCurveKind,
  kBatchKind,  // Rows that were measured together: source and date.
  kKinds,
};

struct Case {
  std::size_t row = 0;  // In ServingRows::rows.
  perf::Service service;
  perf::Load load;
  perf::Setting setting;
  /// Of a processor that measured its own kernels: no coefficient was fitted to rows (own_chip.h).
  std::optional<perf::Coefficients<double>> own;
  double chips = 1.0;  // Of the deployment.
  std::array<double, kSizes> sizes = {};
  std::array<std::string, kKinds> kinds;
  double trust = 1.0;   // Weight in the fit of coefficients: less where the row hides what ran.
  double ttft_s = 0.0;  // As measured; 0: not.
  double tpot_s = 0.0;
};

/// Errors name what of the row the catalog does not know.
/// `book`: where kernel times come from; null: rooflines only.
Result<Case> MakeCase(const catalog::Catalog& catalog, const ServingRow& row,
                      perf::KernelBook* book = nullptr);

}  // namespace roofscape::calibrate
