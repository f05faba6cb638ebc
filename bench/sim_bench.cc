// The simulator's speed on one core: requests a second where they are short, and how many times
// faster than the clock it runs a deployment of 64 chips; and the memory that it takes with its
// log, whatever the number of requests. The references are what is published of others: 1.5
// requests a second, and 200 times the clock (docs/concepts/simulator.md).

#include <malloc.h>

#include <benchmark/benchmark.h>

#include <fstream>
#include <string>

#include "model/sim/log_writer.h"
#include "model/sim/run.h"

namespace roofscape::sim {
namespace {

class Nobody final : public Observer {
 public:
  void OnTokens(std::int64_t, std::span<const TokenEvent> events) override {
    tokens += static_cast<std::int64_t>(events.size());
  }
  void OnCompletion(const Completion& c) override { tokens += c.output; }
  std::int64_t tokens = 0;
};

/// A dense model of 70 billion parameters on a worker of eight chips of 140 GB.
perf::Service EightChips() {
  catalog::Model model;
  model.hidden = 8192;
  model.vocab = 128256;
  catalog::MixerLayers mixer;
  mixer.layers = 80;
  mixer.q_heads = 64;
  mixer.kv_heads = 8;
  mixer.head_dim = 128;
  model.mixers = {mixer};
  catalog::FfnLayers ffn;
  ffn.layers = 80;
  ffn.width = 28672;
  model.ffns = {ffn};
  perf::Service service;
  service.machine.flops = {1e15, 2e15, 4e15};
  service.machine.bandwidth = 4.8e12;
  service.machine.memory = 140e9;
  service.machine.link_bandwidth = 450e9;
  service.machine.domain_chips = 8.0;
  service.serve = {*perf::Lower(model, {.chips = 8}, perf::Formats{}), 1.0};
  return service;
}

Cluster Workers(std::int64_t workers) {
  const auto c = perf::CoefficientsFor(std::vector<double>(perf::kFitted, 0.0), perf::Setting{});
  Cluster cluster = *MakeCluster(EightChips(), c, DefaultPolicy(perf::kVllm));
  cluster.serve.workers = workers;
  return cluster;
}

spec::Workload Shape(std::int64_t input, std::int64_t output) {
  spec::Workload workload;
  workload.input = {input, 0.8};
  workload.output = {output, 0.8};
  return workload;
}

/// Closed loop; the argument is the number of users.
void ShortRequests(benchmark::State& state) {
  const Cluster cluster = Workers(1);
  constexpr std::int64_t kRequests = 400'000;
  for (auto _ : state) {
    ClosedLoop source(Shape(32, 16), state.range(0), kRequests, 1);
    Nobody nobody;
    RunOptions options;
    options.detail = Detail::kRequests;
    benchmark::DoNotOptimize(RunWorkload(cluster, source, nobody, options));
  }
  state.SetItemsProcessed(state.iterations() * kRequests);
}
BENCHMARK(ShortRequests)->Arg(16)->Arg(128)->Arg(1024)->Unit(benchmark::kMillisecond);

/// 64 chips, prompts and answers of 1,024 tokens; the argument is the number of users a worker. The
/// second: 0 requests alone, 1 with the time of every token.
void SixtyFourChips(benchmark::State& state) {
  const Cluster cluster = Workers(8);
  double simulated_s = 0.0;
  std::int64_t requests = 0;
  for (auto _ : state) {
    ClosedLoop source(Shape(1024, 1024), 8 * state.range(0), 80 * state.range(0), 1);
    Nobody nobody;
    RunOptions options;
    options.detail = state.range(1) == 0 ? Detail::kRequests : Detail::kTokens;
    const RunEnd end = RunWorkload(cluster, source, nobody, options);
    simulated_s += static_cast<double>(end.end_ns) * 1e-9;
    requests += end.requests;
  }
  state.SetItemsProcessed(requests);
  state.counters["times_real"] = benchmark::Counter(simulated_s, benchmark::Counter::kIsRate);
}
BENCHMARK(SixtyFourChips)
    ->Args({16, 0})
    ->Args({64, 0})
    ->Args({256, 0})
    ->Args({64, 1})
    ->Unit(benchmark::kMillisecond);

/// Poisson arrivals over 64 chips.
void OpenArrivals(benchmark::State& state) {
  const Cluster cluster = Workers(8);
  double simulated_s = 0.0;
  std::int64_t requests = 0;
  for (auto _ : state) {
    OpenLoop source(
        Shape(1024, 256),
        workload::ArrivalStream(workload::Gaps::kPoisson, static_cast<double>(state.range(0)), 1),
        20'000, std::nullopt, 1);
    Nobody nobody;
    RunOptions options;
    options.detail = Detail::kRequests;
    const RunEnd end = RunWorkload(cluster, source, nobody, options);
    simulated_s += static_cast<double>(end.end_ns) * 1e-9;
    requests += end.requests;
  }
  state.SetItemsProcessed(requests);
  state.counters["times_real"] = benchmark::Counter(simulated_s, benchmark::Counter::kIsRate);
}
BENCHMARK(OpenArrivals)->Arg(20)->Arg(80)->Unit(benchmark::kMillisecond);

/// The most memory resident since ResetPeak, in megabytes; 0 where the kernel does not tell.
double PeakMegabytes() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    double kilobytes = 0.0;
    if (word == "VmHWM:" && status >> kilobytes) return kilobytes / 1024.0;
  }
  return 0.0;
}

void ResetPeak() {
  malloc_trim(0);
  std::ofstream("/proc/self/clear_refs") << 5;
}

/// As the command `simulate` runs it: the argument is thousands of requests.
void MemoryWithLog(benchmark::State& state) {
  const Cluster cluster = Workers(8);
  const std::int64_t requests = state.range(0) * 1000;
  ResetPeak();
  for (auto _ : state) {
    ClosedLoop source(Shape(32, 16), 1024, requests, 1);
    LogWriter log(262'144);
    RunOptions options;
    options.detail = Detail::kRequests;
    RunWorkload(cluster, source, log, options);
    benchmark::DoNotOptimize(log.Take());
  }
  state.SetItemsProcessed(state.iterations() * requests);
  state.counters["peak_MB"] = PeakMegabytes();
}
BENCHMARK(MemoryWithLog)
    ->Arg(250)
    ->Arg(1'000)
    ->Arg(4'000)
    ->Arg(16'000)
    ->Iterations(1)
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace roofscape::sim

BENCHMARK_MAIN();
