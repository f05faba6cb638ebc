// A BLAS library, where the machine has one: the f32 product of somebody who tuned it.
//
// Thread safety: one thread.

#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "measure/host/shared_library.h"

namespace roofscape::host {

class Blas {
 public:
  /// The names under which systems have OpenBLAS, MKL and the reference library.
  static std::span<const std::string> UsualNames();

  /// kNotFound where none can be opened, or has no cblas_sgemm.
  static Result<Blas> Open(std::span<const std::string> names);

  const std::string& name() const { return library_.name(); }

  /// Of the products to come; ignored by a library that does not let one choose.
  void SetThreads(std::int64_t threads) const;

  /// y[m][n] = x[m][k] * weights[n][k]^T.
  void Product(std::int64_t m, std::int64_t n, std::int64_t k, const float* x, const float* weights,
               float* y) const;

 private:
  using Gemm = void(int order, int transpose_a, int transpose_b, int m, int n, int k, float alpha,
                    const float* a, int lda, const float* b, int ldb, float beta, float* c,
                    int ldc);
  using IntFunction = void(int);

  explicit Blas(SharedLibrary library) : library_(std::move(library)) {}

  SharedLibrary library_;
  Gemm* gemm_ = nullptr;
  IntFunction* set_threads_ = nullptr;
};

}  // namespace roofscape::host
