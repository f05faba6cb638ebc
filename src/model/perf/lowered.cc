#include "model/perf/lowered.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "domain/catalog/catalog.h"

namespace roofscape::perf {
namespace {

using catalog::Mixer;

double Of(std::int64_t n) { return static_cast<double>(n); }
double Of(const std::optional<std::int64_t>& n, double otherwise = 0.0) {
  return n ? static_cast<double>(*n) : otherwise;
}

Error Wrong(std::string message) { return Error{ErrorCode::kInvalidArgument, std::move(message)}; }

void AddProducts(Lowered& out, double kernels, double weights, double share, Precision precision) {
  for (std::size_t i = 0; i < out.product_count; ++i) {
    Products& p = out.products[i];
    if (p.precision != precision) continue;
    p.kernels += kernels;
    p.weight_bytes += weights * BytesPerWeight(precision) / share;
    p.flop_per_token += 2.0 * weights / share;
    return;
  }
  Products& p = out.products[out.product_count++];
  p = {kernels, weights * BytesPerWeight(precision) / share, 2.0 * weights / share, precision};
}

/// Keys and values of `heads` heads: cut over the group until one is left, then copied.
double KvHeadsOfAChip(double heads, double group) { return std::max(heads / group, 1.0); }

Attention GqaAttention(const catalog::MixerLayers& m, double group, double cache_bytes) {
  const double layers = Of(m.layers);
  const double dim = Of(m.head_dim);
  const double q_heads = Of(m.q_heads) / group;
  const double kv = (m.shared_kv ? 1.0 : 2.0) * KvHeadsOfAChip(Of(m.kv_heads), group) * dim;
  Attention a;
  a.kernels = layers;
  a.bytes_per_context_token = layers * kv * cache_bytes;
  a.flop_per_context_token = layers * 4.0 * q_heads * dim;
  a.prefill_flop_per_pair = a.flop_per_context_token;
  a.window = Of(m.window, Of(m.chunk, 0.0));
  a.cache_bytes_per_token = a.bytes_per_context_token;
  return a;
}

Attention MlaAttention(const catalog::MixerLayers& m, double group, double cache_bytes) {
  const double layers = Of(m.layers);
  const double heads = Of(m.q_heads) / group;
  const double latent = Of(m.kv_lora) + Of(m.qk_rope);
  Attention a;
  a.latent = true;
  a.kernels = layers;
  a.bytes_per_context_token = layers * latent * cache_bytes;  // Every chip of the group has all.
  a.flop_per_context_token = layers * 2.0 * heads * (latent + Of(m.kv_lora));
  a.prefill_flop_per_pair =
      layers * 2.0 * heads * (Of(m.qk_nope) + Of(m.qk_rope) + Of(m.v_head_dim));
  a.cache_bytes_per_token = a.bytes_per_context_token;
  return a;
}

Attention CompressedAttention(const catalog::MixerLayers& m, double group, double cache_bytes) {
  const double layers = Of(m.layers);
  const double dim = Of(m.head_dim);
  Attention a;
  a.latent = true;
  a.kernels = 2.0 * layers;
  a.compress = Of(m.compress, 1.0);
  a.bytes_per_context_token = layers * dim * cache_bytes / a.compress;
  a.flop_per_context_token = layers * 4.0 * Of(m.q_heads) / group * dim / a.compress;
  a.prefill_flop_per_pair = a.flop_per_context_token;
  a.cache_bytes_per_token = m.compress ? a.bytes_per_context_token : 0.0;
  if (!m.compress) a.window = Of(m.window, 128.0);
  return a;
}

void AddIndexer(const catalog::MixerLayers& m, Attention& a) {
  if (!m.indexer) return;
  const double layers = Of(m.indexer->layers, Of(m.layers));
  const double dim = Of(m.indexer->head_dim);
  a.kernels += 2.0 * layers;
  a.index_bytes_per_context_token = layers * dim / a.compress;  // One byte a value.
  a.index_flop_per_context_token = layers * 2.0 * Of(m.indexer->heads) * dim / a.compress;
  a.window = Of(m.indexer->top_k) * Of(m.indexer->block, 1.0) * a.compress;
  a.cache_bytes_per_token += a.index_bytes_per_context_token;
}

void AddRecurrent(const catalog::MixerLayers& m, double group, Lowered& out) {
  const double dim = Of(m.head_dim);
  double heads = Of(m.q_heads);
  double values = heads * dim * dim;
  if (m.mixer == Mixer::kGatedDeltaNet) {
    heads = Of(m.kv_heads);
    values = heads * dim * Of(m.v_head_dim, dim);
  }
  if (m.mixer == Mixer::kMamba2) values = heads * dim * Of(m.state);
  const double layers = Of(m.layers);
  out.recurrent.kernels += 3.0 * layers;  // Convolution, gates, recurrence.
  out.recurrent.state_bytes += layers * values / group * 4.0;
  // A chunked scan of 64 tokens costs about six products of state size a token.
  out.recurrent.prefill_flop_per_token += layers * 6.0 * values / group;
}

void AddMixer(const catalog::MixerLayers& m, const Formats& formats, Lowered& out) {
  const double group = out.group_chips;
  const double layers = Of(m.layers);
  const double weights = layers * catalog::MixerParameters(m, out.hidden) +
                         Of(m.indexer ? m.indexer->layers : std::nullopt, layers) *
                             catalog::IndexerParameters(m, out.hidden);
  const bool latent = m.mixer == Mixer::kMla || m.mixer == Mixer::kCompressed;
  AddProducts(out, layers * (latent ? 6.0 : 2.0), weights, group, formats.attention);
  out.layers += layers;
  const bool recurrent =
      m.mixer == Mixer::kGatedDeltaNet || m.mixer == Mixer::kKimiDelta || m.mixer == Mixer::kMamba2;
  if (recurrent) return AddRecurrent(m, group, out);
  if (out.attention_count == kMaxAttentions) return;  // CheckShape has refused more.
  Attention& a = out.attentions[out.attention_count++];
  if (m.mixer == Mixer::kGqa) a = GqaAttention(m, group, formats.cache_bytes);
  if (m.mixer == Mixer::kMla) a = MlaAttention(m, group, formats.cache_bytes);
  if (m.mixer == Mixer::kCompressed) a = CompressedAttention(m, group, formats.cache_bytes);
  AddIndexer(m, a);
  const bool forgets = a.window > 0.0 && !m.indexer;
  if (forgets) out.windowed_bytes_per_sequence += a.window * a.bytes_per_context_token;
  if (!forgets) out.cache_bytes_per_token += a.cache_bytes_per_token;
}

void AddFfn(const catalog::FfnLayers& f, const Formats& formats, Lowered& out) {
  const double chips = out.layout.chips;
  const double matrices = f.gated ? 3.0 : 2.0;
  const double layers = Of(f.layers);
  if (!f.routed) {
    const double weights = layers * matrices * out.hidden * Of(f.width);
    AddProducts(out, 2.0 * layers, weights, out.group_chips, formats.experts);
    return;
  }
  Experts& e = out.experts[out.expert_count++];
  const double width = Of(f.latent, out.hidden);
  const double expert = matrices * width * Of(f.width);
  e.layers = layers;
  e.experts = Of(f.experts);
  e.top_k = Of(f.top_k);
  e.bytes_per_expert = expert * BytesPerWeight(formats.experts);
  e.flop_per_token = 2.0 * e.top_k * expert;
  e.precision = formats.experts;
  const double shared =
      Of(f.shared_experts) * matrices * out.hidden * Of(f.shared_width, Of(f.width));
  const double beside = (shared + (f.latent ? 2.0 * out.hidden * width : 0.0)) * layers;
  if (beside > 0.0) AddProducts(out, 2.0 * layers, beside, out.group_chips, formats.experts);
  AddProducts(out, layers, layers * out.hidden * e.experts, 1.0, Precision::kBf16);  // Router.
  out.routed_layers += layers;
  out.weight_bytes += layers * e.experts * e.bytes_per_expert / (chips / out.layout.pp);
}

Result<> CheckShape(const catalog::Model& model, const Layout& layout) {
  if (layout.chips < 1.0 || layout.dp < 1.0 || layout.ep < 1.0 || layout.pp < 1.0) {
    return Wrong("chips, dp, ep and pp must be at least 1");
  }
  if (layout.dp > layout.chips || layout.ep > layout.chips) {
    return Wrong(fmt::format("dp {} and ep {} must not exceed the worker's {} chips", layout.dp,
                             layout.ep, layout.chips));
  }
  std::size_t attentions = 0;
  std::size_t routed = 0;
  for (const auto& m : model.mixers) {
    attentions += m.mixer == Mixer::kGqa || m.mixer == Mixer::kMla || m.mixer == Mixer::kCompressed;
  }
  for (const auto& f : model.ffns) routed += f.routed;
  if (attentions > kMaxAttentions || routed > kMaxExperts) {
    return Wrong(fmt::format("model '{}' has more than {} kinds of attention or {} of experts",
                             model.entry.id, kMaxAttentions, kMaxExperts));
  }
  return {};
}

bool Mentions(std::string_view text, std::string_view word) {
  return text.find(word) != std::string_view::npos;
}

}  // namespace

Result<Formats> FormatsOf(const catalog::Model& model, std::string_view precision) {
  // "bf16 (also released in fp8)": what stands in brackets is another release.
  const std::string_view of = precision.empty() ? std::string_view(model.precision) : precision;
  const std::string asked = catalog::Fold(of.substr(0, of.find('(')));
  const std::string released = catalog::Fold(model.precision);
  Formats f;
  const bool four = Mentions(asked, "fp4") || Mentions(asked, "int4") || Mentions(asked, "4bit");
  if (four) {
    f = {Precision::kFp4, Precision::kFp4, 1.0};
    const bool latent = std::any_of(model.mixers.begin(), model.mixers.end(), [](const auto& m) {
      return m.mixer == Mixer::kMla || m.mixer == Mixer::kCompressed;
    });
    // Four-bit releases of models with routed experts leave attention wider.
    const bool rest = Mentions(released, "experts") || latent;
    if (rest) f.attention = Mentions(released, "fp8") ? Precision::kFp8 : Precision::kBf16;
    if (Mentions(asked, "int4")) f.cache_bytes = 2.0;
    return f;
  }
  if (Mentions(asked, "fp8") || Mentions(asked, "int8")) {
    // Engines keep the cache as wide as the release says, where nobody asks for less.
    return Formats{Precision::kFp8, Precision::kFp8, Mentions(released, "bf16cache") ? 2.0 : 1.0};
  }
  if (Mentions(asked, "bf16") || Mentions(asked, "f16") || asked == "f32") return f;
  // GGUF's: blocks of 32 share a scale; the cache stays at two bytes a value.
  if (asked == "q40") return Formats{Precision::kFp4, Precision::kFp4, 2.0};
  if (asked == "q80") return Formats{Precision::kFp8, Precision::kFp8, 2.0};
  return Wrong(
      fmt::format("precision '{}' is not known; known are bf16, fp16, f32, fp8, int8, fp4, nvfp4, "
                  "mxfp4, int4, q8_0 and q4_0",
                  precision));
}

Result<Lowered> Lower(const catalog::Model& model, const Layout& layout, const Formats& formats) {
  RS_RETURN_IF_ERROR(CheckShape(model, layout));
  Lowered out;
  out.layout = layout;
  out.hidden = Of(model.hidden);
  out.group_chips = layout.chips / layout.pp / layout.dp;
  for (const auto& m : model.mixers) AddMixer(m, formats, out);
  for (const auto& f : model.ffns) AddFfn(f, formats, out);
  out.reduced_layers = out.layers;
  for (const auto& m : model.mixers) out.normed_layers += m.qk_norm_whole ? Of(m.layers) : 0.0;
  const double table = Of(model.vocab) * out.hidden * BytesPerWeight(Precision::kBf16);
  out.head = {1.0, table / layout.chips, 2.0 * Of(model.vocab) * out.hidden / layout.chips,
              Precision::kBf16};
  for (std::size_t i = 0; i < out.product_count; ++i) {
    out.weight_bytes += out.products[i].weight_bytes;
  }
  out.weight_bytes += (model.tied_embeddings ? 1.0 : 2.0) * out.head.weight_bytes;
  out.weight_bytes /= layout.pp;  // A stage holds its layers only.
  out.cache_bytes_per_token /= layout.pp;
  out.windowed_bytes_per_sequence /= layout.pp;
  return out;
}

}  // namespace roofscape::perf
