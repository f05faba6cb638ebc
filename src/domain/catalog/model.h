// A model's shape: enough to count its parameters, its cache and its work, layer kind by layer
// kind. Widths and counts are of the whole model, before any parallel layout.
//
// Thread safety: plain values.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/catalog/entry.h"

namespace roofscape::catalog {

enum class Mixer {
  kGqa,            // Keys and values of kv_heads heads; with a window, a chunk or an indexer.
  kMla,            // One latent of kv_lora + qk_rope values a token.
  kCompressed,     // DeepSeek V4: one shared head, a value every `compress` tokens, and a window.
  kGatedDeltaNet,  // A state of v_heads x k_dim x v_dim a sequence.
  kKimiDelta,      // The same with heads alike and a gate a channel.
  kMamba2,         // A state of heads x head_dim x state a sequence.
};

std::string_view Name(Mixer mixer);

/// Chooses what a query looks at.
struct Indexer {
  std::int64_t heads = 0;
  std::int64_t head_dim = 0;
  std::int64_t top_k = 0;              // Tokens, or blocks where `block` is given.
  std::optional<std::int64_t> block;   // Tokens a block.
  std::optional<std::int64_t> layers;  // That have one of their own; missing: all.

  friend bool operator==(const Indexer&, const Indexer&) = default;
};

/// Layers that mix tokens in one way.
struct MixerLayers {
  Mixer mixer = Mixer::kGqa;
  std::int64_t layers = 0;
  std::string place;  // Where they stand: "every 4th layer".

  std::int64_t q_heads = 0;   // Gated delta net: heads of keys. Kimi delta and Mamba2: heads.
  std::int64_t kv_heads = 0;  // Gated delta net: heads of values.
  std::int64_t head_dim = 0;
  std::optional<std::int64_t> q_lora, kv_lora, qk_nope, qk_rope, v_head_dim;
  std::optional<std::int64_t> o_groups, o_lora;     // The output's low-rank product, by groups.
  std::optional<std::int64_t> window, chunk;        // Tokens back, or inside aligned chunks.
  std::optional<std::int64_t> compress;             // Tokens a stored value.
  std::optional<std::int64_t> state, groups, conv;  // Mamba2 and the delta rules.
  bool output_gate = false;                         // A gate as wide as the heads' output.
  bool shared_kv = false;                           // Values are the keys' projection.
  bool qk_norm = false;
  bool qk_norm_whole = false;  // Over all heads together: chips that share them sum squares for it.
  bool sink = false;           // A learned logit a head that takes what is left.
  std::optional<Indexer> indexer;

  friend bool operator==(const MixerLayers&, const MixerLayers&) = default;
};

/// Layers that transform each token by itself.
struct FfnLayers {
  bool routed = false;
  std::int64_t layers = 0;
  std::string place;
  bool gated = true;       // Three matrices instead of two.
  std::int64_t width = 0;  // Of the dense layer, or of one expert.
  std::int64_t experts = 0;
  std::int64_t top_k = 0;
  std::int64_t shared_experts = 0;
  std::optional<std::int64_t> shared_width;  // Of one shared expert; missing: as the others.
  std::optional<std::int64_t> latent;        // Routed experts work in this width, not in `hidden`.

  friend bool operator==(const FfnLayers&, const FfnLayers&) = default;
};

struct Model {
  Entry entry;
  std::string maker;
  std::string hugging_face;
  std::string precision;    // Of the weights as released: "fp8 block 128x128".
  std::int64_t layers = 0;  // As the configuration counts them.
  std::int64_t hidden = 0;
  std::int64_t vocab = 0;
  std::int64_t context_tokens = 0;
  bool tied_embeddings = false;
  std::optional<std::int64_t> mtp_layers;        // Draft layers released with the weights.
  std::optional<std::int64_t> residual_streams;  // More than one.
  std::optional<double> total_b, active_b;       // Billions, as stated; active missing: dense.
  std::string count_note;  // Why the stated counts differ from the shape's by more than 5 %.
  std::vector<MixerLayers> mixers;
  std::vector<FfnLayers> ffns;

  friend bool operator==(const Model&, const Model&) = default;
};

/// Parameters as the shape has them, draft layers left out.
struct ParameterCount {
  double total = 0.0;
  double active = 0.0;  // Read for a token: without the input embedding, of which one row is.
  double mixers = 0.0;
  double dense_ffns = 0.0;
  double routed_experts = 0.0;  // All of them.
  double other_experts = 0.0;   // Shared experts, routers, latent projections.
  double embeddings = 0.0;

  friend bool operator==(const ParameterCount&, const ParameterCount&) = default;
};

ParameterCount CountParameters(const Model& model);

/// Of one layer that mixes tokens, in a model `hidden` wide; its indexer apart.
double MixerParameters(const MixerLayers& layer, double hidden);
/// Of the indexer of one such layer; 0 without.
double IndexerParameters(const MixerLayers& layer, double hidden);

/// Values that the cache keeps for each token of a long context: what sliding windows and chunks
/// keep does not grow and is left out. At 1 byte a value these are bytes.
double CacheValuesPerToken(const Model& model);

/// Values of recurrent state that a sequence keeps whatever its length.
double StateValuesPerSequence(const Model& model);

}  // namespace roofscape::catalog
