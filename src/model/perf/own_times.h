// Kernel times of a worker on a processor that measured its own kernels: the chip file of
// `roofscape probe`. Every product of a pass is looked up by its shape among the chip's `matrix`
// rows, attention among its `attention` rows, so that what an engine's kernels do at one token, at
// two and at a hundred enters as it was measured.
//
// And what such a machine costs beside kernels. No measured serving rows stand behind these
// coefficients: they are judged priors, with the spreads that a calibration at one measured point
// (model/calibrate/anchor.h) may move them by.
//
// Thread safety: pure functions.

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/core/result.h"
#include "domain/catalog/chip.h"
#include "domain/catalog/model.h"
#include "model/perf/kernel_times.h"
#include "model/perf/slot_runs.h"
#include "model/perf/step.h"

namespace roofscape::perf {

/// How a processor is used.
struct OwnKernels {
  std::string format;        // Of the weights, as the chip's rows name it: "q4_0".
  std::int64_t threads = 0;  // 0: the most that were measured.
  std::string library;       // Whose kernels count where they were measured: "ggml"; may be empty.
  SlotLoad slots = {0, 1, 20, 0.8,
                    64};  // Of an engine whose slots keep caches apart; 0 slots: not so.
};

/// The library that an engine computes with; empty where it is not known.
std::string_view LibraryOf(std::string_view engine);

/// Did this chip measure its own products in that format, as a processor does? `format`: of the
/// catalog or a flag, in any writing ("Q4_0").
bool MeasuredItself(const catalog::Chip& chip, std::string_view format);

/// With slots, the line of products is that of whole decode steps up to the users that are served,
/// as they fall apart into passes, and of single passes beyond: prompts.
/// Errors: a number of threads that was not measured (the message lists those that were), a format
/// without rows, a model with layers other than grouped attention and dense feed-forward parts.
/// REQUIRES: MeasuredItself().
Result<std::shared_ptr<const KernelTimes>> OwnTimes(const catalog::Chip& chip,
                                                    const catalog::Model& model,
                                                    const OwnKernels& kernels);

/// The coefficients of an engine on a processor, all SI units.
Coefficients<double> OwnCoefficients(const catalog::Chip& chip, const OwnKernels& kernels);

}  // namespace roofscape::perf
