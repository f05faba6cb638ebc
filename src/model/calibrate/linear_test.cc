#include "model/calibrate/linear.h"

#include <cmath>

#include <gtest/gtest.h>

#include "base/core/rng.h"

namespace roofscape::calibrate {
namespace {

TEST(SymmetricMatrix, SolvesWhatItMultiplied) {
  Rng rng(7);
  for (const std::size_t n : {1U, 2U, 5U, 33U, 70U}) {
    // A = B B' + I, x random: solving A x must give x back.
    std::vector<double> b(n * n);
    for (double& v : b) v = rng.Normal();
    SymmetricMatrix a(n);
    std::vector<double> x(n);
    std::vector<double> right(n, 0.0);
    for (double& v : x) v = rng.Normal();
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t j = 0; j < n; ++j) {
        double sum = i == j ? 1.0 : 0.0;
        for (std::size_t k = 0; k < n; ++k) sum += b[i * n + k] * b[j * n + k];
        if (j <= i) a.At(i, j) = sum;
        right[i] += sum * x[j];
      }
    }
    ASSERT_TRUE(a.Factor());
    a.Solve(right);
    for (std::size_t i = 0; i < n; ++i) EXPECT_NEAR(right[i], x[i], 1e-8);
  }
}

TEST(SymmetricMatrix, RefusesWhatIsNotPositive) {
  SymmetricMatrix a(2);
  a.At(0, 0) = 1.0;
  a.At(1, 0) = 2.0;
  a.At(1, 1) = 1.0;
  EXPECT_FALSE(a.Factor());
}

}  // namespace
}  // namespace roofscape::calibrate
