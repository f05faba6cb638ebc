// Configurations a second of the search over layouts: all of a space computed, on one thread and on
// two, and the same space as `explore` searches it, where what a bound excludes is not computed.
// The model and the chips are made by hand; kernel times are the program's.

#include <benchmark/benchmark.h>

#include <cstdint>
#include <vector>

#include "model/perf/kernel_curves.h"
#include "routed_model.h"
#include "service/study/threads.h"

namespace roofscape::codesign {
namespace {

/// 32 chips of a kind with measured kernels, three engines, aggregated or in two pools.
const Space& BenchSpace() {
  static const catalog::Model model = RoutedModel(60, 128);
  static const Space space = [] {
    const auto curves = perf::KernelCurves::Parse(perf::EmbeddedKernelCurves());
    perf::KernelBook book(*curves);
    Wish wish;
    wish.model = &model;
    perf::Machine machine;
    machine.chip = "h200-sxm";
    machine.flops = {989e12, 1979e12, 989e12};
    machine.bandwidth = 4.8e12;
    machine.memory = 141e9;
    machine.link_bandwidth = 450e9;
    machine.domain_chips = 8.0;
    machine.rail_bandwidth = 50e9;
    wish.chips = {{machine, "NVIDIA", 32, 1.0}};
    wish.engines = {{perf::kVllm, {}, {}}, {perf::kSglang, {}, {}}, {perf::kTensorRtLlm, {}, {}}};
    wish.concurrencies = DefaultConcurrencies(1024.0);
    wish.coefficients = [](const perf::Setting& setting) {
      return perf::CoefficientsFor(std::vector<double>(perf::kFitted, 0.0), setting);
    };
    return *BuildSpace(wish, &book);
  }();
  return space;
}

Goal BenchGoal() {
  Goal goal;
  for (const double speed : {10.0, 15.0, 20.0, 30.0, 50.0, 75.0, 100.0}) {
    goal.levels.push_back({speed, 24});
  }
  return goal;
}

void Report(benchmark::State& state, std::uint64_t evaluated, std::uint64_t considered) {
  state.SetItemsProcessed(static_cast<std::int64_t>(evaluated));
  state.counters["considered_per_second"] =
      benchmark::Counter(static_cast<double>(considered), benchmark::Counter::kIsRate);
}

void ComputeAll(benchmark::State& state) {
  Space space = BenchSpace();
  space.disaggregated = false;
  const auto threads = static_cast<unsigned>(state.range(0));
  const SearchOptions options{false, threads, study::OnThreads(threads)};
  std::uint64_t evaluated = 0;
  for (auto _ : state) evaluated += Search(space, BenchGoal(), options).evaluated;
  Report(state, evaluated, evaluated);
}
BENCHMARK(ComputeAll)->Arg(1)->Arg(2)->UseRealTime()->Unit(benchmark::kMillisecond);

void SearchPairs(benchmark::State& state) {
  const auto threads = static_cast<unsigned>(state.range(0));
  const SearchOptions options{true, threads, study::OnThreads(threads)};
  std::uint64_t evaluated = 0;
  std::uint64_t considered = 0;
  for (auto _ : state) {
    const Found found = Search(BenchSpace(), BenchGoal(), options);
    evaluated += found.evaluated;
    considered += found.configurations;
  }
  Report(state, evaluated, considered);
}
BENCHMARK(SearchPairs)->Arg(1)->Arg(2)->UseRealTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace roofscape::codesign

BENCHMARK_MAIN();
