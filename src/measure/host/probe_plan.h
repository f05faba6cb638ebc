// What `roofscape probe` measures of a processor, from what is known of it: pure.
//
// Thread safety: pure functions.

#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "measure/host/cpu_caches.h"
#include "measure/host/matrix_weights.h"

namespace roofscape::host {

struct ReadPoint {
  std::int64_t threads = 0;
  std::int64_t set_bytes = 0;
};

/// Products of one matrix with m tokens, for each number of threads.
struct ProductGroup {
  WeightType type = WeightType::kF32;
  std::int64_t n = 0, k = 0;
  std::int64_t copies = 0;  // Of the matrix, used in turn.
  std::vector<std::int64_t> m;

  std::int64_t set_bytes() const { return copies * WeightBytes(type, n * k); }
};

struct CpuPlan {
  std::vector<std::int64_t> threads;  // 1, and all of them.
  std::vector<ReadPoint> reads;
  std::vector<ProductGroup> products;

  /// All readings, a second time over the groups of f32 where `blas`.
  std::int64_t readings(bool blas) const;
};

/// `memory_bytes`: what the machine has; no more than an eighth of it is used.
CpuPlan PlanCpu(std::int64_t processors, const std::vector<CpuCache>& caches,
                std::int64_t memory_bytes, bool quick);

}  // namespace roofscape::host
