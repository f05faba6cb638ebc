// Times the kernels of ggml, as llama.cpp runs them on a processor: products by number format and
// number of tokens, out of the buffer in which the engine would put the weights, and attention by
// the number of keys. An engine's own kernels may behave unlike any others: with some, two tokens
// cost four times what one does.
//
// Thread safety: one thread; the library starts others and ends them.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "measure/host/ggml.h"
#include "measure/host/probe_pace.h"
#include "measure/host/probe_plan.h"
#include "measure/host/probe_result.h"

namespace roofscape::host {

struct AttentionPoint {
  std::int64_t queries = 1;  // 1: one token; else a prompt, each query sees the keys before it.
  std::int64_t keys = 0;
};

struct GgmlPlan {
  std::vector<std::int64_t> threads;
  std::vector<ProductGroup> products;
  std::vector<AttentionPoint> attention;

  std::int64_t readings() const;
};

/// For the threads and sets of PlanCpu(). `formats`: names of the number formats to measure; empty:
/// those that engines use most.
GgmlPlan PlanGgml(const CpuPlan& cpu, const std::vector<std::string>& formats, bool quick);

/// Adds the readings to `out`.
void MeasureGgml(const GgmlPlan& plan, const Ggml& ggml, ProbePace& pace, CpuReadings& out);

}  // namespace roofscape::host
