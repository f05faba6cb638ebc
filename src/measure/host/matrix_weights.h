// The number formats in which inference engines keep weights, so that a matrix product can be timed
// on what an engine really reads. The quantised ones are GGUF's: blocks of 32 weights with one
// binary16 scale; Q8_0 then has 32 bytes, Q4_0 16 bytes that hold the first 16 weights in their low
// halves and the last 16 in their high ones, each 8 more than the weight.
//
// Source of the formats: the GGUF specification, "ggml quantization types".
//
// Thread safety: pure functions.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace roofscape::host {

enum class WeightType { kF32, kF16, kBf16, kQ8_0, kQ4_0 };

inline constexpr std::array<std::string_view, 5> kWeightTypeNames = {"f32", "f16", "bf16", "q8_0",
                                                                     "q4_0"};
inline constexpr std::array<WeightType, 5> kWeightTypes = {
    WeightType::kF32, WeightType::kF16, WeightType::kBf16, WeightType::kQ8_0, WeightType::kQ4_0};

/// Weights that share a scale, and what every row's length must be a multiple of.
inline constexpr std::int64_t kWeightsPerBlock = 32;

std::string_view Name(WeightType type);

/// Bytes of `count` weights. REQUIRES: a multiple of kWeightsPerBlock.
std::int64_t WeightBytes(WeightType type, std::int64_t count);

/// The weights in that format, rounded to its nearest values.
/// REQUIRES: a multiple of kWeightsPerBlock, each weight below 60,000 in absolute value.
std::vector<std::byte> PackWeights(WeightType type, std::span<const float> weights);

/// What PackWeights() kept of them.
std::vector<float> UnpackWeights(WeightType type, std::span<const std::byte> packed);

/// Rounds to binary16 and back. Values too small for it become 0.
std::uint16_t ToHalf(float value);
float FromHalf(std::uint16_t half);

/// Input vectors for quantised weights: a scale for each 32 of them, and bytes in -127..127.
/// REQUIRES: count a multiple of kWeightsPerBlock, `bytes` and `scales` large enough.
void QuantiseInputs(const float* values, std::int64_t count, std::int8_t* bytes, float* scales);

}  // namespace roofscape::host
