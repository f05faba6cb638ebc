// The performance model as the dashboard asks it: one deployment over loads, and the predicted
// curve beside a measured one.
//
// Ownership: model, kernels and catalog must outlive it. Thread safety: const use from many threads
// (making a case takes turns).

#pragma once

#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/core/json.h"
#include "base/core/result.h"
#include "domain/analysis/cost.h"
#include "domain/catalog/catalog.h"
#include "domain/spec/row.h"
#include "model/calibrate/model.h"
#include "model/calibrate/open_loop.h"
#include "model/calibrate/prediction_json.h"
#include "model/calibrate/wish.h"

namespace roofscape::api {

class Predictor {
 public:
  Predictor(const catalog::Catalog& catalog, const calibrate::Model& model,
            perf::KernelBook& kernels)
      : catalog_(catalog), model_(model), kernels_(kernels) {}
  Predictor(const Predictor&) = delete;
  Predictor& operator=(const Predictor&) = delete;

  struct Points {
    std::vector<calibrate::PredictedPoint> points;
    double chips = 1.0;  // Of the deployment.
  };

  /// kInvalidArgument or kNotFound for a deployment that cannot be.
  Result<Points> Predict(const calibrate::Wish& wish, double input, double output,
                         std::span<const double> loads) const;

  struct Rates {
    std::vector<std::optional<calibrate::OpenPrediction>> rates;  // Missing: saturated.
    calibrate::Figure capacity_rps;
    double chips = 1.0;
  };

  /// The same where requests come at a rate, Poisson, whatever is in flight. `max_sequences`: that
  /// a copy of attention takes at once; missing: as many as the engine does when told nothing.
  Result<Rates> PredictRates(const calibrate::Wish& wish, double input, double output,
                             std::span<const double> rates_rps,
                             std::optional<double> max_sequences) const;

  /// The `predicted` of a series (schema Overlay): the deployment of `row` at those loads, on axes
  /// that the model knows; null where it knows no such deployment or axis.
  Json OverlayJson(const spec::Row& row, std::span<const double> loads, const std::string& x,
                   const std::string& y, const analysis::Pricing& pricing) const;

  std::size_t fitted_rows() const { return model_.rows(); }

 private:
  /// The row without its load, and the catalog with the fabric that is wished for, where one is.
  Result<calibrate::ServingRow> RowOf(const calibrate::Wish& wish, double input, double output,
                                      std::optional<catalog::Catalog>& changed) const;
  Result<calibrate::Case> MakeCase(const catalog::Catalog& catalog,
                                   const calibrate::ServingRow& row) const;
  Result<Points> PredictRow(const catalog::Catalog& catalog, calibrate::ServingRow row,
                            std::span<const double> loads, bool must_fit) const;

  const catalog::Catalog& catalog_;
  const calibrate::Model& model_;
  perf::KernelBook& kernels_;
  mutable std::mutex mutex_;  // Of kernels_.
};

/// 1 / figure, with the ends of the interval changed over.
calibrate::Figure Inverse(const calibrate::Figure& figure);
/// factor x figure. REQUIRES: factor > 0.
calibrate::Figure Times(const calibrate::Figure& figure, double factor);

}  // namespace roofscape::api
