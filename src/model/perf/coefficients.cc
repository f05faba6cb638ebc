#include "model/perf/coefficients.h"

#include <cmath>

#include "domain/catalog/catalog.h"

namespace roofscape::perf {
namespace {

constexpr double kUs = 1e-6;
constexpr double kMs = 1e-3;

// Deviations of an engine, a generation or a protocol from what all have in common.
constexpr double kEngineSpread = 0.15;
constexpr double kPollEngineSpread = 2.5;  // Some look after each step, some after dozens.
constexpr double kGenerationSpread = 0.12;
constexpr double kProtocolSpread = 1.2;  // What all have in common who send fixed lengths,
constexpr double kMeasurerSpread = 0.4;  // and one of them.
// Curves were measured engine by engine and chip by chip: little is left to deviate.
constexpr double kCurveEngineSpread = 0.12;
constexpr double kCurveGenerationSpread = 0.03;

constexpr std::array<CoefficientInfo, kCoefficients> kTable = {{
    {"weight_read", 0.8, 0.05, false, false, false},
    {"reach_bf16", 0.72, 0.1, false, true, false},
    {"reach_fp8", 0.55, 0.1, false, true, false},
    {"reach_fp4", 0.42, 0.15, false, true, false},
    {"cache_read", 0.75, 0.15, true, false, false},
    {"latent_read", 0.6, 0.25, true, true, false},
    {"prefill_attention", 0.45, 0.2, false, true, false},
    {"expert_read", 0.65, 0.15, true, true, false},
    {"expert_reach", 0.42, 0.2, true, true, false},
    {"expert_pad", 5.0, 0.3, false, false, false},
    {"state_read", 0.50, 0.50, false, true, false},
    {"kernel_floor_s", 2.5 * kUs, 0.40, true, true, false},
    {"prefill_floor_s", 6.0 * kUs, 0.60, true, true, false},
    {"sum_start_s", 7.0 * kUs, 0.40, true, true, false},
    {"link_reach", 0.6, 0.2, true, true, false},
    {"travel_start_s", 20.0 * kUs, 0.60, true, true, false},
    {"step_host_s", 700.0 * kUs, 0.70, true, false, false},
    {"sequence_host_s", 6.0 * kUs, 0.80, true, false, false},
    {"prefill_host_s", 5.0 * kMs, 0.80, true, false, false},
    {"mix", 0.5, 0.5, true, false, true},
    {"request_s", 20.0 * kMs, 0.8, true, false, true},
    {"prompt_token_s", 1.0 * kUs, 0.6, true, false, false},
    {"burst", 0.10, 0.15, true, false, true},
    {"queue", 0.50, 0.70, true, false, true},
    {"imbalance", 0.10, 0.70, true, true, false},
    {"poll_steps", 0.50, 0.3, true, false, false},
    {"front_s", 0.1 * kMs, 1.0, true, false, false},
    {"transfer_s", 50.0 * kMs, 1.20, true, false, false},
    {"memory_share", 0.90, 0.04, true, false, false},
    {"acceptance", 0.70, 0.20, true, false, false},
    {"curve_products", 1.0, 0.05, true, true, false},
    {"curve_decode", 1.0, 0.075, true, true, false},
    {"curve_latent", 1.0, 0.1, true, true, false},
    {"curve_prefill", 1.0, 0.075, true, true, false},
    {"curve_experts", 1.0, 0.1, true, true, false},
    {"curve_sums", 1.2, 0.125, true, true, false},
    {"curve_recurrent", 1.0, 0.125, true, true, false},
    {"passes", 10.0, 0.50, true, false, false},
}};

}  // namespace

const std::array<CoefficientInfo, kCoefficients>& CoefficientTable() { return kTable; }

EngineClass EngineClassOf(std::string_view name) {
  const std::string folded = catalog::Fold(name);
  const auto mentions = [&](std::string_view word) {
    return folded.find(word) != std::string::npos;
  };
  if (mentions("vllm")) return kVllm;
  if (mentions("sglang")) return kSglang;
  if (mentions("trt") || mentions("tensorrt")) return kTensorRtLlm;
  return kOtherEngine;
}

std::optional<double> FixedBy(const Without& without, std::size_t coefficient) {
  switch (coefficient) {
    case kImbalance: return without.imbalance ? std::optional(0.0) : std::nullopt;
    case kKernelFloor:
    case kPrefillFloor:
    case kStepHost:
    case kSequenceHost:
    case kPrefillHost:
    case kRequest:
    case kPromptToken: return without.host ? std::optional(0.0) : std::nullopt;
    case kWeightRead:
    case kReachBf16:
    case kReachFp8:
    case kReachFp4:
    case kCacheRead:
    case kLatentRead:
    case kPrefillAttention:
    case kExpertRead:
    case kExpertReach:
    case kStateRead:
    case kLinkReach: return without.reach ? std::optional(1.0) : std::nullopt;
    default: return std::nullopt;
  }
}

std::array<double, kCoefficients> CoefficientsFor(std::span<const double> fitted,
                                                  const Setting& setting) {
  std::array<double, kCoefficients> values = {};
  for (std::size_t c = 0; c < kCoefficients; ++c) {
    const double logarithm =
        fitted[BaseIndex(c)] + fitted[EngineIndex(c, setting.engine)] +
        fitted[GenerationIndex(c, static_cast<std::size_t>(setting.generation))] +
        fitted[ProtocolIndex(c, setting.protocol)] +
        (setting.protocol > kFixedProtocol ? fitted[ProtocolIndex(c, kFixedProtocol)] : 0.0);
    values[c] = FixedBy(setting.without, c).value_or(kTable[c].prior * std::exp(logarithm));
  }
  return values;
}

std::vector<double> PriorSpreads() {
  std::vector<double> spreads(kFitted, 0.0);
  for (std::size_t c = 0; c < kCoefficients; ++c) {
    spreads[BaseIndex(c)] = kTable[c].spread;
    const bool curve = c >= kCurveProducts;
    for (std::size_t e = kVllm; e < kEngineClasses && kTable[c].by_engine; ++e) {
      spreads[EngineIndex(c, e)] = curve                        ? kCurveEngineSpread
                                   : c == kPoll && e == kSglang ? kPollEngineSpread
                                                                : kEngineSpread;
    }
    for (std::size_t g = 1; g < kGenerations && kTable[c].by_generation; ++g) {
      spreads[GenerationIndex(c, g)] = curve ? kCurveGenerationSpread : kGenerationSpread;
    }
    for (std::size_t p = kFixedProtocol; p < kProtocolClasses && kTable[c].by_protocol; ++p) {
      spreads[ProtocolIndex(c, p)] = p == kFixedProtocol ? kProtocolSpread : kMeasurerSpread;
    }
  }
  return spreads;
}

}  // namespace roofscape::perf
