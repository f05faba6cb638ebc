#include "measure/gguf/half.h"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "base/core/rng.h"

namespace roofscape::gguf {
namespace {

TEST(Half, EveryHalfSurvivesTheWayThroughFloat) {
  for (std::uint32_t bits = 0; bits <= 0xFFFFU; ++bits) {
    const auto half = static_cast<std::uint16_t>(bits);
    if ((half & 0x7C00U) == 0x7C00U && (half & 0x3FFU) != 0) continue;  // NaN keeps no payload.
    ASSERT_EQ(HalfBits(HalfValue(half)), half) << bits;
  }
}

TEST(Half, KnownValues) {
  const struct {
    float value;
    std::uint16_t bits;
  } cases[] = {
      {0.0F, 0x0000},
      {-0.0F, 0x8000},
      {1.0F, 0x3C00},
      {-2.0F, 0xC000},
      {65504.0F, 0x7BFF},
      {65519.996F, 0x7BFF},
      {65520.0F, 0x7C00},
      {1e9F, 0x7C00},
      {0x1.0p-24F, 0x0001},
      {0x1.0p-25F, 0x0000},
      {0x1.000002p-25F, 0x0001},
      {0x1.0p-14F, 0x0400},
      {1.00048828125F, 0x3C00},  // Halfway between two halves: to the even one below ...
      {1.00146484375F, 0x3C02},  // ... and above.
      {std::numeric_limits<float>::infinity(), 0x7C00},
  };
  for (const auto& c : cases) EXPECT_EQ(HalfBits(c.value), c.bits) << c.value;
  EXPECT_TRUE(std::isnan(HalfValue(HalfBits(std::nanf("")))));
}

TEST(Half, RoundsToTheNearest) {
  constexpr std::uint64_t kSeed = 7;
  Rng rng(kSeed);
  for (int i = 0; i < 100'000; ++i) {
    const auto value =
        static_cast<float>((rng.Uniform() - 0.5) * std::pow(2.0, rng.Uniform() * 38 - 24));
    const std::uint16_t bits = HalfBits(value);
    const float error = std::abs(HalfValue(bits) - value);
    const auto up = static_cast<std::uint16_t>(bits + 1);
    const auto down = static_cast<std::uint16_t>(bits - 1);
    if ((bits & 0x7FFFU) == 0 || (bits & 0x7FFFU) >= 0x7BFFU) continue;
    ASSERT_LE(error, std::abs(HalfValue(up) - value)) << "seed " << kSeed << " value " << value;
    ASSERT_LE(error, std::abs(HalfValue(down) - value)) << "seed " << kSeed << " value " << value;
  }
}

}  // namespace
}  // namespace roofscape::gguf
