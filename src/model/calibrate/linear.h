// Small dense symmetric systems: Cholesky factors and solutions. Deterministic.
//
// Thread safety: plain values.

#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace roofscape::calibrate {

/// The lower triangle of a symmetric positive definite matrix, row after row.
class SymmetricMatrix {
 public:
  explicit SymmetricMatrix(std::size_t size) : size_(size), values_(size * (size + 1) / 2, 0.0) {}

  std::size_t size() const { return size_; }
  /// row >= column.
  double& At(std::size_t row, std::size_t column) { return values_[row * (row + 1) / 2 + column]; }
  double At(std::size_t row, std::size_t column) const {
    return values_[row * (row + 1) / 2 + column];
  }
  void SetZero();

  /// Replaces the matrix A by its factor L, A = L L'. False: A is not positive definite.
  bool Factor();
  /// After Factor(): x becomes A^-1 x.
  void Solve(std::span<double> x) const;
  /// After Factor(): x becomes L^-1 x.
  void SolveLower(std::span<double> x) const;

 private:
  std::size_t size_;
  std::vector<double> values_;
};

}  // namespace roofscape::calibrate
