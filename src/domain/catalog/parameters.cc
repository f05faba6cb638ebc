#include "domain/catalog/model.h"

namespace roofscape::catalog {
namespace {

double Of(std::int64_t n) { return static_cast<double>(n); }
double Of(const std::optional<std::int64_t>& n, std::int64_t otherwise = 0) {
  return Of(n.value_or(otherwise));
}

double GqaParameters(const MixerLayers& m, double hidden) {
  const double heads = Of(m.q_heads) * Of(m.head_dim);
  const double kv = Of(m.kv_heads) * Of(m.head_dim);
  return hidden * ((m.output_gate ? 3 : 2) * heads + (m.shared_kv ? 1 : 2) * kv);
}

double MlaParameters(const MixerLayers& m, double hidden) {
  const double heads = Of(m.q_heads);
  const double q_out = heads * (Of(m.qk_nope) + Of(m.qk_rope));
  const double queries = m.q_lora ? Of(m.q_lora) * (hidden + q_out) : hidden * q_out;
  const double latent = hidden * (Of(m.kv_lora) + Of(m.qk_rope));
  const double expand = Of(m.kv_lora) * heads * (Of(m.qk_nope) + Of(m.v_head_dim));
  const double out = heads * Of(m.v_head_dim) * hidden;
  return queries + latent + expand + (m.output_gate ? 2 : 1) * out;
}

double CompressedParameters(const MixerLayers& m, double hidden) {
  const double heads = Of(m.q_heads) * Of(m.head_dim);
  const double queries = Of(m.q_lora) * (hidden + heads);
  const double out =
      m.o_lora ? heads * Of(m.o_lora) + Of(m.o_groups, 1) * Of(m.o_lora) * hidden : heads * hidden;
  // A value and a gate a compressed token; at 4 tokens neighbouring blocks overlap, so twice.
  const double products = !m.compress ? 0 : (*m.compress <= 4 ? 4 : 2);
  return queries + hidden * Of(m.head_dim) * (1 + products) + out;
}

double DeltaNetParameters(const MixerLayers& m, double hidden) {
  const double keys = Of(m.q_heads) * Of(m.head_dim);
  const double values = Of(m.kv_heads) * Of(m.v_head_dim, m.head_dim);
  const double convolution = (2 * keys + values) * Of(m.conv);
  return hidden * (2 * keys + 3 * values + 2 * Of(m.kv_heads)) + convolution;
}

double KimiDeltaParameters(const MixerLayers& m, double hidden) {
  const double dim = Of(m.head_dim);
  const double heads = Of(m.q_heads) * dim;
  // The decay a channel and the output's gate are products of rank head_dim.
  const double gates = 2 * dim * (hidden + heads);
  return 4 * hidden * heads + gates + hidden * Of(m.q_heads) + 3 * heads * Of(m.conv);
}

double Mamba2Parameters(const MixerLayers& m, double hidden) {
  const double inner = Of(m.q_heads) * Of(m.head_dim);
  const double mixed = inner + 2 * Of(m.groups) * Of(m.state);
  return hidden * (inner + mixed + Of(m.q_heads)) + mixed * Of(m.conv) + inner * hidden;
}

void AddFfn(const FfnLayers& f, double hidden, ParameterCount& count) {
  const double matrices = f.gated ? 3 : 2;
  const double layers = Of(f.layers);
  if (!f.routed) {
    count.dense_ffns += layers * matrices * hidden * Of(f.width);
    return;
  }
  const double expert = matrices * Of(f.latent.value_or(0)) * Of(f.width);
  const double routed = f.latent ? expert : matrices * hidden * Of(f.width);
  const double shared = Of(f.shared_experts) * matrices * hidden * Of(f.shared_width, f.width);
  const double router = hidden * Of(f.experts);
  const double to_latent = f.latent ? 2 * hidden * Of(*f.latent) : 0;
  count.routed_experts += layers * Of(f.experts) * routed;
  count.active += layers * Of(f.top_k) * routed;
  count.other_experts += layers * (shared + router + to_latent);
}

}  // namespace

double IndexerParameters(const MixerLayers& m, double hidden) {
  if (!m.indexer) return 0;
  const double dim = Of(m.indexer->head_dim);
  const double heads = Of(m.indexer->heads);
  const double queries = (m.q_lora ? Of(m.q_lora) : hidden) * heads * dim;
  // DeepSeek V4 compresses the index's keys too: two overlapping products and their gates.
  const double keys = m.mixer == Mixer::kCompressed ? 4 * hidden * dim : hidden * dim;
  return queries + keys + hidden * heads;
}

double MixerParameters(const MixerLayers& m, double hidden) {
  switch (m.mixer) {
    case Mixer::kGqa: return GqaParameters(m, hidden);
    case Mixer::kMla: return MlaParameters(m, hidden);
    case Mixer::kCompressed: return CompressedParameters(m, hidden);
    case Mixer::kGatedDeltaNet: return DeltaNetParameters(m, hidden);
    case Mixer::kKimiDelta: return KimiDeltaParameters(m, hidden);
    case Mixer::kMamba2: return Mamba2Parameters(m, hidden);
  }
  return 0;
}

ParameterCount CountParameters(const Model& model) {
  const double hidden = Of(model.hidden);
  ParameterCount count;
  for (const MixerLayers& m : model.mixers) {
    count.mixers += Of(m.layers) * MixerParameters(m, hidden);
    if (m.indexer) {
      count.mixers += Of(m.indexer->layers, m.layers) * IndexerParameters(m, hidden);
    }
  }
  for (const FfnLayers& f : model.ffns) AddFfn(f, hidden, count);
  const double table = Of(model.vocab) * hidden;
  count.embeddings = (model.tied_embeddings ? 1 : 2) * table;
  const double always = count.mixers + count.dense_ffns + count.other_experts;
  count.total = always + count.routed_experts + count.embeddings;
  count.active += always + table;
  return count;
}

double CacheValuesPerToken(const Model& model) {
  double values = 0;
  for (const MixerLayers& m : model.mixers) {
    double layer = 0;
    if (m.mixer == Mixer::kGqa && !m.window && !m.chunk)
      layer = 2 * Of(m.kv_heads) * Of(m.head_dim);
    if (m.mixer == Mixer::kMla) layer = Of(m.kv_lora) + Of(m.qk_rope);
    if (m.mixer == Mixer::kCompressed && m.compress) layer = Of(m.head_dim) / Of(*m.compress);
    values += Of(m.layers) * layer;
    if (m.indexer) {
      values += Of(m.indexer->layers, m.layers) * Of(m.indexer->head_dim) / Of(m.compress, 1);
    }
  }
  return values;
}

double StateValuesPerSequence(const Model& model) {
  double values = 0;
  for (const MixerLayers& m : model.mixers) {
    const double dim = Of(m.head_dim);
    double layer = 0;
    if (m.mixer == Mixer::kGatedDeltaNet)
      layer = Of(m.kv_heads) * dim * Of(m.v_head_dim, m.head_dim);
    if (m.mixer == Mixer::kKimiDelta) layer = Of(m.q_heads) * dim * dim;
    if (m.mixer == Mixer::kMamba2) layer = Of(m.q_heads) * dim * Of(m.state);
    values += Of(m.layers) * layer;
  }
  return values;
}

}  // namespace roofscape::catalog
