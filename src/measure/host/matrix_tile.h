// The kernels of matrix_kernels.h, once for all vector extensions: templates over a type V that
// wraps one. V must be local to the file that compiles for the extension, so that no function made
// from it is shared with the rest of the program; for the same reason nothing of the standard
// library is called in here. V has
//
//   Vec, kWidth       numbers side by side; Zero(), Load(const float*), Load(Half*), Load(Bf16*),
//                     Fma(a, b, c) = a * b + c, Sum(Vec)
//   BlockVec          8 numbers side by side; BlockZero(), BlockFma(float, BlockVec, BlockVec),
//                     BlockSum()
//   Bytes             the 32 small integers of a block; LoadBytes(p), LoadNibbles(p),
//                     Dot(w, x): their products, added up to 8 numbers
//   FromHalfBits()    binary16 to binary32
//
// Thread safety: pure functions.

#pragma once

#include <cstddef>
#include <cstdint>

#include "measure/host/matrix_kernels.h"

namespace roofscape::host {

struct Half {
  std::uint16_t bits;
};
struct Bf16 {
  std::uint16_t bits;
};

/// Tokens that share a loaded weight, and rows whose sums are kept at once: together with the
/// operands they fill 16 registers. A single token leaves room for more rows, which it needs: each
/// sum is a chain of dependent additions.
inline constexpr int kTileTokens = 4;
constexpr std::size_t Size(int n) { return static_cast<std::size_t>(n); }
constexpr int TileRows(int tokens) { return tokens == 1 ? 6 : 3; }

/// Weights that are numbers.
template <class V, class Weight>
struct NumberTiles {
  template <int kRows, int kTokens>
  static void Run(const MatrixProduct& p, std::int64_t row, std::int64_t token) {
    const std::int64_t k = p.k;
    const Weight* w = reinterpret_cast<const Weight*>(p.weights) + row * k;
    const float* x = p.x + token * k;
    typename V::Vec sums[Size(kRows)][Size(kTokens)];
    for (int r = 0; r < kRows; ++r) {
      for (int t = 0; t < kTokens; ++t) sums[r][t] = V::Zero();
    }
    for (std::int64_t i = 0; i < k; i += V::kWidth) {
      typename V::Vec loaded[Size(kRows)];
      for (int r = 0; r < kRows; ++r) loaded[r] = V::Load(w + r * k + i);
      for (int t = 0; t < kTokens; ++t) {
        const typename V::Vec input = V::Load(x + t * k + i);
        for (int r = 0; r < kRows; ++r) sums[r][t] = V::Fma(loaded[r], input, sums[r][t]);
      }
    }
    for (int t = 0; t < kTokens; ++t) {
      for (int r = 0; r < kRows; ++r) p.y[(token + t) * p.n + row + r] = V::Sum(sums[r][t]);
    }
  }
};

template <class V>
struct Q8Format {
  static constexpr std::int64_t kBytes = 2 + kWeightsPerBlock;
  static typename V::Bytes Load(const std::byte* block) { return V::LoadBytes(block + 2); }
};

template <class V>
struct Q4Format {
  static constexpr std::int64_t kBytes = 2 + kWeightsPerBlock / 2;
  static typename V::Bytes Load(const std::byte* block) { return V::LoadNibbles(block + 2); }
};

/// Weights in blocks of small integers with a scale.
template <class V, class Format>
struct BlockTiles {
  template <int kRows, int kTokens>
  static void Run(const MatrixProduct& p, std::int64_t row, std::int64_t token) {
    const std::int64_t blocks = p.k / kWeightsPerBlock;
    const std::byte* w = p.weights + row * blocks * Format::kBytes;
    const std::int8_t* x = p.x_bytes + token * p.k;
    const float* x_scales = p.x_scales + token * blocks;
    typename V::BlockVec sums[Size(kRows)][Size(kTokens)];
    for (int r = 0; r < kRows; ++r) {
      for (int t = 0; t < kTokens; ++t) sums[r][t] = V::BlockZero();
    }
    for (std::int64_t b = 0; b < blocks; ++b) {
      typename V::Bytes loaded[Size(kRows)];
      float scales[Size(kRows)];
      for (int r = 0; r < kRows; ++r) {
        const std::byte* block = w + (r * blocks + b) * Format::kBytes;
        std::uint16_t bits = 0;
        __builtin_memcpy(&bits, block, sizeof bits);
        scales[r] = V::FromHalfBits(bits);
        loaded[r] = Format::Load(block);
      }
      for (int t = 0; t < kTokens; ++t) {
        const auto* at = reinterpret_cast<const std::byte*>(x + t * p.k + b * kWeightsPerBlock);
        const typename V::Bytes input = V::LoadBytes(at);
        const float scale = x_scales[t * blocks + b];
        for (int r = 0; r < kRows; ++r) {
          sums[r][t] = V::BlockFma(scales[r] * scale, V::Dot(loaded[r], input), sums[r][t]);
        }
      }
    }
    for (int t = 0; t < kTokens; ++t) {
      for (int r = 0; r < kRows; ++r) p.y[(token + t) * p.n + row + r] = V::BlockSum(sums[r][t]);
    }
  }
};

template <class Tiles, int kTokens>
void RunTokens(const MatrixProduct& p, std::int64_t row, std::int64_t rows, std::int64_t token) {
  constexpr int kRows = TileRows(kTokens);
  std::int64_t r = 0;
  for (; r + kRows <= rows; r += kRows) Tiles::template Run<kRows, kTokens>(p, row + r, token);
  for (; r < rows; ++r) Tiles::template Run<1, kTokens>(p, row + r, token);
}

/// All tokens of a block against a few rows, then the next rows: the inputs of a block stay in the
/// cache, so that weights come from memory once a block.
template <class Tiles>
void RunProduct(const MatrixProduct& p) {
  constexpr std::int64_t kBlockNumbers = 64 * 1024;
  constexpr std::int64_t kStripRows = 6;
  std::int64_t block = kBlockNumbers / p.k / kTileTokens * kTileTokens;
  if (block < kTileTokens) block = kTileTokens;
  for (std::int64_t begin = 0; begin < p.m; begin += block) {
    const std::int64_t end = begin + block < p.m ? begin + block : p.m;
    for (std::int64_t row = p.first_row; row < p.end_row; row += kStripRows) {
      const std::int64_t left = p.end_row - row;
      const std::int64_t rows = left < kStripRows ? left : kStripRows;
      std::int64_t token = begin;
      for (; token + kTileTokens <= end; token += kTileTokens) {
        RunTokens<Tiles, kTileTokens>(p, row, rows, token);
      }
      switch (end - token) {
        case 3: RunTokens<Tiles, 3>(p, row, rows, token); break;
        case 2: RunTokens<Tiles, 2>(p, row, rows, token); break;
        case 1: RunTokens<Tiles, 1>(p, row, rows, token); break;
        default: break;
      }
    }
  }
}

template <class V>
float ReadAll(const float* values, std::int64_t count) {
  constexpr int kChains = 8;
  typename V::Vec sums[Size(kChains)];
  for (int c = 0; c < kChains; ++c) sums[c] = V::Zero();
  for (std::int64_t i = 0; i < count; i += std::int64_t{kChains} * V::kWidth) {
    for (int c = 0; c < kChains; ++c) {
      sums[c] = V::Add(sums[c], V::Load(values + i + std::int64_t{c} * V::kWidth));
    }
  }
  float total = 0;
  for (int c = 0; c < kChains; ++c) total += V::Sum(sums[c]);
  return total;
}

template <class V>
constexpr KernelSet MakeKernelSet(std::string_view name) {
  return {name,
          {RunProduct<NumberTiles<V, float>>, RunProduct<NumberTiles<V, Half>>,
           RunProduct<NumberTiles<V, Bf16>>, RunProduct<BlockTiles<V, Q8Format<V>>>,
           RunProduct<BlockTiles<V, Q4Format<V>>>},
          ReadAll<V>};
}

}  // namespace roofscape::host
