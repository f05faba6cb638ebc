// What network make-model writes: the shape that the user chose, checked, and the tensors that
// follow from it. Llama's architecture: grouped-query attention, gated feed-forward, RMS norms.
//
// Thread safety: plain values, pure functions.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/core/result.h"
#include "measure/gguf/vocabulary.h"

namespace roofscape::gguf {

/// The number that GGUF gives to each element type. Q4_0 and Q8_0: blocks of 32 weights that share
/// a binary16 scale, 4 or 8 bits each.
enum class TensorType : std::uint32_t { kFloat32 = 0, kFloat16 = 1, kQ4_0 = 2, kQ8_0 = 8 };

/// How many weights share a block of kQ4_0 or kQ8_0, and the bytes of a block.
inline constexpr std::int64_t kBlockWeights = 32;
inline constexpr std::int64_t kQ4BlockBytes = 2 + kBlockWeights / 2;
inline constexpr std::int64_t kQ8BlockBytes = 2 + kBlockWeights;

/// Everything that decides the bytes of a model file. The default is wide and shallow: attention is
/// the part of a decoding step that does not get cheaper per request in a batch, and on a CPU it
/// costs most in networks with many layers and heads. This one shows what batching brings.
struct ModelRecipe {
  std::int64_t embedding = 1024;
  std::int64_t layers = 2;
  std::int64_t heads = 8;
  std::int64_t kv_heads = 2;
  std::int64_t feed_forward = 4096;
  std::int64_t context_tokens = 8192;
  std::uint64_t seed = 1;
  VocabularyKind vocabulary = VocabularyKind::kAscii;
  TensorType matrices = TensorType::kQ4_0;  // Or kQ8_0, kFloat16.
};

/// A tensor to be written: `rows` rows of `columns` weights. The weights of a norm (kFloat32, one
/// row) are all 1; others are random with mean 0 and standard deviation `deviation`.
struct Tensor {
  std::string name;
  std::int64_t columns;
  std::int64_t rows;
  TensorType type;
  double deviation;

  std::int64_t weights() const { return columns * rows; }
  std::int64_t bytes() const;
};

/// No model larger than this is written: it is for trying engines, not for filling disks.
inline constexpr std::int64_t kMaxModelBytes = std::int64_t{16} << 30;

/// kInvalidArgument, naming the flag and the cure, if no engine could run this shape.
Result<> Validate(const ModelRecipe& recipe);

/// The tensors in the order of the file. REQUIRES: Validate(recipe).
std::vector<Tensor> ListTensors(const ModelRecipe& recipe, std::int64_t vocabulary_size);

}  // namespace roofscape::gguf
