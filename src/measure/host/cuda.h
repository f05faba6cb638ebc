// The parts of NVIDIA's libraries that the probe calls, bound when the program runs: no header or
// library of theirs is needed to build. Names, numbers and the layout of the one structure are
// those of the CUDA 12 driver API, cuBLASLt and NVML, which keep them from version to version.
//
// Thread safety: one thread.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "measure/host/shared_library.h"

namespace roofscape::host {

/// Where the three libraries are; the second and third may be missing.
struct CudaNames {
  std::vector<std::string> driver = {"libcuda.so.1"};
  std::vector<std::string> blas = {"libcublasLt.so.13", "libcublasLt.so.12", "libcublasLt.so"};
  std::vector<std::string> management = {"libnvidia-ml.so.1"};
};

using CudaAddress = unsigned long long;

/// The driver. Every call returns 0 or an error number, which Check() turns into words.
class CudaDriver {
 public:
  /// Opens and initialises it. kNotFound without library; kUnavailable where it refuses.
  static Result<CudaDriver> Open(const std::vector<std::string>& names);

  Result<> Check(int status, const char* what) const;

  int (*init)(unsigned) = nullptr;
  int (*device_count)(int*) = nullptr;
  int (*device_get)(int*, int) = nullptr;
  int (*device_name)(char*, int, int) = nullptr;
  int (*device_memory)(std::size_t*, int) = nullptr;
  int (*device_attribute)(int*, int, int) = nullptr;
  int (*can_access_peer)(int*, int, int) = nullptr;
  int (*retain_context)(void**, int) = nullptr;
  int (*release_context)(int) = nullptr;
  int (*set_context)(void*) = nullptr;
  int (*enable_peer)(void*, unsigned) = nullptr;
  int (*allocate)(CudaAddress*, std::size_t) = nullptr;
  int (*free)(CudaAddress) = nullptr;
  int (*synchronise)() = nullptr;  // All work of the current context.
  int (*set_bytes)(CudaAddress, unsigned char, std::size_t, void*) = nullptr;
  int (*copy)(CudaAddress, CudaAddress, std::size_t, void*) = nullptr;
  int (*copy_peer)(CudaAddress, void*, CudaAddress, void*, std::size_t, void*) = nullptr;

 private:
  explicit CudaDriver(SharedLibrary library) : library_(std::move(library)) {}
  Result<> BindAll();

  SharedLibrary library_;
  int (*error_text_)(int, const char**) = nullptr;
};

/// What a heuristic of cuBLASLt answers: cublasLtMatmulHeuristicResult_t.
struct CublasHeuristic {
  std::array<std::uint64_t, 8> algorithm;
  std::size_t workspace_bytes;
  int state;
  float waves;
  std::array<int, 4> reserved;
};
static_assert(sizeof(CublasHeuristic) == 96);

class CublasLt {
 public:
  static Result<CublasLt> Open(const std::vector<std::string>& names);

  const std::string& name() const { return library_.name(); }

  int (*create)(void**) = nullptr;
  int (*destroy)(void*) = nullptr;
  int (*desc_create)(void**, int compute_type, int scale_type) = nullptr;
  int (*desc_set)(void*, int attribute, const void*, std::size_t) = nullptr;
  int (*desc_destroy)(void*) = nullptr;
  int (*layout_create)(void**, int type, std::uint64_t rows, std::uint64_t columns,
                       std::int64_t leading) = nullptr;
  int (*layout_destroy)(void*) = nullptr;
  int (*preference_create)(void**) = nullptr;
  int (*preference_set)(void*, int attribute, const void*, std::size_t) = nullptr;
  int (*preference_destroy)(void*) = nullptr;
  int (*heuristic)(void* handle, void* desc, void* a, void* b, void* c, void* d, void* preference,
                   int wanted, CublasHeuristic*, int* found) = nullptr;
  int (*matmul)(void* handle, void* desc, const void* alpha, const void* a, void* a_layout,
                const void* b, void* b_layout, const void* beta, const void* c, void* c_layout,
                void* d, void* d_layout, const void* algorithm, void* workspace,
                std::size_t workspace_bytes, void* stream) = nullptr;

 private:
  explicit CublasLt(SharedLibrary library) : library_(std::move(library)) {}
  Result<> BindAll();

  SharedLibrary library_;
};

/// What NVML tells besides; empty where it is not there.
struct CudaFacts {
  std::string driver_version;
  std::vector<std::optional<double>> power_limit_w;  // By device.
};
CudaFacts ReadCudaFacts(const std::vector<std::string>& names, int devices);

}  // namespace roofscape::host
