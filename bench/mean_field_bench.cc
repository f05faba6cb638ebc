// Configurations a second of the performance model on one core: the mean field of every kind of
// attention that the test models have, aggregated, many loads. The reference is the fastest
// published estimate of a whole configuration: 13.6 a second (AIConfigurator 0.11, measured for
// docs/concepts/performance-model.md on another machine), so only the rate is printed here.
//
// An open loop asks the mean field once for each state of its chain (some twenty), then goes
// through the chain for each rate: how many closed loops one costs is the ratio of the first two
// lines; the third is a further rate of a deployment whose states are known. On one core of a busy
// 2-core virtual machine: 0.9 us a closed loop, 22 us an open one, 1.3 us a further rate.

#include <benchmark/benchmark.h>

#include <vector>

#include "model/perf/mean_field.h"
#include "model/perf/open_loop.h"

namespace roofscape::perf {
namespace {

Machine TestMachine() {
  Machine m;
  m.flops = {1e15, 2e15, 4e15};
  m.bandwidth = 4e12;
  m.memory = 140e9;
  m.link_bandwidth = 450e9;
  m.domain_chips = 8.0;
  return m;
}

catalog::Model ModelOf(catalog::Mixer mixer, bool routed) {
  catalog::Model model;
  model.hidden = 4096;
  model.vocab = 128000;
  catalog::MixerLayers layers;
  layers.mixer = mixer;
  layers.layers = 48;
  layers.q_heads = 64;
  layers.kv_heads = 8;
  layers.head_dim = 128;
  layers.q_lora = 1536;
  layers.kv_lora = 512;
  layers.qk_nope = 128;
  layers.qk_rope = 64;
  layers.v_head_dim = 128;
  layers.state = 128;
  layers.groups = 8;
  layers.conv = 4;
  layers.compress = 4;
  model.mixers = {layers};
  catalog::FfnLayers ffn;
  ffn.layers = 48;
  ffn.width = routed ? 1536 : 14336;
  ffn.routed = routed;
  ffn.experts = routed ? 128 : 0;
  ffn.top_k = routed ? 8 : 0;
  model.ffns = {ffn};
  return model;
}

std::vector<Service> Services() {
  std::vector<Service> services;
  for (const auto mixer :
       {catalog::Mixer::kGqa, catalog::Mixer::kMla, catalog::Mixer::kCompressed,
        catalog::Mixer::kGatedDeltaNet, catalog::Mixer::kKimiDelta, catalog::Mixer::kMamba2}) {
    for (const bool routed : {false, true}) {
      auto worker = Lower(ModelOf(mixer, routed), Layout{.chips = 8}, Formats{});
      if (!worker) continue;
      Service s;
      s.machine = TestMachine();
      s.serve = {*worker, 1.0};
      services.push_back(s);
    }
  }
  return services;
}

void MeanFieldOfAll(benchmark::State& state) {
  const std::vector<Service> services = Services();
  const auto c = CoefficientsFor(std::vector<double>(kFitted, 0.0), Setting{});
  double sum = 0.0;
  std::int64_t configurations = 0;
  for (auto _ : state) {
    for (const Service& s : services) {
      for (double concurrency = 1.0; concurrency <= 512.0; concurrency *= 2.0) {
        sum += MeanField(s, c, Load{concurrency, 1024.0, 1024.0}).tpot;
        ++configurations;
      }
    }
  }
  benchmark::DoNotOptimize(sum);
  state.SetItemsProcessed(configurations);
}
BENCHMARK(MeanFieldOfAll);

constexpr double kMostSequences = 1024.0;

void OpenLoopOfAll(benchmark::State& state) {
  const std::vector<Service> services = Services();
  const auto c = CoefficientsFor(std::vector<double>(kFitted, 0.0), Setting{});
  const Load load = {1.0, 1024.0, 1024.0};
  double sum = 0.0;
  std::int64_t configurations = 0;
  for (auto _ : state) {
    for (const Service& s : services) {
      const OpenService open = MakeOpenService(s, c, load, 0.1, kMostSequences);
      sum += OpenLoopAt(open, 0.7 * CapacityRps(open), load.output)->ttft_s;
      ++configurations;
    }
  }
  benchmark::DoNotOptimize(sum);
  state.SetItemsProcessed(configurations);
}
BENCHMARK(OpenLoopOfAll);

void FurtherRates(benchmark::State& state) {
  const auto c = CoefficientsFor(std::vector<double>(kFitted, 0.0), Setting{});
  const Load load = {1.0, 1024.0, 1024.0};
  const OpenService open = MakeOpenService(Services()[0], c, load, 0.1, kMostSequences);
  double sum = 0.0;
  std::int64_t rates = 0;
  for (auto _ : state) {
    for (double share = 0.1; share < 1.0; share += 0.1) {
      sum += OpenLoopAt(open, share * CapacityRps(open), load.output)->ttft_s;
      ++rates;
    }
  }
  benchmark::DoNotOptimize(sum);
  state.SetItemsProcessed(rates);
}
BENCHMARK(FurtherRates);

}  // namespace
}  // namespace roofscape::perf

BENCHMARK_MAIN();
