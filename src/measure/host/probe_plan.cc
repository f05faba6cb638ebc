#include "measure/host/probe_plan.h"

#include <algorithm>

namespace roofscape::host {
namespace {

constexpr std::int64_t kMB = 1'000'000;
constexpr std::int64_t kSmallestMemorySet = 128 * kMB;
constexpr std::int64_t kLargestMemorySet = 4'000 * kMB;
constexpr std::int64_t kTimesLastCache = 4;
constexpr std::int64_t kReadGrain = 64 * 1024;  // Sets are multiples, so that threads share evenly.

/// What certainly does not fit in the caches, and what certainly fits in the last of them.
struct Sets {
  std::int64_t memory = 0;
  std::int64_t cache = 0;  // 0: not known.
};

Sets ChooseSets(const std::vector<CpuCache>& caches, std::int64_t memory_bytes) {
  Sets sets;
  sets.memory = kSmallestMemorySet;
  if (!caches.empty()) {
    const CpuCache& last = caches.back();
    sets.memory = std::max(sets.memory, kTimesLastCache * last.bytes * last.instances);
    sets.cache = last.bytes / 2;
  }
  sets.memory = std::min({sets.memory, kLargestMemorySet, std::max(kMB, memory_bytes / 8)});
  return sets;
}

std::int64_t RoundedUp(std::int64_t bytes) {
  return (bytes + kReadGrain - 1) / kReadGrain * kReadGrain;
}

/// Copies of the matrix that fill `set`, at least one.
std::int64_t CopiesIn(std::int64_t set, std::int64_t matrix_bytes, bool beyond) {
  return std::max<std::int64_t>(1, beyond ? (set + matrix_bytes - 1) / matrix_bytes
                                          : (set + matrix_bytes / 2) / matrix_bytes);
}

}  // namespace

std::int64_t CpuPlan::readings(bool blas) const {
  std::int64_t count = std::ssize(reads) + std::ssize(threads);  // One launch each.
  for (const ProductGroup& group : products) {
    const std::int64_t times = blas && group.type == WeightType::kF32 ? 2 : 1;
    count += times * std::ssize(group.m) * std::ssize(threads);
  }
  return count;
}

CpuPlan PlanCpu(std::int64_t processors, const std::vector<CpuCache>& caches,
                std::int64_t memory_bytes, bool quick) {
  // Down from the hidden size of a small network to its feed-forward part, and back.
  constexpr std::int64_t kShapes[][2] = {{4096, 1024}, {1024, 4096}};
  const std::vector<std::int64_t> few =
      quick ? std::vector<std::int64_t>{1} : std::vector<std::int64_t>{1, 2, 4, 8, 16};
  const std::vector<std::int64_t> all =
      quick ? std::vector<std::int64_t>{1, 4, 16, 64}
            : std::vector<std::int64_t>{1, 2, 4, 8, 16, 32, 64, 128, 512};
  const Sets sets = ChooseSets(caches, memory_bytes);
  CpuPlan plan;
  plan.threads = {1};
  if (processors > 1) plan.threads.push_back(processors);
  for (const std::int64_t set : {sets.memory, sets.cache}) {
    if (set <= 0) continue;
    for (const std::int64_t threads : plan.threads) plan.reads.push_back({threads, RoundedUp(set)});
  }
  for (const auto& [n, k] : kShapes) {
    if (quick && n != kShapes[0][0]) break;
    for (const WeightType type : kWeightTypes) {
      if (quick && type == WeightType::kBf16) continue;  // As fast as f16, or nearly.
      const std::int64_t bytes = WeightBytes(type, n * k);
      plan.products.push_back({type, n, k, CopiesIn(sets.memory, bytes, true), all});
      const std::int64_t copies = CopiesIn(sets.cache, bytes, false);
      // Many tokens use a weight often enough that it is of no matter where it came from.
      if (sets.cache > 0 && copies * bytes <= sets.cache * 5 / 4) {
        plan.products.push_back({type, n, k, copies, few});
      }
    }
  }
  return plan;
}

}  // namespace roofscape::host
