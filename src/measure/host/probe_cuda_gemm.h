// Matrix products of cuBLASLt, timed.
//
// Thread safety: one thread, with a context of the device current.

#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "measure/host/cuda.h"
#include "measure/host/probe_pace.h"
#include "measure/host/probe_result.h"

namespace roofscape::host {

/// Memory of a device.
class CudaBuffer {
 public:
  static Result<CudaBuffer> Make(const CudaDriver& driver, std::size_t bytes) {
    CudaAddress address = 0;
    RS_RETURN_IF_ERROR(driver.Check(driver.allocate(&address, bytes), "cuMemAlloc"));
    return CudaBuffer(driver, address);
  }
  CudaBuffer(CudaBuffer&& other) noexcept
      : driver_(other.driver_), address_(std::exchange(other.address_, 0)) {}
  CudaBuffer& operator=(CudaBuffer&&) = delete;
  ~CudaBuffer() {
    if (address_ != 0) driver_->free(address_);
  }

  CudaAddress address() const { return address_; }
  void* pointer() const { return reinterpret_cast<void*>(address_); }  // NOLINT: a device's own.

 private:
  CudaBuffer(const CudaDriver& driver, CudaAddress address) : driver_(&driver), address_(address) {}

  const CudaDriver* driver_;
  CudaAddress address_;
};

enum class GpuType { kBf16, kFp8 };

struct GpuProduct {
  GpuType type;
  std::int64_t m, n, k;
};

/// Adds a reading for each that the library can compute; a type that it cannot is one problem.
Result<> MeasureGpuProducts(const CudaDriver& driver, const CublasLt& blas,
                            const std::vector<GpuProduct>& products, ProbePace& pace,
                            GpuReadings& out);

}  // namespace roofscape::host
