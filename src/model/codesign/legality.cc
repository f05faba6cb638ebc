#include "model/codesign/legality.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "model/perf/links.h"

namespace roofscape::codesign {
namespace {

using catalog::Mixer;

struct RefusalText {
  std::string_view name;
  std::string_view why;
};

constexpr std::array<RefusalText, kRefusals> kTexts = {{
    {"engine", "the engine does not run on the chips of this maker"},
    {"precision", "the chip has no units for the format, and the model was not released in it"},
    {"heads", "attention heads do not divide by the chips of a group"},
    {"cache_heads", "heads of keys and values neither divide by a group's chips nor they by them"},
    {"width", "a dense layer's width does not divide by the chips of a group"},
    {"experts", "experts do not divide by the chips that they are spread over"},
    {"expert_width", "an expert's width does not divide by the chips that cut it"},
    {"copies", "without routed experts, copies of attention are replicas, and none are spread"},
    {"stages", "more pipeline stages than layers"},
    {"domain",
     "an attention group reaches beyond the chips that fast links join, or a worker beyond all "
     "links"},
    {"expert_choice", "the engine spreads experts over all chips or none"},
    {"copy_choice", "the engine copies attention to all chips or none"},
    {"weights", "the weights leave no room for a cache"},
    {"one_request", "a request of full length does not fit into the cache"},
}};

/// Blocks of weights that share one scale are 128 wide and are not cut.
constexpr std::int64_t kBlock = 128;

bool Divides(std::int64_t part, std::int64_t whole) { return whole % part == 0; }

std::int64_t Whole(double degree) { return std::llround(degree); }

std::optional<Refusal> MixerRefusal(const catalog::MixerLayers& m, std::int64_t group) {
  if (!Divides(group, m.q_heads)) return Refusal::kHeads;
  if (m.mixer == Mixer::kGatedDeltaNet) {
    if (!Divides(group, m.kv_heads)) return Refusal::kHeads;
  } else if (m.mixer == Mixer::kGqa && m.kv_heads > 0) {
    const bool fits = Divides(group, m.kv_heads) || Divides(m.kv_heads, group);
    if (!fits) return Refusal::kCacheHeads;
  }
  return {};
}

std::optional<Refusal> FfnRefusal(const catalog::FfnLayers& f, const perf::Layout& layout,
                                  std::int64_t group, bool blocks) {
  if (!f.routed) {
    if (!Divides(group, f.width)) return Refusal::kWidth;
    return {};
  }
  const std::int64_t ep = Whole(layout.ep);
  if (!Divides(ep, f.experts)) return Refusal::kExperts;
  const std::int64_t cut = Whole(layout.chips / layout.pp) / ep;
  const std::int64_t unit = blocks && cut > 1 ? kBlock : 1;
  if (!Divides(cut * unit, f.width)) return Refusal::kExpertWidth;
  return {};
}

bool Routed(const catalog::Model& model) {
  return std::any_of(model.ffns.begin(), model.ffns.end(),
                     [](const catalog::FfnLayers& f) { return f.routed; });
}

/// What the largest stage holds, of the mean.
double LargestStage(const catalog::Model& model, double stages) {
  const auto layers = static_cast<double>(model.layers);
  if (layers <= 0.0) return 1.0;
  return std::ceil(layers / stages) * stages / layers;
}

}  // namespace

std::string_view Name(Refusal refusal) { return kTexts[static_cast<std::size_t>(refusal)].name; }
std::string_view Why(Refusal refusal) { return kTexts[static_cast<std::size_t>(refusal)].why; }

std::optional<Refusal> ShapeRefusal(const catalog::Model& model, const perf::Machine& machine,
                                    const EngineLimits& limits, const perf::Layout& layout,
                                    perf::Precision experts) {
  const double stage = layout.chips / layout.pp;
  const double group_chips = stage / layout.dp;
  const std::int64_t group = Whole(group_chips);
  if (!Routed(model) && (layout.dp > 1.0 || layout.ep > 1.0)) return Refusal::kCopies;
  if (layout.pp > 1.0 && Whole(layout.pp) > model.layers) return Refusal::kStages;
  const bool whole_experts = layout.ep == 1.0 || layout.ep == stage;
  if (limits.experts_all_or_none && !whole_experts) return Refusal::kExpertChoice;
  const bool whole_copies = layout.dp == 1.0 || layout.dp == stage;
  if (limits.copies_all_or_none && !whole_copies) return Refusal::kCopyChoice;
  if (group_chips > std::max(machine.domain_chips, 1.0)) return Refusal::kDomain;
  if (machine.links && !machine.links->Joins(layout.chips)) return Refusal::kDomain;
  for (const catalog::MixerLayers& m : model.mixers) {
    if (const auto refusal = MixerRefusal(m, group)) return refusal;
  }
  const bool blocks =
      experts == perf::Precision::kFp8 && model.precision.find("block") != std::string::npos;
  for (const catalog::FfnLayers& f : model.ffns) {
    if (const auto refusal = FfnRefusal(f, layout, group, blocks)) return refusal;
  }
  return {};
}

std::optional<Refusal> MemoryRefusal(const catalog::Model& model, const perf::Machine& machine,
                                     const perf::Lowered& worker, double share,
                                     double longest_tokens, perf::PoolRule rule) {
  const double largest = LargestStage(model, worker.layout.pp);
  const double spare = worker.weight_bytes * (largest - 1.0);
  const double room = perf::CacheBytes(machine, worker, share, rule) - spare;
  constexpr double kLeast = 1e9;  // Below it no engine starts.
  if (room < kLeast) return Refusal::kWeights;
  const double request = longest_tokens * worker.cache_bytes_per_token +
                         worker.windowed_bytes_per_sequence + worker.recurrent.state_bytes;
  if (request * largest > room) return Refusal::kOneRequest;
  return {};
}

}  // namespace roofscape::codesign
