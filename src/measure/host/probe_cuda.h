// Measures NVIDIA's devices through libraries that are opened when the program runs: memory,
// copies, matrix products of cuBLASLt in bf16 and fp8, what an empty kernel costs, copies between
// devices. Tested against a library that only pretends to be CUDA; it has not been run on a device.
//
// Thread safety: one thread.

#pragma once

#include <cstdint>
#include <vector>

#include "measure/host/cuda.h"
#include "measure/host/probe_pace.h"
#include "measure/host/probe_result.h"

namespace roofscape::host {

/// Devices that the driver sees. kNotFound without driver, kUnavailable without device.
Result<std::int64_t> CountGpus(const CudaNames& names);

/// Readings that MeasureGpus() takes of so many devices.
std::int64_t GpuReadingCount(std::int64_t devices, bool quick);

/// One entry a device. What cannot be measured is told in its `problems`.
Result<std::vector<GpuReadings>> MeasureGpus(const CudaNames& names, bool quick, ProbePace& pace);

}  // namespace roofscape::host
