#include "model/sim/test_clusters.h"

#include <gtest/gtest.h>

#include "domain/catalog/model.h"

namespace roofscape::sim {

Cluster TestCluster(const LinearStep& step) {
  Cluster cluster;
  cluster.serve.step = std::make_shared<LinearStep>(step);
  return cluster;
}

perf::Service TestService(bool routed, double chips, double dp) {
  catalog::Model model;
  model.layers = 32;
  model.hidden = 4096;
  model.vocab = 128000;
  catalog::MixerLayers mixer;
  mixer.layers = 32;
  mixer.q_heads = 32;
  mixer.kv_heads = 8;
  mixer.head_dim = 128;
  catalog::FfnLayers ffn;
  ffn.layers = 32;
  ffn.width = 14336;
  if (routed) {
    mixer.mixer = catalog::Mixer::kMla;
    mixer.q_lora = 1536;
    mixer.kv_lora = 512;
    mixer.qk_nope = 128;
    mixer.qk_rope = 64;
    mixer.v_head_dim = 128;
    ffn.routed = true;
    ffn.width = 2048;
    ffn.experts = 64;
    ffn.top_k = 8;
  }
  model.mixers = {mixer};
  model.ffns = {ffn};
  perf::Service service;
  service.machine.flops = {1e15, 2e15, 4e15};
  service.machine.bandwidth = 4e12;
  service.machine.memory = 100e9;
  service.machine.link_bandwidth = 400e9;
  service.machine.domain_chips = 8.0;
  const auto worker = perf::Lower(model, {.chips = chips, .dp = dp}, perf::Formats{});
  EXPECT_TRUE(worker);
  service.serve = {*worker, 1.0};
  return service;
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
