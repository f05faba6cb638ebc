// What studies are computed with.
//
// Thread safety: one study at a time, for the book of kernel times.

#pragma once

#include <atomic>
#include <functional>

#include "base/core/clock.h"
#include "base/core/result.h"
#include "domain/catalog/catalog.h"
#include "model/calibrate/model.h"
#include "model/codesign/search.h"
#include "model/perf/kernel_times.h"

namespace roofscape::study {

/// All must outlive the study.
struct Means {
  const catalog::Catalog& catalog;
  const calibrate::Model& fitted;
  perf::KernelBook* book = nullptr;  // Null: rooflines alone.
  codesign::SearchOptions search;
  WallTime now;  // Prices of today, where a file names no day.
  /// Told the share that is done, 0 .. 1, now and then; empty: nobody asks.
  std::function<void(double share)> progress = {};

  /// Once it is set the study ends with kCancelled before its next search; null: never.
  const std::atomic<bool>* stop = nullptr;

  void Tell(double share) const {
    if (progress) progress(share);
  }
  Result<> Continue() const {
    if (stop == nullptr || !stop->load()) return {};
    return Error{ErrorCode::kCancelled, "the study was stopped"};
  }
};

}  // namespace roofscape::study
