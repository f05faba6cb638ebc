// The head of a GGUF version 3 file: metadata and the table of tensors. Everything is
// little-endian, and tensor data follow at multiples of kAlignment.
//
// Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
// Thread safety: pure functions.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "measure/gguf/network.h"
#include "measure/gguf/vocabulary.h"

namespace roofscape::gguf {

inline constexpr std::int64_t kAlignment = 32;

/// `bytes` rounded up to a multiple of kAlignment.
constexpr std::int64_t Aligned(std::int64_t bytes) {
  return (bytes + kAlignment - 1) / kAlignment * kAlignment;
}

/// Appends `value` as `bytes` bytes, the lowest first.
void AppendLittleEndian(std::string& out, std::uint64_t value, int bytes);

/// All bytes before the first tensor's data, padded. Tensors follow each other, each padded to
/// kAlignment. REQUIRES: Validate(recipe).
std::string EncodeHeader(const ModelRecipe& recipe, const Vocabulary& vocabulary,
                         const std::vector<Tensor>& tensors);

}  // namespace roofscape::gguf
