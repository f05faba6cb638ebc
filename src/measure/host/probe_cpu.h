// Measures a processor: how fast it reads, what its matrix products reach by number format and
// number of tokens, what handing over work costs. Every core asked for is busy meanwhile.
//
// Thread safety: one thread; it starts others and ends them.

#pragma once

#include <cstdint>

#include "measure/host/blas.h"
#include "measure/host/matrix_kernels.h"
#include "measure/host/probe_pace.h"
#include "measure/host/probe_plan.h"
#include "measure/host/probe_result.h"

namespace roofscape::host {

/// Name, maker, memory, caches; no reading.
CpuReadings DescribeCpu(std::int64_t processors, const std::vector<CpuCache>& caches);

/// Processors that this process may run on.
std::int64_t UsableProcessors();

/// Bytes of the machine's memory.
std::int64_t MemoryBytes();

/// Takes the plan's readings into `out`. `blas` may be null.
void MeasureCpu(const CpuPlan& plan, const KernelSet& kernels, const Blas* blas, ProbePace& pace,
                CpuReadings& out);

}  // namespace roofscape::host
