// Which layouts of a model on a chip can run at all, and for each that cannot, the first reason.
//
// A layout cuts attention over a group of chips (tensor parallel), makes `dp` such groups that
// share the routed experts (data parallel attention), spreads whole experts over `ep` chips and
// cuts each over the rest, and puts the layers on `pp` stages. Shapes must divide, groups must not
// leave the links that join them, engines must offer the layout, and weights and at least one
// request must fit.
//
// Thread safety: pure functions.

#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

#include "domain/catalog/model.h"
#include "model/perf/lowered.h"
#include "model/perf/machine.h"
#include "model/perf/mean_field.h"

namespace roofscape::codesign {

enum class Refusal : std::size_t {
  kEngine,        // The engine does not run on the chip.
  kPrecision,     // A format that neither the chip multiplies nor the model was released in.
  kHeads,         // Attention heads do not divide by the group.
  kCacheHeads,    // Nor do heads of keys and values, in either direction.
  kWidth,         // A dense layer's width does not.
  kExperts,       // Experts do not divide by ep.
  kExpertWidth,   // An expert's width does not divide by the chips that cut it.
  kCopies,        // dp or ep without routed experts.
  kStages,        // More stages than layers.
  kDomain,        // An attention group reaches beyond the chips that fast links join, or a worker
                  // beyond a torus or mesh that no rails join to another.
  kExpertChoice,  // The engine spreads experts over all chips or none.
  kCopyChoice,    // The engine copies attention to all chips or none.
  kWeights,       // Weights leave no room for a cache.
  kOneRequest,    // A request of full length does not fit into the cache.
  kRefusals,
};
inline constexpr std::size_t kRefusals = static_cast<std::size_t>(Refusal::kRefusals);

/// "expert_width": the class in JSON.
std::string_view Name(Refusal refusal);
/// The reason as a sentence's end: "an expert's width does not divide by the chips that cut it".
std::string_view Why(Refusal refusal);

/// What an engine offers.
struct EngineLimits {
  bool experts_all_or_none = false;  // ep is 1 or all chips of a stage.
  bool copies_all_or_none = false;   // dp is 1 or all chips of a stage.

  friend bool operator==(const EngineLimits&, const EngineLimits&) = default;
};

/// By shape alone; missing: nothing speaks against it. REQUIRES: all degrees at least 1, and dp and
/// ep divide the chips of a stage.
std::optional<Refusal> ShapeRefusal(const catalog::Model& model, const perf::Machine& machine,
                                    const EngineLimits& limits, const perf::Layout& layout,
                                    perf::Precision experts);

/// By memory: weights of the largest stage, and one request of the load from end to end (a worker
/// that only prefills: its prompt). `share`: of memory, that the engine
/// takes, by its rule.
std::optional<Refusal> MemoryRefusal(const catalog::Model& model, const perf::Machine& machine,
                                     const perf::Lowered& worker, double share,
                                     double longest_tokens,
                                     perf::PoolRule rule = perf::PoolRule::kOfAll);

}  // namespace roofscape::codesign
