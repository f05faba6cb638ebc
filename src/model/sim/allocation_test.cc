// The promise of steady state: however many requests pass, no memory is taken for them.

#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <new>

#include "base/core/check.h"
#include "model/sim/test_clusters.h"

namespace {
thread_local std::uint64_t t_allocations = 0;
}  // namespace

// Counts for this whole test program; other tests do not look. Inlined, malloc and free would look
// to the compiler like a mismatch with new and delete.
[[gnu::noinline]] void* operator new(std::size_t size) {
  ++t_allocations;
  void* const memory = std::malloc(size == 0 ? 1 : size);
  RS_CHECK(memory != nullptr);
  return memory;
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t /*size*/) noexcept {
  std::free(memory);
}

namespace roofscape::sim {
namespace {

class Nobody final : public Observer {
 public:
  void OnTokens(std::int64_t, std::span<const TokenEvent>) override {}
  void OnCompletion(const Completion&) override {}
};

std::uint64_t AllocationsOf(std::int64_t requests, Detail detail, bool drafts) {
  LinearStep step;
  step.sequence_s = 1e-4;
  Cluster cluster = TestCluster(step);
  cluster.serve.workers = 2;
  cluster.serve.blocks = 900;  // Now and then one is dropped.
  if (drafts) cluster.acceptance = {0.7, 0.5};
  spec::Workload workload;
  workload.input = {200, 0.5};
  workload.output = {100, 0.5};
  ClosedLoop source(workload, 64, requests, 3);
  Nobody nobody;
  RunOptions options;
  options.detail = detail;
  const std::uint64_t before = t_allocations;
  RunWorkload(cluster, source, nobody, options);
  return t_allocations - before;
}

TEST(AllocationTest, NoneForFurtherRequests) {
  for (const Detail detail : {Detail::kRequests, Detail::kTokens, Detail::kLive}) {
    for (const bool drafts : {false, true}) {
      const std::uint64_t few = AllocationsOf(4'000, detail, drafts);
      const std::uint64_t many = AllocationsOf(20'000, detail, drafts);
      // A list may reach its largest size late.
      EXPECT_LE(many, few + 20) << static_cast<int>(detail) << drafts;
    }
  }
}

}  // namespace
}  // namespace roofscape::sim
