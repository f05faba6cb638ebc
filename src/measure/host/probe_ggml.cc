#include "measure/host/probe_ggml.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "base/core/rng.h"

namespace roofscape::host {
namespace {

constexpr std::uint64_t kSeed = 1;
constexpr double kMB = 1e6;
/// Small models lie in a cache of this size, and fewer copies are made than of the whole cache.
constexpr std::int64_t kSmallModel = 32'000'000;
constexpr std::int64_t kProductsAGraph = 8;
// The heads of the model that make-model writes.
constexpr std::int64_t kHeads = 8;
constexpr std::int64_t kKvHeads = 2;
constexpr std::int64_t kHeadDim = 128;
constexpr std::uint16_t kMinusInfinity = 0xFC00;  // In binary16.

/// A context: descriptions of tensors, whose bytes lie in `buffer`.
class Context {
 public:
  Context(const Ggml& ggml, std::size_t tensors, std::size_t graphs)
      : ggml_(&ggml),
        context_(ggml.init({tensors * ggml.tensor_bytes() +
                                graphs * (ggml.graph_bytes(2 * kProductsAGraph, false) + 64),
                            nullptr, true})) {}
  ~Context() {
    if (buffer_ != nullptr) ggml_->free_buffer(buffer_);
    if (context_ != nullptr) ggml_->free(context_);
  }
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  void* Tensor(int type, std::int64_t a, std::int64_t b, std::int64_t c = 1, std::int64_t d = 1) {
    return ggml_->new_tensor(context_, type, a, b, c, d);
  }
  void* Graph() { return ggml_->new_graph(context_, 2 * kProductsAGraph, false); }
  /// False where there is no memory.
  bool Allocate(void* kind) {
    buffer_ = ggml_->allocate(context_, kind);
    if (buffer_ != nullptr) ggml_->clear_buffer(buffer_, 0);
    return buffer_ != nullptr;
  }
  void* get() const { return context_; }

 private:
  const Ggml* ggml_;
  void* context_;
  void* buffer_ = nullptr;
};

std::vector<std::byte> RandomWeights(WeightType type, std::int64_t count) {
  Rng rng(kSeed);
  std::vector<float> row(static_cast<std::size_t>(count));
  for (float& number : row) number = static_cast<float>(rng.Uniform() * 2 - 1);
  return PackWeights(type, row);
}

class GgmlMeter {
 public:
  GgmlMeter(const GgmlPlan& plan, const Ggml& ggml, ProbePace& pace, CpuReadings& out)
      : plan_(&plan), ggml_(&ggml), pace_(&pace), out_(&out) {}

  /// One thread first, whole: where cores are shared, threads that wait for one another may take
  /// all the time there is.
  void Run() {
    for (const std::int64_t threads : plan_->threads) {
      for (const AttentionPoint& point : plan_->attention) MeasureAttention(point, threads);
      for (const ProductGroup& group : plan_->products) MeasureGroup(group, threads);
    }
  }

 private:
  void MeasureGroup(const ProductGroup& group, std::int64_t threads) {
    if (pace_->stopped()) return pace_->LeaveOut(std::ssize(group.m));
    // The first kind of buffer whose kernels take such weights, as the engine chooses.
    for (void* const* kind = ggml_->ExtraBuffers(); *kind != nullptr; ++kind) {
      if (MeasureIn(*kind, group, threads)) return;
    }
    if (!MeasureIn(ggml_->PlainBuffer(), group, threads)) pace_->LeaveOut(std::ssize(group.m));
  }

  bool MeasureIn(void* kind, const ProductGroup& group, std::int64_t threads) {
    const auto copies = static_cast<std::size_t>(group.copies);
    Context weights(*ggml_, copies + 1, 0);
    std::vector<void*> matrices;
    for (std::size_t i = 0; i < copies; ++i) {
      matrices.push_back(weights.Tensor(GgmlType(group.type), group.k, group.n));
    }
    if (!weights.Allocate(kind) || !Takes(group, matrices[0])) return false;
    const std::vector<std::byte> bytes = RandomWeights(group.type, group.n * group.k);
    for (void* const matrix : matrices) ggml_->set_tensor(matrix, bytes.data(), 0, bytes.size());
    for (const std::int64_t m : group.m) MeasureProduct(kind, group, matrices, m, threads);
    return true;
  }

