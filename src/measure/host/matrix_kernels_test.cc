#include "measure/host/matrix_kernels.h"

#include <cmath>
#include <cstdlib>

#include <gtest/gtest.h>

#include "base/core/rng.h"

namespace roofscape::host {
namespace {

std::vector<float> RandomNumbers(Rng& rng, std::int64_t count) {
  std::vector<float> numbers;
  for (std::int64_t i = 0; i < count; ++i) {
    numbers.push_back(static_cast<float>(rng.Uniform() * 2 - 1));
  }
  return numbers;
}

/// A product and everything it points at.
struct Case {
  Case(Rng& rng, WeightType type, std::int64_t m, std::int64_t n, std::int64_t k)
      : weights(PackWeights(type, RandomNumbers(rng, n * k))),
        kept(UnpackWeights(type, weights)),
        x(RandomNumbers(rng, m * k)),
        bytes(static_cast<std::size_t>(m * k)),
        scales(static_cast<std::size_t>(m * k / kWeightsPerBlock)),
        y(static_cast<std::size_t>(m * n), -1e9F) {
    QuantiseInputs(x.data(), m * k, bytes.data(), scales.data());
    product = {weights.data(), m, n, k, 0, n, x.data(), bytes.data(), scales.data(), y.data()};
  }

  std::vector<std::byte> weights;
  std::vector<float> kept;
  std::vector<float> x;
  std::vector<std::int8_t> bytes;
  std::vector<float> scales;
  std::vector<float> y;
  MatrixProduct product;
};

/// One number of the result, the slow way.
double Expected(const Case& c, WeightType type, std::int64_t token, std::int64_t row) {
  const bool quantised = type == WeightType::kQ8_0 || type == WeightType::kQ4_0;
  double sum = 0;
  for (std::int64_t i = 0; i < c.product.k; ++i) {
    const auto at = static_cast<std::size_t>(token * c.product.k + i);
    const double input =
        quantised ? double{c.scales[at / kWeightsPerBlock]} * c.bytes[at] : double{c.x[at]};
    sum += input * c.kept[static_cast<std::size_t>(row * c.product.k + i)];
  }
  return sum;
}

TEST(MatrixKernelsTest, EverySetComputesTheProduct) {
  Rng rng(20261129);
  constexpr std::int64_t kShapes[][3] = {{1, 1, 32}, {1, 13, 64}, {2, 7, 96},     {3, 6, 128},
                                         {4, 3, 32}, {5, 8, 160}, {23, 11, 4096}, {7, 1, 32}};
  for (const KernelSet* set : KernelSets()) {
    for (const WeightType type : kWeightTypes) {
      for (const auto& [m, n, k] : kShapes) {
        SCOPED_TRACE(std::string(set->name) + " " + std::string(Name(type)) + " m=" +
                     std::to_string(m) + " n=" + std::to_string(n) + " k=" + std::to_string(k));
        Case c(rng, type, m, n, k);
        set->product[static_cast<std::size_t>(type)](c.product);
        for (std::int64_t token = 0; token < m; ++token) {
          for (std::int64_t row = 0; row < n; ++row) {
            // Sums of k products below 1, rounded to 24 bits in another order.
            ASSERT_NEAR(c.y[static_cast<std::size_t>(token * n + row)],
                        Expected(c, type, token, row), 1e-5 * std::sqrt(double(k)) * 8)
                << "token " << token << ", row " << row;
          }
        }
      }
    }
  }
}

TEST(MatrixKernelsTest, TouchesOnlyItsRows) {
  Rng rng(7);
  for (const KernelSet* set : KernelSets()) {
    Case c(rng, WeightType::kF16, 3, 20, 64);
    c.product.first_row = 5;
    c.product.end_row = 14;
    set->product[static_cast<std::size_t>(WeightType::kF16)](c.product);
    for (std::size_t i = 0; i < c.y.size(); ++i) {
      const bool inside = i % 20 >= 5 && i % 20 < 14;
      EXPECT_EQ(c.y[i] > -1e8F, inside) << set->name << " " << i;
    }
  }
}

TEST(MatrixKernelsTest, ReadsEveryNumberOnce) {
  std::vector<float> numbers(1280);
  for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] = static_cast<float>(i % 7);
  float sum = 0;
  for (const float number : numbers) sum += number;
  for (const KernelSet* set : KernelSets()) {
    EXPECT_EQ(set->read(numbers.data(), std::ssize(numbers)), sum) << set->name;
  }
}

TEST(MatrixWeightsTest, KeepsWhatTheFormatCanHold) {
  Rng rng(11);
  const std::vector<float> weights = RandomNumbers(rng, 320);
  // Half of the last place of numbers below 1; half a step of a block whose largest is below 1.
  constexpr double kMostLost[] = {0, 0.00025, 0.002, 0.5 / 127 + 0.0005, 0.5 / 7 + 0.0005};
  for (const WeightType type : kWeightTypes) {
    const std::vector<std::byte> packed = PackWeights(type, weights);
    EXPECT_EQ(std::ssize(packed), WeightBytes(type, std::ssize(weights)));
    const std::vector<float> kept = UnpackWeights(type, packed);
    ASSERT_EQ(kept.size(), weights.size());
    for (std::size_t i = 0; i < kept.size(); ++i) {
      EXPECT_NEAR(kept[i], weights[i], kMostLost[static_cast<std::size_t>(type)]) << Name(type);
    }
  }
  EXPECT_EQ(
      UnpackWeights(WeightType::kQ4_0, PackWeights(WeightType::kQ4_0, std::vector<float>(32))),
      std::vector<float>(32));
}

TEST(MatrixWeightsTest, HalvesAreBinary16) {
  EXPECT_EQ(ToHalf(1.0F), 0x3c00);
  EXPECT_EQ(ToHalf(-2.0F), 0xc000);
  EXPECT_EQ(ToHalf(65504.0F), 0x7bff);
  EXPECT_EQ(ToHalf(1e-7F), 0);
  for (const float exact : {0.5F, 1.5F, -0.333251953125F, 1024.0F}) {
    EXPECT_EQ(FromHalf(ToHalf(exact)), exact);
  }
}

}  // namespace
}  // namespace roofscape::host
