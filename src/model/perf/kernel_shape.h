// What a kernel is asked to do, and where that lies: the shape of a call is turned into its
// roofline time on a chip and into the coordinates under which its measured efficiency is kept
// (kernel_curve.h). The tool that fits the curves and the model that reads them use these same
// functions, so a curve cannot be read with another meaning than it was made with.
//
// A shape is what one rank (one GPU) executes, after every split by tensor or expert parallelism,
// unless a field says otherwise. Numbers are counts, bytes are bytes, times are seconds.
//
// Formulas: general matrix product 2mnk; attention 4 d for each pair of query and key and head
// (2 d for the scores, 2 d for the values), causal; multi-head latent attention (MLA) with the
// widths of DeepSeek-V3 (arXiv 2412.19437); collectives as in the NCCL tests: an all-reduce moves
// 2 (N-1)/N of the message over each link, the others (N-1)/N.
//
// Thread safety: pure functions.

#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace roofscape::perf {

/// Numbers of a format are part of the file of curves: append, never renumber.
enum class KernelPrecision : std::uint8_t {
  kBf16,
  kFp8,         // Per-tensor scales, 8-bit weights and activations.
  kFp8Block,    // Scales per block of 128.
  kNvfp4,       // 4-bit weights and activations, a scale per 16.
  kMxfp4,       // 4-bit weights, 16-bit activations.
  kMxfp4Mxfp8,  // 4-bit weights, 8-bit activations.
  kInt8,        // 8-bit integers both.
  kInt8Weight,  // 8-bit weights, 16-bit activations.
  kInt4Weight,  // 4-bit weights, 16-bit activations.
  kBf16KvFp8,   // Attention only: computes in 16 bits, the cache has 8.
};
inline constexpr int kKernelPrecisions = 10;

std::string_view Name(KernelPrecision precision);

/// Datasheet peaks of a chip: dense, no sparsity. A peak that the chip has not is 0.
struct Roofs {
  double bf16_flops = 0;
  double fp8_flops = 0;
  double fp4_flops = 0;
  double int8_ops = 0;
  double memory_bytes_s = 0;
  double link_bytes_s = 0;  // Scale-up, one way, per chip.

  friend bool operator==(const Roofs&, const Roofs&) = default;
};

/// Where a call lies: its roofline time and its coordinates, each the log2 of a feature.
inline constexpr int kMaxAxes = 4;
struct KernelPoint {
  double roof_s = 0;
  std::array<float, kMaxAxes> x = {};
};

/// C[m,n] = A[m,k] B[k,n]; m is tokens, B the weight.
struct GemmShape {
  double m = 0;
  double n = 0;
  double k = 0;
};

/// How tokens fall on experts: evenly, by a power law of that exponent, or by such a law with the
/// hottest experts replicated and spread (EPLB).
enum class Routing : std::uint8_t {
  kBalanced,
  kPowerLaw101,
  kPowerLaw120,
  kPowerLaw101Eplb,
  kPowerLaw120Eplb,
};

/// What a rank is given: every token of the group, of which it serves those of its experts and
/// returns a sum for all; or, after an exchange between ranks, only its own, in one row after the
/// other or in a padded block an expert (DeepEP's layouts of prefill and of decode).
enum class MoeInput : std::uint8_t { kAllTokens, kOwnTokens, kOwnTokensPadded };

/// The routed experts of one layer on the most loaded rank: both (gated: three) products and what
/// the engine fuses with them. `tokens` are all tokens of the expert-parallel group.
struct MoeShape {
  double tokens = 0;
  double hidden = 0;
  double inter = 0;  // Of the whole expert, before tensor parallelism.
  double top_k = 0;
  double experts = 0;  // Of the whole layer.
  double tp = 1;
  double ep = 1;
  bool gated = true;
  Routing routing = Routing::kBalanced;
  MoeInput input = MoeInput::kAllTokens;
};

/// What the most loaded rank of a routed layer has to do.
struct MoeLoad {
  double rows = 0;     // Tokens times experts of theirs.
  double experts = 0;  // Of its own that have a row.
};

/// Balanced: the mean of all ranks, and no expert idle while there are rows; EPLB counts as that,
/// its curve has the rest. A power law: the popularity of an expert is taken as gamma distributed
/// with mean 1 and a shape s, 0.8 for exponent 1.01 and 0.4 for 1.2 (chosen by us, so that no
/// measured layer is faster than its roof). Then a rank of E experts has 1 + sqrt(2 ln(ranks) / (s
/// E)) times the mean (the expected maximum of normal deviates), and an expert with a mean of r
/// rows has none with probability (1 + r/s)^-s.
MoeLoad LoadOf(const MoeShape& shape);

