// Matrix products as an inference engine on a CPU does them: a few rows of inputs (one a token)
// against a matrix of weights in one of an engine's number formats. Straightforward kernels:
// weights are read once for as many tokens as registers hold, the sum runs along a row. They show
// what this machine's vector units and memory give, not the last tenth that a tuned library gets.
//
// One set a vector extension; each is compiled for it alone, and KernelSets() returns only those
// that this processor has.
//
// Thread safety: pure functions; products over different rows may run at the same time.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "measure/host/matrix_weights.h"

namespace roofscape::host {

/// y[m][n] = x[m][k] * weights[n][k]^T, for the rows first_row..end_row of the weights.
/// REQUIRES: k a multiple of kWeightsPerBlock.
struct MatrixProduct {
  const std::byte* weights = nullptr;  // n rows, without gaps.
  std::int64_t m = 0, n = 0, k = 0;
  std::int64_t first_row = 0, end_row = 0;
  const float* x = nullptr;
  /// The same inputs from QuantiseInputs(): what the quantised formats read in place of x.
  const std::int8_t* x_bytes = nullptr;
  const float* x_scales = nullptr;
  float* y = nullptr;
};

struct KernelSet {
  std::string_view name;  // "avx512", "avx2", "plain"
  /// By WeightType.
  std::array<void (*)(const MatrixProduct&), kWeightTypes.size()> product;
  /// The sum of `count` numbers, with as many loads under way as the processor allows: reading at
  /// its fastest. REQUIRES: count a multiple of 128.
  float (*read)(const float* values, std::int64_t count);
};

/// Those that this processor can run, fastest first; the last is plain C++.
std::span<const KernelSet* const> KernelSets();

/// One vector extension each; null where the program was not compiled for it. Whether the processor
/// has it is for the caller to ask.
const KernelSet* Avx512Kernels();
const KernelSet* Avx2Kernels();
const KernelSet* PlainKernels();

}  // namespace roofscape::host
