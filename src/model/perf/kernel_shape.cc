#include "model/perf/kernel_shape.h"

#include <algorithm>
#include <cmath>

namespace roofscape::perf {
namespace {

// DeepSeek-V3's MLA: widths of a head without and with rotary part, of the compressed cache and of
// the compressed query, and of the hidden state.
constexpr double kNope = 128;
constexpr double kRope = 64;
constexpr double kValue = 128;
constexpr double kKvRank = 512;
constexpr double kQueryRank = 1536;
constexpr double kMlaHidden = 7168;

float Log2(double value) { return std::log2(static_cast<float>(value)); }

struct Traits {
  std::string_view name;
  double weight_bytes;
  double activation_bytes;
  double cache_bytes;
};

constexpr std::array<Traits, kKernelPrecisions> kTraits = {{
    {"bf16", 2, 2, 2},
    {"fp8", 1, 1, 1},
    {"fp8-block", 1, 1.03125, 1},
    {"nvfp4", 0.5625, 0.5625, 1},
    {"mxfp4", 0.53125, 2, 2},
    {"mxfp4-mxfp8", 0.53125, 1.03125, 1},
    {"int8", 1, 1, 1},
    {"int8-weight", 1, 2, 2},
    {"int4-weight", 0.515625, 2, 2},
    {"bf16-kv-fp8", 2, 2, 1},
}};

const Traits& Of(KernelPrecision precision) { return kTraits[static_cast<std::size_t>(precision)]; }

double Roof(double flop, double peak_flops, double bytes, double bytes_s) {
  return std::max(flop / peak_flops, bytes / bytes_s);
}

/// What DeepSeek-V3's projections of one layer weigh on a rank with `heads` of its heads, in
/// elements.
double MlaWeights(double heads) {
  return kMlaHidden * (kQueryRank + kKvRank + kRope) + kQueryRank * heads * (kNope + kRope) +
         kKvRank * heads * (kNope + kValue) + heads * kValue * kMlaHidden;
}

/// Seconds of the projections of `tokens`, by their roof.
double MlaProjections(double tokens, double heads, KernelPrecision precision, const Roofs& roofs) {
  const double weights = MlaWeights(heads);
  const double bytes =
      weights * WeightBytes(precision) + tokens * 2 * kMlaHidden * ActivationBytes(precision);
  return Roof(2 * tokens * weights, PeakFlops(precision, roofs), bytes, roofs.memory_bytes_s);
}

}  // namespace

std::string_view Name(KernelPrecision precision) { return Of(precision).name; }
double WeightBytes(KernelPrecision precision) { return Of(precision).weight_bytes; }
double ActivationBytes(KernelPrecision precision) { return Of(precision).activation_bytes; }
double CacheBytes(KernelPrecision precision) { return Of(precision).cache_bytes; }

double PeakFlops(KernelPrecision precision, const Roofs& roofs) {
  const double eight = roofs.fp8_flops > 0 ? roofs.fp8_flops : roofs.bf16_flops;
  switch (precision) {
    case KernelPrecision::kFp8:
    case KernelPrecision::kFp8Block:
    case KernelPrecision::kMxfp4Mxfp8: return eight;
    case KernelPrecision::kNvfp4: return roofs.fp4_flops > 0 ? roofs.fp4_flops : eight;
    case KernelPrecision::kInt8: return roofs.int8_ops > 0 ? roofs.int8_ops : roofs.bf16_flops;
    case KernelPrecision::kBf16:
    case KernelPrecision::kMxfp4:
    case KernelPrecision::kInt8Weight:
    case KernelPrecision::kInt4Weight:
    case KernelPrecision::kBf16KvFp8: return roofs.bf16_flops;
  }
  return roofs.bf16_flops;
}

double CausalPairs(double tokens, double prefix, double window) {
  if (window <= 0 || tokens + prefix <= window) return tokens * (0.5 * tokens + prefix);
  if (prefix >= window) return tokens * window;
  const double growing = window - prefix;  // Queries that still see everything before them.
  return growing * (0.5 * growing + prefix) + (tokens - growing) * window;
}

KernelPoint Locate(const GemmShape& shape, KernelPrecision precision, const Roofs& roofs) {
  const double bytes = shape.n * shape.k * WeightBytes(precision) +
                       shape.m * shape.k * ActivationBytes(precision) + shape.m * shape.n * 2;
  return {Roof(2 * shape.m * shape.n * shape.k, PeakFlops(precision, roofs), bytes,
               roofs.memory_bytes_s),
          {Log2(shape.m), Log2(shape.n), Log2(shape.k), 0}};
}

MoeLoad LoadOf(const MoeShape& shape) {
  const double local = std::max(1.0, shape.experts / shape.ep);
  // The most loaded rank has at least one token of one expert, however many ranks there are.
  const double mean = std::max(1.0, shape.tokens * shape.top_k / shape.ep);
  if (shape.routing != Routing::kPowerLaw101 && shape.routing != Routing::kPowerLaw120) {
    return {mean, std::min(local, mean)};
  }
  const double spread = shape.routing == Routing::kPowerLaw101 ? 0.8 : 0.4;
  const double hot = 1 + std::sqrt(2 * std::log(shape.ep) / (spread * local));
  const double most = std::max(1.0, shape.tokens * std::min(shape.top_k, local));
  const double rows = std::min(mean * hot, most);
  const double idle = std::pow(1 + rows / (local * spread), -spread);
  return {rows, std::max(1.0, local * (1 - idle))};
}

KernelPoint Locate(const MoeShape& shape, KernelPrecision precision, const Roofs& roofs) {
  const double local_experts = shape.experts / shape.ep;
  const double local_inter = shape.inter / shape.tp;
  const MoeLoad load = LoadOf(shape);
  const double expert = (shape.gated ? 3 : 2) * shape.hidden * local_inter;
  // A rank that is given all tokens reads them and writes a sum for each, whoever has their
  // experts.
  const double passing = shape.input == MoeInput::kAllTokens ? shape.tokens : 0;
  const double bytes = load.experts * expert * WeightBytes(precision) +
                       load.rows * shape.hidden * (ActivationBytes(precision) + 2) +
                       passing * shape.hidden * 4;
  return {Roof(2 * load.rows * expert, PeakFlops(precision, roofs), bytes, roofs.memory_bytes_s),
          {Log2(shape.tokens * shape.top_k / shape.experts), Log2(local_experts),
           Log2(shape.hidden * local_inter), Log2(shape.ep)}};
}

KernelPoint Locate(const PrefillShape& shape, KernelPrecision precision, const Roofs& roofs) {
  const double pairs = CausalPairs(shape.tokens, shape.prefix, shape.window);
  const double total = shape.tokens + shape.prefix;
  const double flop = 4 * shape.batch * shape.heads * shape.head_dim * pairs;
  const double bytes =
      shape.batch * shape.head_dim *
      (shape.tokens * shape.heads * 4 + 2 * total * shape.kv_heads * CacheBytes(precision));
  // A prefix lengthens the rows of scores without adding any: as if fewer, longer sequences.
  const double length =
      std::max(shape.tokens, 2 * CausalPairs(shape.tokens, shape.prefix, 0) / shape.tokens);
  const double parallel = shape.batch * shape.heads * shape.tokens / length;
  return {Roof(flop, PeakFlops(precision, roofs), bytes, roofs.memory_bytes_s),
          {Log2(length), Log2(parallel), Log2(shape.heads / shape.kv_heads),
           shape.window > 0 ? Log2(shape.window) : 0}};
}

KernelPoint Locate(const DecodeShape& shape, KernelPrecision precision, const Roofs& roofs) {
  const double seen = shape.window > 0 ? std::min(shape.context, shape.window) : shape.context;
  const double flop = 4 * shape.batch * shape.heads * shape.head_dim * seen;
  const double bytes = shape.batch * shape.head_dim *
                       (2 * seen * shape.kv_heads * CacheBytes(precision) + 4 * shape.heads);
  return {Roof(flop, PeakFlops(precision, roofs), bytes, roofs.memory_bytes_s),
          {Log2(seen), Log2(shape.batch * shape.kv_heads), Log2(shape.heads / shape.kv_heads),
           Log2(shape.context / seen)}};
}

KernelPoint Locate(const MlaPrefillShape& shape, KernelPrecision precision, const Roofs& roofs) {
  const double pairs = CausalPairs(shape.tokens, shape.prefix, 0);
  const double flop = 2 * shape.batch * shape.heads * pairs * (kNope + kRope + kValue);
  const double bytes = shape.batch * shape.heads * 2 *
                       (shape.tokens * (kNope + kRope + kValue) +
                        (shape.tokens + shape.prefix) * (kNope + kRope + kValue));
  double roof = Roof(flop, PeakFlops(precision, roofs), bytes, roofs.memory_bytes_s);
  if (shape.module) {
    roof += MlaProjections(shape.batch * shape.tokens, shape.heads, shape.projections, roofs);
  }
  const double length = std::max(shape.tokens, 2 * pairs / shape.tokens);
  return {roof, {Log2(length), Log2(shape.batch * shape.tokens / length), Log2(shape.heads), 0}};
}

KernelPoint Locate(const MlaDecodeShape& shape, KernelPrecision precision, const Roofs& roofs) {
  const double flop = 2 * shape.batch * shape.heads * shape.context * (2 * kKvRank + kRope);
  const double bytes = shape.batch * (shape.context * (kKvRank + kRope) * CacheBytes(precision) +
                                      shape.heads * 2 * (2 * kKvRank + kRope));
  double roof = Roof(flop, PeakFlops(precision, roofs), bytes, roofs.memory_bytes_s);
  if (shape.module) roof += MlaProjections(shape.batch, shape.heads, shape.projections, roofs);
  return {roof, {Log2(shape.context), Log2(shape.batch), Log2(shape.heads), 0}};
}

KernelPoint Locate(const MlaBmmShape& shape, KernelPrecision precision, const Roofs& roofs) {
  const double weights = shape.heads * kNope * kKvRank;
  const double bytes =
      weights * WeightBytes(precision) + shape.tokens * shape.heads * (kNope + kKvRank) * 2;
  return {
      Roof(2 * shape.tokens * weights, PeakFlops(precision, roofs), bytes, roofs.memory_bytes_s),
      {Log2(shape.tokens), Log2(shape.heads), 0, 0}};
}

KernelPoint Locate(const RecurrentShape& shape, KernelPrecision precision, const Roofs& roofs) {
  const double sequence_tokens = shape.batch * shape.tokens;
  const double channels = 2 * shape.key_heads * shape.key_dim + shape.value_heads * shape.value_dim;
  const double state = shape.value_heads * shape.key_dim * shape.value_dim;
  // In and out in 16 bits; the state, or the convolution's last three inputs, is read and written.
  double bytes = sequence_tokens * channels * 4 + shape.batch * channels * 3 * 4;
  double flop = sequence_tokens * channels * 8;
  if (!shape.convolution) {
    bytes = sequence_tokens * (channels + shape.value_heads * shape.value_dim) * 2 +
            shape.batch * state * 8;
    flop = sequence_tokens * state * 6;  // Decay aside: recall, write and read the state.
  }
  return {Roof(flop, PeakFlops(precision, roofs), bytes, roofs.memory_bytes_s),
          {Log2(shape.tokens), Log2(shape.batch), Log2(shape.value_heads), 0}};
}

KernelPoint Locate(const CollectiveShape& shape, KernelPrecision /*precision*/,
                   const Roofs& roofs) {
  const double share = (shape.gpus - 1) / shape.gpus;
  const double passes = shape.kind == CollectiveKind::kAllReduce ? 2 : 1;
  return {passes * share * shape.bytes / roofs.link_bytes_s,
          {Log2(shape.bytes), Log2(shape.gpus), 0, 0}};
}

KernelPoint Locate(const ExchangeShape& shape, KernelPrecision /*precision*/, const Roofs& roofs) {
  // A token goes once to each rank that has one of its experts: r (1 - (1 - 1/r)^k) of r ranks are
  // expected, one of them its own.
  const double others = (shape.ranks - 1) / shape.ranks;
  const double touched = shape.ranks * (1 - std::pow(others, shape.top_k));
  const double bytes = shape.tokens * shape.hidden * touched * others * shape.element_bytes;
  return {bytes / roofs.link_bytes_s,
          {Log2(shape.tokens), Log2(shape.hidden), Log2(shape.top_k), Log2(shape.ranks)}};
}

}  // namespace roofscape::perf