/// Causal attention of `tokens` new tokens a sequence after `prefix` cached ones.
struct PrefillShape {
  double batch = 0;
  double tokens = 0;
  double prefix = 0;
  double heads = 0;
  double kv_heads = 0;
  double head_dim = 0;
  double window = 0;  // 0: none.
};

/// One new token a sequence, `context` positions in the cache including its own.
struct DecodeShape {
  double batch = 0;
  double context = 0;
  double heads = 0;
  double kv_heads = 0;
  double head_dim = 0;
  double window = 0;  // 0: none.
};

/// MLA without its projections (module = false), or the whole attention block from hidden state to
/// hidden state with DeepSeek-V3's projections (module = true).
struct MlaPrefillShape {
  double batch = 0;
  double tokens = 0;
  double prefix = 0;
  double heads = 0;
  bool module = false;
  KernelPrecision projections = KernelPrecision::kBf16;  // Of a module.
};
struct MlaDecodeShape {
  double batch = 0;
  double context = 0;
  double heads = 0;
  bool module = false;
  KernelPrecision projections = KernelPrecision::kBf16;  // Of a module.
};

/// One of the two batched products around MLA's decode attention: queries into the compressed space
/// (128 to 512 a head) or values out of it (512 to 128).
struct MlaBmmShape {
  double tokens = 0;
  double heads = 0;
};

/// A layer with a recurrent state, [value_heads, key_dim, value_dim] in 32 bits a sequence: gated
/// delta net, Kimi's delta attention, Mamba 2 (whose state size is key_dim and whose groups are
/// key_heads). `tokens` are new ones of one sequence, 1 in decoding. The causal convolution in
/// front (of width 4, over keys, queries and values) is a kernel of its own: `convolution`.
struct RecurrentShape {
  double batch = 0;
  double tokens = 0;
  double key_heads = 0;
  double value_heads = 0;
  double key_dim = 0;
  double value_dim = 0;
  bool convolution = false;
};

/// `bytes` is the message as NCCL's tests count it: the whole tensor of an all-reduce, what a rank
/// ends with after an all-gather, what it begins with in a reduce-scatter or an all-to-all.
enum class CollectiveKind : std::uint8_t { kAllReduce, kAllGather, kReduceScatter, kAllToAll };
struct CollectiveShape {
  CollectiveKind kind = CollectiveKind::kAllReduce;
  double bytes = 0;
  double gpus = 0;
};

/// Tokens to the ranks of their experts (dispatch) or back (combine). `tokens` are those of one
/// rank.
struct ExchangeShape {
  double tokens = 0;
  double hidden = 0;
  double top_k = 0;
  double ranks = 0;
  double element_bytes = 2;  // On the wire.
};

/// `precision` is the curve's. REQUIRES: every count of the shape is positive (prefix and window
/// may be 0) and finite.
KernelPoint Locate(const GemmShape& shape, KernelPrecision precision, const Roofs& roofs);
KernelPoint Locate(const MoeShape& shape, KernelPrecision precision, const Roofs& roofs);
KernelPoint Locate(const PrefillShape& shape, KernelPrecision precision, const Roofs& roofs);
KernelPoint Locate(const DecodeShape& shape, KernelPrecision precision, const Roofs& roofs);
KernelPoint Locate(const MlaPrefillShape& shape, KernelPrecision precision, const Roofs& roofs);
KernelPoint Locate(const MlaDecodeShape& shape, KernelPrecision precision, const Roofs& roofs);
KernelPoint Locate(const MlaBmmShape& shape, KernelPrecision precision, const Roofs& roofs);
KernelPoint Locate(const RecurrentShape& shape, KernelPrecision precision, const Roofs& roofs);
KernelPoint Locate(const CollectiveShape& shape, KernelPrecision precision, const Roofs& roofs);
KernelPoint Locate(const ExchangeShape& shape, KernelPrecision precision, const Roofs& roofs);

/// Bytes of a weight, of an activation on its way in, and of a cached key or value, scales
/// included.
double WeightBytes(KernelPrecision precision);
double ActivationBytes(KernelPrecision precision);
double CacheBytes(KernelPrecision precision);

/// The peak of the units that compute in this precision; the next wider ones where the chip has
/// none.
double PeakFlops(KernelPrecision precision, const Roofs& roofs);

/// Pairs of query and key of one sequence and head: `tokens` queries after `prefix`, causal, each
/// seeing the last `window` positions (0: all).
double CausalPairs(double tokens, double prefix, double window);

}  // namespace roofscape::perf
