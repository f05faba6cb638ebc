// What measured rows say of an explored plan: calibrate's prediction of it, as `predict` makes it.
//
// Thread safety: one thread.

#pragma once

#include <string>

#include "domain/catalog/catalog.h"
#include "model/calibrate/model.h"
#include "model/codesign/refine.h"
#include "model/perf/kernel_times.h"

namespace roofscape::cli {

/// "vllm", "sglang", "trtllm", "other": the engine of a row.
std::string EngineWord(perf::EngineClass engine);

class CalibratedEstimator final : public codesign::Estimator {
 public:
  /// All must outlive it. `model`: an id; lengths are nominal.
  CalibratedEstimator(const catalog::Catalog& catalog, const calibrate::Model& fitted,
                      perf::KernelBook& book, std::string model, double input, double output)
      : catalog_(catalog),
        fitted_(fitted),
        book_(book),
        model_(std::move(model)),
        input_(input),
        output_(output) {}

  Result<codesign::Estimate> Of(const codesign::Space& space, const codesign::Plan& plan,
                                double concurrency) override;

 private:
  const catalog::Catalog& catalog_;
  const calibrate::Model& fitted_;
  perf::KernelBook& book_;
  std::string model_;
  double input_;
  double output_;
};

}  // namespace roofscape::cli
