// Configurations a second of the joint search over chip, links, model shape and layout, on one
// thread and on two; and how long ten million take. Chips and models are made by hand.

#include <benchmark/benchmark.h>

#include <cstdint>
#include <limits>
#include <vector>

#include "model/codesign/joint.h"
#include "routed_model.h"
#include "service/study/threads.h"

namespace roofscape::codesign {
namespace {

ChipSpace Chips() {
  ChipSpace chips;
  chips.base.flops = {1e15, 2e15, 4e15};
  chips.low = {0.5, 2.0, 64.0, 200.0};
  chips.high = {5.0, 20.0, 512.0, 1800.0};
  chips.usd_per_hour = {0.5, {0.25, 0.06, 0.001, 0.0001}};
  chips.kw = {0.5, {0.25, 0.05, 0.0003, 0.0002}};
  chips.most = 64;
  for (const double domain : {8.0, 72.0}) {
    perf::Machine links;
    links.link_bandwidth = 900e9;
    links.domain_chips = domain;
    links.rail_bandwidth = 50e9;
    chips.fabrics.push_back({"switch", links});
  }
  return chips;
}

void Search(benchmark::State& state) {
  const std::vector<catalog::Model> models = {RoutedModel(40, 64), RoutedModel(60, 128),
                                              RoutedModel(80, 256)};
  const ChipSpace chips = Chips();
  Wish common;
  common.engines = {{perf::kVllm, {}, {}}};
  common.concurrencies = DefaultConcurrencies(4096.0);
  common.coefficients = [](const perf::Setting& setting) {
    return perf::CoefficientsFor(std::vector<double>(perf::kFitted, 0.0), setting);
  };
  JointAsk ask;
  ask.chips = &chips;
  for (const catalog::Model& model : models) ask.shapes.push_back(&model);
  ask.precision = "fp8";
  ask.common = &common;
  ask.ttft_limit_s = std::numeric_limits<double>::infinity();
  ask.evaluations = static_cast<std::uint64_t>(state.range(1));
  const auto threads = static_cast<unsigned>(state.range(0));
  const SearchOptions options{true, threads, study::OnThreads(threads)};
  std::uint64_t evaluated = 0;
  std::size_t front = 0;
  for (auto _ : state) {
    const auto found = SearchJointly(ask, options);
    if (!found) return state.SkipWithError("no chip fits");
    evaluated += found->evaluated;
    front = found->front.size();
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(evaluated));
  state.counters["front"] = static_cast<double>(front);
}
BENCHMARK(Search)
    ->Args({1, 1'000'000})
    ->Args({2, 1'000'000})
    ->Args({2, 10'000'000})
    ->UseRealTime()
    ->Iterations(1)
    ->Unit(benchmark::kSecond);

}  // namespace
}  // namespace roofscape::codesign

BENCHMARK_MAIN();
