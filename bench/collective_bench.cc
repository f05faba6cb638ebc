// Nanoseconds of one answer of the performance model about a collective, on one core: a search over
// layouts asks for millions. Wanted on a switch: at most 30 ns. Sizes and ranks change from call to
// call, so that nothing is hoisted out of the loop.
//
//   build/bench/bench/collective_bench [--benchmark_repetitions=5]

#include <benchmark/benchmark.h>

#include <array>
#include <cstddef>

#include "base/core/check.h"
#include "base/core/rng.h"
#include "model/perf/collective.h"
#include "model/perf/wafer.h"

namespace roofscape::perf {
namespace {

struct Case {
  double bytes;
  int ranks;
};

struct Setting {
  Fabric fabric;
  CommParams<double> params;
  std::array<Case, 1024> cases;
};

/// `powers`: groups of 2, 4, 8 ... ranks only, as layouts have them.
Setting Make(catalog::Topology topology, int island, int chips, bool powers) {
  catalog::Fabric up;
  up.topology = topology;
  up.chips = island;
  up.chip_gb_s = 600;
  up.reduces = topology == catalog::Topology::kSwitch;
  if (topology == catalog::Topology::kTorus) up.axes = 3;
  catalog::Fabric out;
  out.chip_gb_s = 50;
  const Result<Fabric> fabric = MakeFabric(up, &out, chips);
  RS_CHECK(fabric);
  Setting setting{*fabric, DefaultParams(up, &out).params, {}};
  Rng rng(1);
  for (Case& one : setting.cases) {
    one.bytes = 1e3 * static_cast<double>(1 + rng.Below(100000));
    one.ranks = 2 + static_cast<int>(rng.Below(static_cast<std::uint64_t>(chips - 1)));
    if (powers) {
      one.ranks = 2;
      while (2 * one.ranks <= chips && rng.Below(4) > 0) one.ranks *= 2;
    }
  }
  return setting;
}

template <class Ask>
void Run(benchmark::State& state, const Setting& setting, Ask ask) {
  std::size_t i = 0;
  double sum = 0;
  for (auto _ : state) {
    sum += ask(setting, setting.cases[i++ % setting.cases.size()]);
  }
  benchmark::DoNotOptimize(sum);
}

double Reduce(const Setting& s, const Case& c) {
  return AllReduceSeconds(s.fabric, s.params, c.bytes, c.ranks);
}
double Gather(const Setting& s, const Case& c) {
  return AllGatherSeconds(s.fabric, s.params, c.bytes, c.ranks);
}
double Dispatch(const Setting& s, const Case& c) {
  const TokenTraffic traffic = {c.bytes / 7168, 7168, 1, 8, Copies::kPerRank};
  return DispatchSeconds(s.fabric, s.params, traffic, c.ranks);
}

void SwitchAllReduce(benchmark::State& state) {
  Run(state, Make(catalog::Topology::kSwitch, 72, 72, false), Reduce);
}
void SwitchAllGather(benchmark::State& state) {
  Run(state, Make(catalog::Topology::kSwitch, 72, 72, false), Gather);
}
void SwitchDispatch(benchmark::State& state) {
  Run(state, Make(catalog::Topology::kSwitch, 72, 72, false), Dispatch);
}
void RailsAllReduce(benchmark::State& state) {
  Run(state, Make(catalog::Topology::kSwitch, 8, 512, false), Reduce);
}
void RailsDispatch(benchmark::State& state) {
  Run(state, Make(catalog::Topology::kSwitch, 8, 512, false), Dispatch);
}
void TorusAllReduce(benchmark::State& state) {
  Run(state, Make(catalog::Topology::kTorus, 4096, 4096, true), Reduce);
}
void TorusDispatch(benchmark::State& state) {
  Run(state, Make(catalog::Topology::kTorus, 4096, 4096, true), Dispatch);
}
/// A group that is no power of two: its box is searched for.
void TorusOddGroup(benchmark::State& state) {
  Run(state, Make(catalog::Topology::kTorus, 64, 64, false), Gather);
}
void WaferTokens(benchmark::State& state) {
  const Wafer wafer = {44e9, 21e15, {12.5e15, 15.6e15}, {6e-6, 14e-6}, Tier::kDatasheet};
  Run(state, Make(catalog::Topology::kSwitch, 8, 8, false), [&](const Setting&, const Case& c) {
    const WaferLoad load = {80, 140e9, 140e9, 4, {1e-6, 5e-6}};
    return WaferTokensPerSecond(wafer, load, c.ranks).low;
  });
}

BENCHMARK(SwitchAllReduce);
BENCHMARK(SwitchAllGather);
BENCHMARK(SwitchDispatch);
BENCHMARK(RailsAllReduce);
BENCHMARK(RailsDispatch);
BENCHMARK(TorusAllReduce);
BENCHMARK(TorusDispatch);
BENCHMARK(TorusOddGroup);
BENCHMARK(WaferTokens);

}  // namespace
}  // namespace roofscape::perf

BENCHMARK_MAIN();
