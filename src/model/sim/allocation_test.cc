// The promise of steady state: however many requests pass, no memory is taken for them.

#include <gtest/gtest.h>

#include <cstdint>

#include "base/core/testing/count_allocations.h"
#include "model/sim/test_clusters.h"

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
  const std::uint64_t before = roofscape::testing::Allocations();
  RunWorkload(cluster, source, nobody, options);
  return roofscape::testing::Allocations() - before;
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
