// Where a command's performance model and its rows come from: files that flags name, or the
// program.
//
// Thread safety: no shared state.

#pragma once

#include <string>
#include <vector>

#include "base/core/result.h"
#include "domain/catalog/catalog.h"
#include "model/calibrate/model.h"
#include "model/calibrate/rows.h"

namespace roofscape::cli {

/// The model of the file, or the one that the program carries where `path` is empty.
Result<calibrate::Model> LoadModel(const std::string& path);

/// Rows of a CSV file, and those that the model can predict.
struct CalibrationRows {
  calibrate::ServingRows rows;
  std::vector<calibrate::Case> cases;  // Case::row is a place in rows.rows.
  std::vector<calibrate::BadRow> bad;  // Of the file: all that no case was made of.
};

Result<CalibrationRows> LoadCalibrationRows(const std::string& path,
                                            const catalog::Catalog& catalog);

}  // namespace roofscape::cli
