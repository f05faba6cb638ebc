// A model laid out on chips, as the numbers that a step's time is made of: what each chip reads,
// multiplies and sends in a forward pass. Made once a configuration, used for every step.
//
// Sizes are a chip's own share. "Attention group": the chips that hold one copy of attention and
// serve one part of the batch (n / dp of them). Formulas: reference of the field's roofline models;
// here every product of the layer is counted from the catalog's shape.
//
// Thread safety: plain values.

#pragma once

#include <array>
#include <cstddef>
#include <memory>

#include "base/core/result.h"
#include "domain/catalog/model.h"
#include "model/perf/machine.h"

namespace roofscape::perf {

/// How one worker (one copy of the model) is spread over its chips.
struct Layout {
  double chips = 1.0;  // Of the worker; attention is tensor parallel over chips / dp of them.
  double dp = 1.0;     // Copies of attention.
  double ep = 1.0;     // Chips over which whole experts are spread; 1: every expert is cut.
  double pp = 1.0;     // Stages, each with chips / pp.

  friend bool operator==(const Layout&, const Layout&) = default;
};

/// Products of one shape class: every chip reads all its weights and multiplies every token.
struct Products {
  double kernels = 0.0;         // Launches a forward pass.
  double weight_bytes = 0.0;    // Read a pass.
  double flop_per_token = 0.0;  // Of the tokens of the attention group.
  Precision precision = Precision::kBf16;
};

/// Layers that look back.
struct Attention {
  double kernels = 0.0;
  double bytes_per_context_token = 0.0;        // Of cache, a sequence, whole depth.
  double flop_per_context_token = 0.0;         // Decoding one token.
  double prefill_flop_per_pair = 0.0;          // For each (query, key) pair.
  double window = 0.0;                         // Keys seen at most; 0: all.
  double compress = 1.0;                       // Tokens a stored key.
  double index_bytes_per_context_token = 0.0;  // Scanned to choose `window` of them.
  double index_flop_per_context_token = 0.0;
  double cache_bytes_per_token = 0.0;  // Kept for a token, while it is kept.
  bool latent = false;                 // MLA.
};

/// Recurrent layers: a state a sequence, read and written each step.
struct Recurrent {
  double kernels = 0.0;
  double state_bytes = 0.0;             // Of a sequence, this chip's heads.
  double prefill_flop_per_token = 0.0;  // Chunked scan.
};

/// Routed experts of all layers that have them.
struct Experts {
  double layers = 0.0;
  double experts = 0.0;
  double top_k = 0.0;
  double bytes_per_expert = 0.0;  // Of one whole expert in one layer.
  double flop_per_token = 0.0;    // top_k whole experts, one layer.
  Precision precision = Precision::kBf16;
};

/// How tokens reach their experts, beyond what model and layout say.
struct Travel {
  double groups = 0.0;       // Experts lie in so many groups of chips; 0: no groups,
  double most_groups = 0.0;  // and those of one token in at most so many of them.
  bool two_batches = false;  // Half of a batch computes while the other half travels.

  friend bool operator==(const Travel&, const Travel&) = default;
};

struct KernelTimes;  // kernel_times.h

constexpr std::size_t kMaxProducts = 4;
constexpr std::size_t kMaxAttentions = 4;
constexpr std::size_t kMaxExperts = 2;

/// Of a token, where queries and keys are normed over all heads: two sums of squares in f32.
inline constexpr double kSquaresBytes = 8.0;

struct Lowered {
  Layout layout;
  double layers = 0.0;  // That mix tokens.
  double hidden = 0.0;
  double group_chips = 1.0;
  std::array<Products, kMaxProducts> products = {};
  std::size_t product_count = 0;
  std::array<Attention, kMaxAttentions> attentions = {};
  std::size_t attention_count = 0;
  std::array<Experts, kMaxExperts> experts = {};
  std::size_t expert_count = 0;
  Recurrent recurrent;
  Products head;                       // The last product, of the tokens that are sampled.
  double reduced_layers = 0.0;         // With two sums over the attention group or the worker.
  double normed_layers = 0.0;          // With a sum of squares over that group before attention.
  double routed_layers = 0.0;          // Whose tokens travel to experts.
  double weight_bytes = 0.0;           // Held by a chip.
  double cache_bytes_per_token = 0.0;  // Held by a chip for one token of one sequence.
  double windowed_bytes_per_sequence = 0.0;    // Kept however long the context.
  double graph_tokens = 0.0;                   // GraphTokensOf the engine; Lower leaves it at 0.
  Travel travel;                               // As wished; Lower leaves it at its defaults.
  std::shared_ptr<const KernelTimes> kernels;  // As measured; null: rooflines only.
};

/// What number formats a deployment keeps its weights and cache in.
struct Formats {
  Precision experts = Precision::kBf16;    // Routed and dense feed-forward products.
  Precision attention = Precision::kBf16;  // Projections around attention.
  double cache_bytes = 2.0;                // A value of the KV cache.
};

/// Formats that a published precision ("fp8", "nvfp4", "bf16", "") means for a model: an empty one
/// is what the model was released in. Unknown words are an error that lists the known ones.
Result<Formats> FormatsOf(const catalog::Model& model, std::string_view precision);

/// Errors: a layout that does not fit the model (more experts' ranks than experts, chips that dp
/// does not divide).
Result<Lowered> Lower(const catalog::Model& model, const Layout& layout, const Formats& formats);

}  // namespace roofscape::perf
