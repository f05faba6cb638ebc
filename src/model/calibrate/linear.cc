#include "model/calibrate/linear.h"

#include <algorithm>
#include <cmath>

namespace roofscape::calibrate {
namespace {

double Dot(const double* a, const double* b, std::size_t n) {
  // Four sums, so that the additions do not wait for one another.
  double s0 = 0.0;
  double s1 = 0.0;
  double s2 = 0.0;
  double s3 = 0.0;
  std::size_t i = 0;
  for (; i + 4 <= n; i += 4) {
    s0 += a[i] * b[i];
    s1 += a[i + 1] * b[i + 1];
    s2 += a[i + 2] * b[i + 2];
    s3 += a[i + 3] * b[i + 3];
  }
  for (; i < n; ++i) s0 += a[i] * b[i];
  return (s0 + s1) + (s2 + s3);
}

}  // namespace

void SymmetricMatrix::SetZero() { std::fill(values_.begin(), values_.end(), 0.0); }

bool SymmetricMatrix::Factor() {
  for (std::size_t i = 0; i < size_; ++i) {
    double* row = &values_[i * (i + 1) / 2];
    for (std::size_t j = 0; j < i; ++j) {
      const double* other = &values_[j * (j + 1) / 2];
      row[j] = (row[j] - Dot(row, other, j)) / other[j];
    }
    const double left = row[i] - Dot(row, row, i);
    if (!(left > 0.0)) return false;
    row[i] = std::sqrt(left);
  }
  return true;
}

void SymmetricMatrix::SolveLower(std::span<double> x) const {
  for (std::size_t i = 0; i < size_; ++i) {
    const double* row = &values_[i * (i + 1) / 2];
    x[i] = (x[i] - Dot(row, x.data(), i)) / row[i];
  }
}

void SymmetricMatrix::Solve(std::span<double> x) const {
  SolveLower(x);
  for (std::size_t i = size_; i-- > 0;) {
    x[i] /= At(i, i);
    const double* row = &values_[i * (i + 1) / 2];
    for (std::size_t j = 0; j < i; ++j) x[j] -= row[j] * x[i];
  }
}

}  // namespace roofscape::calibrate
