#include "measure/host/blas.h"

#include <array>

namespace roofscape::host {
namespace {

// Of the C interface to BLAS, as its standard numbers them.
constexpr int kRowMajor = 101;
constexpr int kNoTranspose = 111;
constexpr int kTranspose = 112;

}  // namespace

std::span<const std::string> Blas::UsualNames() {
  static const std::array<std::string, 5> names = {
      "libopenblas.so.0", "libopenblas.so", "libmkl_rt.so.2", "libmkl_rt.so", "libblas.so.3"};
  return names;
}

Result<Blas> Blas::Open(std::span<const std::string> names) {
  RS_ASSIGN_OR_RETURN(SharedLibrary library, SharedLibrary::Open(names));
  Blas blas(std::move(library));
  RS_RETURN_IF_ERROR(blas.library_.Bind("cblas_sgemm", blas.gemm_));
  for (const char* const symbol : {"openblas_set_num_threads", "MKL_Set_Num_Threads"}) {
    if (blas.set_threads_ == nullptr) blas.set_threads_ = blas.library_.Find<IntFunction>(symbol);
  }
  return blas;
}

void Blas::SetThreads(std::int64_t threads) const {
  if (set_threads_ != nullptr) set_threads_(static_cast<int>(threads));
}

void Blas::Product(std::int64_t m, std::int64_t n, std::int64_t k, const float* x,
                   const float* weights, float* y) const {
  const auto rows = static_cast<int>(m);
  const auto columns = static_cast<int>(n);
  const auto depth = static_cast<int>(k);
  gemm_(kRowMajor, kNoTranspose, kTranspose, rows, columns, depth, 1.0F, x, depth, weights, depth,
        0.0F, y, columns);
}

}  // namespace roofscape::host
