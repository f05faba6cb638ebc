#include "measure/host/matrix_weights.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

#include "base/core/check.h"

namespace roofscape::host {
namespace {

constexpr std::int64_t kQ8Bytes = 2 + kWeightsPerBlock;
constexpr std::int64_t kQ4Bytes = 2 + kWeightsPerBlock / 2;
constexpr int kMantissaCut = 13;  // binary32 has this many more bits of mantissa than binary16.

void Append(std::vector<std::byte>& out, const void* data, std::size_t size) {
  const auto* bytes = static_cast<const std::byte*>(data);
  out.insert(out.end(), bytes, bytes + size);
}

template <class T>
T At(std::span<const std::byte> bytes, std::size_t at) {
  T value;
  std::memcpy(&value, bytes.data() + at, sizeof value);
  return value;
}

float Largest(const float* values) {
  float largest = 0;
  for (std::int64_t i = 0; i < kWeightsPerBlock; ++i) {
    largest = std::max(largest, std::fabs(values[i]));
  }
  return largest;
}

std::uint16_t ToBf16(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t to_even = 0x7fffU + ((bits >> 16U) & 1U);
  return static_cast<std::uint16_t>((bits + to_even) >> 16U);
}

void PackBlock(WeightType type, const float* block, std::vector<std::byte>& out) {
  const float steps = type == WeightType::kQ8_0 ? 127.0F : 7.0F;
  const std::uint16_t scale = ToHalf(Largest(block) / steps);
  const float inverse = scale == 0 ? 0.0F : 1.0F / FromHalf(scale);
  std::array<int, kWeightsPerBlock> rounded{};
  for (std::size_t i = 0; i < rounded.size(); ++i) {
    rounded[i] = static_cast<int>(std::clamp(std::nearbyint(block[i] * inverse), -steps, steps));
  }
  Append(out, &scale, sizeof scale);
  if (type == WeightType::kQ8_0) {
    for (const int weight : rounded) out.push_back(static_cast<std::byte>(weight));
    return;
  }
  for (std::size_t i = 0; i < rounded.size() / 2; ++i) {
    const int high = rounded[i + rounded.size() / 2] + 8;
    out.push_back(static_cast<std::byte>((rounded[i] + 8) | (high << 4)));
  }
}

void UnpackBlock(WeightType type, std::span<const std::byte> block, std::vector<float>& out) {
  const float scale = FromHalf(At<std::uint16_t>(block, 0));
  if (type == WeightType::kQ8_0) {
    for (const std::byte byte : block.subspan(2)) {
      out.push_back(scale * static_cast<float>(static_cast<std::int8_t>(byte)));
    }
    return;
  }
  for (const int shift : {0, 4}) {
    for (const std::byte byte : block.subspan(2)) {
      const int weight = ((std::to_integer<int>(byte) >> shift) & 15) - 8;
      out.push_back(scale * static_cast<float>(weight));
    }
  }
}

}  // namespace

std::string_view Name(WeightType type) { return kWeightTypeNames[static_cast<std::size_t>(type)]; }

std::int64_t WeightBytes(WeightType type, std::int64_t count) {
  RS_CHECK(count % kWeightsPerBlock == 0);
  switch (type) {
    case WeightType::kF32: return 4 * count;
    case WeightType::kF16:
    case WeightType::kBf16: return 2 * count;
    case WeightType::kQ8_0: return count / kWeightsPerBlock * kQ8Bytes;
    case WeightType::kQ4_0: return count / kWeightsPerBlock * kQ4Bytes;
  }
  return 0;
}

std::uint16_t ToHalf(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const auto sign = static_cast<std::uint16_t>((bits >> 16U) & 0x8000U);
  constexpr std::uint32_t kSmallest = 113U << 23U;  // 2^-14
  const std::uint32_t size = bits & 0x7fffffffU;
  if (size < kSmallest) return sign;
  const std::uint32_t to_even = 0xfffU + ((size >> kMantissaCut) & 1U);
  return static_cast<std::uint16_t>(sign | ((size - (112U << 23U) + to_even) >> kMantissaCut));
}

float FromHalf(std::uint16_t half) {
  const auto sign = static_cast<std::uint32_t>(half & 0x8000U) << 16U;
  const auto size = static_cast<std::uint32_t>(half & 0x7fffU);
  if (size < 0x400U) return std::bit_cast<float>(sign);
  return std::bit_cast<float>(sign | ((size << kMantissaCut) + (112U << 23U)));
}

std::vector<std::byte> PackWeights(WeightType type, std::span<const float> weights) {
  const auto count = static_cast<std::int64_t>(weights.size());
  std::vector<std::byte> out;
  out.reserve(static_cast<std::size_t>(WeightBytes(type, count)));
  if (type == WeightType::kF32) {
    Append(out, weights.data(), weights.size_bytes());
  } else if (type == WeightType::kF16 || type == WeightType::kBf16) {
    for (const float weight : weights) {
      const std::uint16_t bits = type == WeightType::kF16 ? ToHalf(weight) : ToBf16(weight);
      Append(out, &bits, sizeof bits);
    }
  } else {
    for (std::int64_t i = 0; i < count; i += kWeightsPerBlock) {
      PackBlock(type, weights.data() + i, out);
    }
  }
  return out;
}

std::vector<float> UnpackWeights(WeightType type, std::span<const std::byte> packed) {
  std::vector<float> out;
  if (type == WeightType::kF32) {
    for (std::size_t at = 0; at < packed.size(); at += 4) out.push_back(At<float>(packed, at));
  } else if (type == WeightType::kF16 || type == WeightType::kBf16) {
    for (std::size_t at = 0; at < packed.size(); at += 2) {
      const auto bits = At<std::uint16_t>(packed, at);
      out.push_back(type == WeightType::kF16
                        ? FromHalf(bits)
                        : std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16U));
    }
  } else {
    const auto size = static_cast<std::size_t>(WeightBytes(type, kWeightsPerBlock));
    for (std::size_t at = 0; at < packed.size(); at += size) {
      UnpackBlock(type, packed.subspan(at, size), out);
    }
  }
  return out;
}

void QuantiseInputs(const float* values, std::int64_t count, std::int8_t* bytes, float* scales) {
  for (std::int64_t i = 0; i < count; i += kWeightsPerBlock) {
    const float scale = Largest(values + i) / 127.0F;
    const float inverse = scale > 0 ? 1.0F / scale : 0.0F;
    *scales++ = scale;
    for (std::int64_t j = i; j < i + kWeightsPerBlock; ++j) {
      // Half up: as good as to even for a byte, and a vector unit can do it.
      bytes[j] = static_cast<std::int8_t>(static_cast<int>(values[j] * inverse + 128.5F) - 128);
    }
  }
}

}  // namespace roofscape::host