  bool Takes(const ProductGroup& group, void* matrix) const {
    Context context(*ggml_, 4, 0);
    void* const x = context.Tensor(kGgmlFloat32, group.k, 2);
    return ggml_->supports(ggml_->device(), ggml_->multiply(context.get(), matrix, x));
  }

  void MeasureProduct(void* kind, const ProductGroup& group, const std::vector<void*>& matrices,
                      std::int64_t m, std::int64_t threads) {
    const auto graphs = (std::ssize(matrices) + kProductsAGraph - 1) / kProductsAGraph;
    Context context(*ggml_, matrices.size() + 4, static_cast<std::size_t>(graphs));
    void* const x = context.Tensor(kGgmlFloat32, group.k, m);
    std::vector<std::pair<void*, std::int64_t>> parts;  // Graphs with their numbers of products.
    for (std::size_t i = 0; i < matrices.size(); ++i) {
      if (i % kProductsAGraph == 0) parts.emplace_back(context.Graph(), 0);
      ggml_->expand(parts.back().first, ggml_->multiply(context.get(), matrices[i], x));
      ++parts.back().second;
    }
    if (!context.Allocate(ggml_->PlainBuffer())) return pace_->LeaveOut(1);
    SetInputs(x, m * group.k);
    ggml_->SetThreads(threads);
    std::size_t next = 0;
    // The last graph may hold fewer products: it is left out where there are others.
    const std::size_t used = parts.size() > 1 ? parts.size() - 1 : 1;
    const auto times = pace_->Repeat(
        fmt::format("ggml {} m={} n={} k={}, {} threads", Name(group.type), m, group.n, group.k,
                    threads),
        [&] {
          ggml_->compute(ggml_->backend(), parts[next].first);
          next = (next + 1) % used;
        },
        TimeFor(threads));
    if (times.empty()) return;
    const double gflop = 2e-9 * static_cast<double>(m * group.n * group.k * parts[0].second);
    out_->products.push_back({std::string(Name(group.type)),
                              fmt::format("ggml {}", ggml_->buffer_name(kind)), m, group.n, group.k,
                              threads, static_cast<double>(group.set_bytes()) / kMB,
                              RateOf(gflop, times)});
  }

  void SetInputs(void* x, std::int64_t count) const {
    const std::vector<float> numbers(static_cast<std::size_t>(count), 0.5F);
    ggml_->set_tensor(x, numbers.data(), 0, numbers.size() * sizeof(float));
  }

  void MeasureAttention(const AttentionPoint& point, std::int64_t threads) {
    if (pace_->stopped()) return pace_->LeaveOut(1);
    Context context(*ggml_, 16, 1);
    void* const q = context.Tensor(kGgmlFloat32, kHeadDim, point.queries, kHeads);
    void* const keys = context.Tensor(kGgmlFloat16, kHeadDim, point.keys, kKvHeads);
    void* const values = context.Tensor(kGgmlFloat16, kHeadDim, point.keys, kKvHeads);
    void* const mask = context.Tensor(kGgmlFloat16, point.keys, point.queries);
    void* const graph = context.Graph();
    const float scale = 1.0F / std::sqrt(static_cast<float>(kHeadDim));
    constexpr std::int64_t kTimes = 4;
    for (std::int64_t i = 0; i < kTimes; ++i) {
      ggml_->expand(graph, ggml_->attend(context.get(), q, keys, values, mask, scale, 0, 0));
    }
    if (!context.Allocate(ggml_->PlainBuffer())) return pace_->LeaveOut(1);
    double pairs = static_cast<double>(point.keys);
    if (point.queries > 1) {
      HideLaterKeys(point, mask);
      pairs = 0.5 * static_cast<double>(point.queries * (point.queries + 1));
    }
    ggml_->SetThreads(threads);
    const auto times = pace_->Repeat(
        fmt::format("ggml attention of {} to {} keys, {} threads", point.queries, point.keys,
                    threads),
        [&] { ggml_->compute(ggml_->backend(), graph); }, TimeFor(threads));
    if (times.empty()) return;
    const double gflop = 4e-9 * pairs * static_cast<double>(kHeads * kHeadDim * kTimes);
    out_->attentions.push_back({"ggml", point.queries, point.keys, kHeads, kKvHeads, kHeadDim,
                                threads, RateOf(gflop, times)});
  }

