// Measured rows, each simulated as it was run in place of being predicted by the mean field.
//
// Thread safety: one thread at a time for one `kernels`.

#pragma once

#include <vector>

#include "base/core/result.h"
#include "cli/model_source.h"
#include "domain/catalog/catalog.h"
#include "model/calibrate/model.h"
#include "model/calibrate/validate.h"

namespace roofscape::cli {

/// What the rows' deployments are made of.
struct RowWorld {
  const catalog::Catalog& catalog;
  Kernels& kernels;
  bool corrected = true;  // Else by the fitted formulas alone.
};

/// Plays the row's protocol: all users at once, ten requests each, lengths 0.8 to 1.0 of nominal,
/// means over all requests. Where the row's source has fixed lengths, one request of each user is a
/// burst, and nine are of users who began one after the other; where prompts go first, all ten are
/// of users in step. The interval is as wide as the mean
/// field's. Errors: a processor that measured itself; requests that can never be served.
Result<calibrate::Prediction> SimulateRow(const RowWorld& world, const calibrate::ServingRow& row,
                                          const calibrate::Case& c, const calibrate::Model& model);

/// All cases that `held` marks; those that cannot be simulated go to `bad`.
std::vector<calibrate::Judged> SimulateRows(const RowWorld& world, const CalibrationRows& rows,
                                            const calibrate::Model& model,
                                            const std::vector<char>& held,
                                            std::vector<calibrate::BadRow>& bad);

}  // namespace roofscape::cli
