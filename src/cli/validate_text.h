// Errors of the performance model as tables and JSON.
//
// Thread safety: pure functions.

#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/core/json.h"
#include "cli/table.h"
#include "model/calibrate/validate.h"

namespace roofscape::cli {

/// What one validation found.
struct ValidationReport {
  std::string how;              // "predicted by the model as it is", "held out: curves"
  std::size_t fitted_rows = 0;  // Of those judged, rows on curves that the model was fitted to.
  std::vector<calibrate::GroupErrors> groups;
  calibrate::RepeatOracle oracle;
  std::vector<calibrate::Regret> regrets;
  std::vector<calibrate::BadRow> bad;
};

std::string ValidationTable(const ValidationReport& report, const Style& style);
Json ValidationJson(const ValidationReport& report);

/// " 3 rows cannot be predicted: reason (2), other reason (1)." or "".
std::string BadRowsText(std::span<const calibrate::BadRow> bad);

/// Coefficients with their prior and their value under each engine and generation.
std::string CoefficientTableText(const calibrate::Model& model, const Style& style);

/// The file's rows again with pred_* columns; `judged` are in the order of their rows.
std::string PerRowCsv(const calibrate::ServingRows& rows, std::span<const calibrate::Judged> judged,
                      std::span<const calibrate::BadRow> bad);

}  // namespace roofscape::cli
