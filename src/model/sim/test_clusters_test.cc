#include "model/sim/test_clusters.h"

#include <gtest/gtest.h>

#include "domain/catalog/model.h"
#include "model/perf/testing/test_machines.h"

namespace roofscape::sim {

Cluster TestCluster(const LinearStep& step) {
  Cluster cluster;
  cluster.serve.step = std::make_shared<LinearStep>(step);
  return cluster;
}

perf::Service TestService(bool routed, double chips, double dp) {
  const catalog::Model model = routed ? perf::RoutedModel() : perf::DenseModel();
  return perf::ServiceOf(model, {.chips = chips, .dp = dp});
}

TEST(TestClusters, AreValid) {
  EXPECT_TRUE(Validate(TestCluster({})));
  const auto cluster =
      MakeCluster(TestService(true, 8, 2),
                  perf::CoefficientsFor(std::vector<double>(perf::kFitted, 0.0), {}), {});
  ASSERT_TRUE(cluster);
  EXPECT_EQ(cluster->serve.copies, 2.0);
  EXPECT_GT(cluster->serve.blocks, 1000);
}

}  // namespace roofscape::sim