  void HideLaterKeys(const AttentionPoint& point, void* mask) const {
    std::vector<std::uint16_t> hidden(static_cast<std::size_t>(point.queries * point.keys), 0);
    for (std::int64_t query = 0; query < point.queries; ++query) {
      for (std::int64_t key = query + 1; key < point.keys; ++key) {
        hidden[static_cast<std::size_t>(query * point.keys + key)] = kMinusInfinity;
      }
    }
    ggml_->set_tensor(mask, hidden.data(), 0, hidden.size() * sizeof(std::uint16_t));
  }

  static TimeOfWork TimeFor(std::int64_t threads) {
    return threads == 1 ? TimeOfWork::kThread : TimeOfWork::kClock;
  }

  const GgmlPlan* plan_;
  const Ggml* ggml_;
  ProbePace* pace_;
  CpuReadings* out_;
};

}  // namespace

std::int64_t GgmlPlan::readings() const {
  std::int64_t points = std::ssize(attention);
  for (const ProductGroup& group : products) points += std::ssize(group.m);
  return points * std::ssize(threads);
}

GgmlPlan PlanGgml(const CpuPlan& cpu, const std::vector<std::string>& formats, bool quick) {
  // Kernels for one token, for few and for blocks of some 4, 16 or 32 differ: their corners.
  const std::vector<std::int64_t> corners =
      quick ? std::vector<std::int64_t>{1, 2, 4, 8, 16, 32, 64, 256}
            : std::vector<std::int64_t>{1, 2, 3, 4, 5, 6, 7, 8, 12, 16, 24, 32, 64, 128, 512};
  constexpr std::int64_t kShapes[][2] = {{4096, 1024}, {1024, 4096}, {1024, 1024}};
  std::int64_t memory = 0;  // The largest set: what certainly comes from memory.
  for (const ReadPoint& read : cpu.reads) memory = std::max(memory, read.set_bytes);
  GgmlPlan plan;
  plan.threads = cpu.threads;
  for (const WeightType type : {WeightType::kQ4_0, WeightType::kQ8_0, WeightType::kF16}) {
    if (!formats.empty() && std::ranges::find(formats, Name(type)) == formats.end()) continue;
    for (const auto& [n, k] : kShapes) {
      const std::int64_t bytes = WeightBytes(type, n * k);
      plan.products.push_back(
          {type, n, k, std::max<std::int64_t>(1, kSmallModel / bytes), corners});
      if (!quick && n == kShapes[0][0]) {
        plan.products.push_back(
            {type, n, k, std::max<std::int64_t>(1, memory / bytes), {1, 2, 4, 8, 16}});
      }
    }
  }
  plan.attention = {{1, 64}, {1, 256}, {1, 1024}, {64, 64}, {256, 256}};
  if (!quick) plan.attention.insert(plan.attention.end(), {{1, 4096}, {1024, 1024}});
  return plan;
}

void MeasureGgml(const GgmlPlan& plan, const Ggml& ggml, ProbePace& pace, CpuReadings& out) {
  GgmlMeter(plan, ggml, pace, out).Run();
}

}  // namespace roofscape::host
