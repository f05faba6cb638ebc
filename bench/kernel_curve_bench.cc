// Nanoseconds of one lookup in the curves of kernel times, from shape to seconds, at shapes that
// change from call to call; and of decoding the whole file. At most 40 ns wanted in every lookup.
//
//   build/bench/bench/kernel_curve_bench [--benchmark_filter=...] [--benchmark_repetitions=5]

#include <benchmark/benchmark.h>

#include <array>
#include <cstddef>

#include "model/perf/kernel_curves.h"

namespace roofscape::perf {
namespace {

const KernelCurves& Curves() {
  static const Result<KernelCurves> curves = KernelCurves::Parse(EmbeddedKernelCurves());
  return *curves;
}

constexpr std::array<double, 8> kSizes = {1, 3, 17, 64, 130, 700, 2048, 9000};

/// Asks `curve` for the shapes that `shape` makes of each size.
template <class MakeShape>
void Lookups(benchmark::State& state, const KernelCurve* curve, MakeShape shape) {
  if (curve == nullptr) return state.SkipWithError("the file has no such curve");
  std::size_t i = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(curve->Seconds(shape(kSizes[i++ % kSizes.size()])));
  }
}

void Gemm(benchmark::State& state) {
  Lookups(state, Curves().Find("h200-sxm", {KernelOp::kGemm, KernelEngine::kVllm, {}, 0}),
          [](double size) { return GemmShape{size, 7168, 2048 + size}; });
}
BENCHMARK(Gemm);

void Moe(benchmark::State& state, Routing routing) {
  const KernelKey key = {KernelOp::kMoe, KernelEngine::kSglang, KernelPrecision::kFp8Block,
                         MoeVariant(routing, true)};
  Lookups(state, Curves().Find("h200-sxm", key), [&](double size) {
    MoeShape shape = {.tokens = size, .hidden = 7168, .inter = 2048, .top_k = 8, .experts = 256};
    shape.ep = 8;
    shape.routing = routing;
    return shape;
  });
}
BENCHMARK_CAPTURE(Moe, balanced, Routing::kBalanced);
BENCHMARK_CAPTURE(Moe, power_law, Routing::kPowerLaw101);

void Decode(benchmark::State& state) {
  const KernelKey key = {KernelOp::kDecodeAttention, KernelEngine::kVllm, {}, 0};
  Lookups(state, Curves().FindAttention("h200-sxm", key, 128, false),
          [](double size) { return DecodeShape{64, 10 * size, 32, 8, 128, 0}; });
}
BENCHMARK(Decode);

void Prefill(benchmark::State& state) {
  const KernelKey key = {KernelOp::kPrefillAttention, KernelEngine::kVllm, {}, 0};
  Lookups(state, Curves().FindAttention("h200-sxm", key, 128, false),
          [](double size) { return PrefillShape{1, size, 512, 32, 8, 128, 0}; });
}
BENCHMARK(Prefill);

void AllReduce(benchmark::State& state) {
  const KernelKey key = {KernelOp::kAllReduceGraph, KernelEngine::kVllm, {}, 0};
  Lookups(state, Curves().Find("h200-sxm", key),
          [](double size) { return CollectiveShape{CollectiveKind::kAllReduce, 14336 * size, 8}; });
}
BENCHMARK(AllReduce);

void Parse(benchmark::State& state) {
  for (auto _ : state) {
    benchmark::DoNotOptimize(KernelCurves::Parse(EmbeddedKernelCurves()));
  }
}
BENCHMARK(Parse)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace roofscape::perf

BENCHMARK_MAIN();
