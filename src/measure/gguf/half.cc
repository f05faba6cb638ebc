#include "measure/gguf/half.h"

#include <bit>

namespace roofscape::gguf {
namespace {

constexpr std::uint32_t kFloatInfinity = 0x7F800000U;
constexpr std::uint32_t kHalfInfinity = 0x7C00U;

/// `value` >> `shift`, rounded to nearest, ties to even.
constexpr std::uint32_t RoundedShift(std::uint32_t value, std::uint32_t shift) {
  const std::uint32_t rest = value & ((1U << shift) - 1U);
  const std::uint32_t half = 1U << (shift - 1U);
  const std::uint32_t kept = value >> shift;
  return kept + ((rest > half || (rest == half && (kept & 1U) != 0)) ? 1U : 0U);
}

}  // namespace

std::uint16_t HalfBits(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t sign = (bits >> 16U) & 0x8000U;
  const std::uint32_t magnitude = bits & 0x7FFFFFFFU;
  std::uint32_t half = 0;
  if (magnitude > kFloatInfinity) {
    half = kHalfInfinity | 0x200U;
  } else if (magnitude >= 0x47800000U) {  // 65536 and more.
    half = kHalfInfinity;
  } else if (magnitude >= 0x38800000U) {  // Normal halves: 2^-14 and more.
    // A carry out of the mantissa raises the exponent, up to infinity, as it should.
    half = RoundedShift(magnitude - 0x38000000U, 13);
  } else if (magnitude >= 0x33000000U) {  // Subnormal halves: 2^-25 and more.
    const std::uint32_t exponent = magnitude >> 23U;
    const std::uint32_t mantissa = (magnitude & 0x7FFFFFU) | 0x800000U;
    half = RoundedShift(mantissa, 126U - exponent);
  }
  return static_cast<std::uint16_t>(sign | half);
}

float HalfValue(std::uint16_t bits) {
  const std::uint32_t sign = (bits & 0x8000U) << 16U;
  const std::uint32_t exponent = (bits >> 10U) & 0x1FU;
  const std::uint32_t mantissa = bits & 0x3FFU;
  if (exponent == 0) {
    const float magnitude = static_cast<float>(mantissa) * 0x1.0p-24F;
    return sign == 0 ? magnitude : -magnitude;
  }
  const std::uint32_t wide = exponent == 0x1FU ? 0xFFU : exponent + 112U;
  return std::bit_cast<float>(sign | (wide << 23U) | (mantissa << 13U));
}

}  // namespace roofscape::gguf
