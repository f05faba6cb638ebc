// What the model cannot know from a datasheet: how much of each peak kernels reach, what a launch
// and a step of the host cost, how prefill and decode share a chip. Each has a prior from
// measured kernels and published studies, and is fitted to measured rows (model/calibrate).
//
// A coefficient of one engine on one generation of chips is prior x exp(base + engine's deviation +
// generation's deviation + protocol's deviation); an engine or generation that was never seen has
// deviation 0, so that it is predicted by what all have in common.
//
// Thread safety: plain values, pure functions.

#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "model/perf/machine.h"

namespace roofscape::perf {

enum Coefficient : std::size_t {
  kWeightRead,  // Fraction of memory bandwidth at which products read their weights.
  kReachBf16,   // Fraction of the bf16 peak that large products reach.
  kReachFp8,
  kReachFp4,
  kCacheRead,         // Fraction of memory bandwidth at which decode attention reads the cache.
  kLatentRead,        // The same for MLA.
  kPrefillAttention,  // Fraction of the bf16 peak that prefill attention reaches.
  kExpertRead,        // Fraction of bandwidth at which routed experts are read.
  kExpertReach,       // Fraction of the peak of large grouped products.
  kExpertPad,         // Tokens by which each touched expert's batch is padded.
  kStateRead,         // Fraction of bandwidth of recurrent state.
  kKernelFloor,       // Seconds a kernel takes at least, in a captured graph.
  kPrefillFloor,      // The same in a prefill step, launched one by one.
  kSumStart,          // Seconds to start a sum over a group.
  kLinkReach,         // Fraction of link bandwidth that a large sum reaches.
  kTravelStart,       // Seconds to start a dispatch or a combine.
  kStepHost,          // Seconds of the host a step.
  kSequenceHost,      // Seconds of the host a sequence and step.
  kPrefillHost,       // Seconds of the host a prefill step.
  kMix,               // How far an engine stops decoding for a prefill: 0 shares, 1 stops.
  kRequest,           // Seconds of a request outside of the engine's steps.
  kPromptToken,       // Seconds a prompt token outside of the engine's steps.
  kBurst,             // Share of requests that wait in the first burst.
  kQueue,             // Weight of waiting behind other prompts.
  kImbalance,         // Excess load of the worst rank, a doubling of ranks.
  kPoll,              // Steps that pass before an engine looks for new prompts.
  kFront,             // Seconds by which each request in flight makes a first token later.
  kTransfer,          // Seconds to hand a prompt's cache to a decode worker.
  kMemoryShare,       // Of a chip's memory, for weights, cache and what a pass needs.
  kAcceptance,        // Tokens a step of speculative decoding gains, of two drafted.
  kCurveProducts,     // Time of products in an engine, of what their curve says.
  kCurveDecode,       // The same of decode attention, but MLA's,
  kCurveLatent,       // of MLA's,
  kCurvePrefill,      // of prefill attention,
  kCurveExperts,      // of routed experts,
  kCurveSums,         // of all-reduces,
  kCurveRecurrent,    // of recurrent layers.
  kPasses,  // How often what lies between products reads or writes all of a layer's tokens.
  kCoefficients,
};

/// One of each, as any scalar.
template <class T>
using Coefficients = std::array<T, kCoefficients>;

struct CoefficientInfo {
  std::string_view name;
  double prior;   // The value where nothing was fitted.
  double spread;  // Standard deviation of its logarithm before rows are seen.
  bool by_engine;
  bool by_generation;
  bool by_protocol;
};

const std::array<CoefficientInfo, kCoefficients>& CoefficientTable();

/// Engines whose rows can be told apart; any other is kOtherEngine.
enum EngineClass : std::size_t { kOtherEngine, kVllm, kSglang, kTensorRtLlm, kEngineClasses };
EngineClass EngineClassOf(std::string_view name);
/// Does nobody decode in a step of this engine that takes up prompts?
constexpr bool PromptsFirst(EngineClass engine) { return engine == kSglang; }

/// Tokens up to which an engine replays a pass from captured graphs though prompts take part: vLLM
/// captures up to 512 by default (cudagraph_capture_sizes), its second engine with prompts, too.
constexpr double GraphTokensOf(EngineClass engine) { return engine == kVllm ? 512.0 : 0.0; }

/// What an engine's memory fraction is a fraction of.
enum class PoolRule {
  kOfAll,   // Of the chip's memory, for weights, activations, graphs and cache.
  kOfFree,  // Of what weights, activations and graphs leave, for the cache.
};
/// TensorRT-LLM's free_gpu_memory_fraction is of the second kind, vLLM's gpu_memory_utilization of
/// the first. SGLang's mem_fraction_static leaves activations and graphs out: with a share that is
/// fitted to its rows that is the first kind but for a constant.
constexpr PoolRule PoolRuleOf(EngineClass engine) {
  return engine == kTensorRtLlm ? PoolRule::kOfFree : PoolRule::kOfAll;
}

/// How the requests of a row were sent.
enum ProtocolClass : std::size_t {
  kBurstProtocol,  // InferenceX: all at once, lengths 0.8 to 1.0 of nominal, 10 a slot.
  kFixedProtocol,  // Fixed lengths: a wave ends together and the next one is a burst again. Which
                   // share of it is, differs between those who measured, known by their engine.
  kProtocolClasses = kFixedProtocol + kEngineClasses
};

/// The fitted logarithms: base, then by engine, generation and protocol. Index with Index*().
constexpr std::size_t kFitted =
    kCoefficients * (1 + kEngineClasses + kGenerations + kProtocolClasses);
constexpr std::size_t BaseIndex(std::size_t c) { return c; }
constexpr std::size_t EngineIndex(std::size_t c, std::size_t engine) {
  return kCoefficients * (1 + engine) + c;
}
constexpr std::size_t GenerationIndex(std::size_t c, std::size_t generation) {
  return kCoefficients * (1 + kEngineClasses + generation) + c;
}
constexpr std::size_t ProtocolIndex(std::size_t c, std::size_t protocol) {
  return kCoefficients * (1 + kEngineClasses + kGenerations + protocol) + c;
}

/// What a prediction leaves out, to see what it carries (`validate --without`).
struct Without {
  bool imbalance = false;  // Every rank of experts bears the mean.
  bool host = false;       // Requests, steps, sequences and launches take no time of their own.
  bool reach = false;      // Kernels and links reach the whole of a datasheet's peaks.

  friend bool operator==(const Without&, const Without&) = default;
};

/// The value of a coefficient that stands still because of what is left out; it is not fitted.
std::optional<double> FixedBy(const Without& without, std::size_t coefficient);

/// Who is asked for.
struct Setting {
  EngineClass engine = kOtherEngine;
  Generation generation = Generation::kOther;
  std::size_t protocol = kBurstProtocol;  // Or kFixedProtocol + the engine's class.
  Without without = {};

  friend bool operator==(const Setting&, const Setting&) = default;
};

/// Values for a setting, in SI units; `fitted` has kFitted numbers.
std::array<double, kCoefficients> CoefficientsFor(std::span<const double> fitted,
                                                  const Setting& setting);

/// Standard deviation of the logarithm of each fitted number before rows are seen; 0: it is fixed
/// at 0, because the coefficient does not depend on that.
std::vector<double> PriorSpreads();

}  // namespace roofscape::perf
