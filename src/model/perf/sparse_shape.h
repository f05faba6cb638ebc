// Sparse attention as it was measured: whole attention blocks, from hidden state to hidden state,
// projections, indexer and the attention over the chosen keys included. The shapes of the measured
// models are built in, since a block's time cannot be taken apart; see kernel_shape.h for the rest.
//
// Thread safety: pure functions.

#pragma once

#include <cstdint>
#include <string_view>

#include "model/perf/kernel_shape.h"

namespace roofscape::perf {

/// The kinds of block that have curves. Numbers are part of the file: append, never renumber.
enum class SparseBlock : std::uint8_t {
  kDsaDeepSeekV32,
  kDsaGlm5,
  kDsaGlm5ReusedIndex,  // GLM-5.2's layers that take the choice of keys of an earlier layer.
  kCsaDeepSeekV4Flash,  // Keys compressed by 4, the best chosen.
  kCsaDeepSeekV4Pro,
  kHcaDeepSeekV4Flash,  // Keys compressed by 128, all of them.
  kHcaDeepSeekV4Pro,
  kMsaMiniMaxM3,
};
inline constexpr int kSparseBlocks = 8;

std::string_view Name(SparseBlock block);

/// `tokens` new ones a sequence after `prefix` cached ones; heads of this rank.
struct SparsePrefillShape {
  SparseBlock block = SparseBlock::kDsaDeepSeekV32;
  double batch = 0;
  double tokens = 0;
  double prefix = 0;
  double heads = 0;
  KernelPrecision projections = KernelPrecision::kBf16;
};

/// One new token a sequence, `context` positions in the cache.
struct SparseDecodeShape {
  SparseBlock block = SparseBlock::kDsaDeepSeekV32;
  double batch = 0;
  double context = 0;
  double heads = 0;
  KernelPrecision projections = KernelPrecision::kBf16;
};

KernelPoint Locate(const SparsePrefillShape& shape, KernelPrecision precision, const Roofs& roofs);
KernelPoint Locate(const SparseDecodeShape& shape, KernelPrecision precision, const Roofs& roofs);

}  // namespace roofscape::perf
