// A model on wafers of SRAM, layers spread over wafers in a row. There is no measured curve behind
// this, only published speeds: every answer is an interval, and the tier is the datasheet's.
//
// A token is slow for another reason than elsewhere: reading all weights once takes a few
// microseconds, yet published speeds are hundreds of times that. What counts is the time of one
// dependent layer (work, and its way over the mesh of cores), which the catalog holds as an
// interval, and what a model needs of memory: all of it must lie in SRAM.
//
// Thread safety: pure functions, plain values.

#pragma once

#include "base/core/result.h"
#include "domain/catalog/catalog.h"
#include "model/perf/fabric.h"

namespace roofscape::perf {

struct Bounds {
  double low = 0;
  double high = 0;

  friend bool operator==(const Bounds&, const Bounds&) = default;
};

struct Wafer {
  double memory_bytes = 0;
  double bytes_per_s = 0;  // Of the memory.
  Bounds flops;            // Dense 16-bit; {0, 0} where nothing is known.
  Bounds layer_s;
  Tier tier = Tier::kDatasheet;
};

/// Errors name the missing field of the chip or its fabric.
Result<Wafer> MakeWafer(const catalog::Catalog& catalog, const catalog::Chip& chip);

struct WaferCount {
  int least = 0;   // Every byte of SRAM holds the model.
  int likely = 0;  // 90 %.
  int most = 0;    // 80 %: the rest is code, buffers and what does not divide.
};

/// Wafers that hold so many bytes of weights and cache. REQUIRES: bytes > 0.
WaferCount WafersFor(const Wafer& wafer, double bytes);

/// A model as it runs on wafers.
struct WaferLoad {
  int layers = 0;
  double weight_bytes = 0;     // Read once for every token, active ones only.
  double flops_per_token = 0;  // Two for each active parameter.
  int wafers = 1;
  Bounds crossing_s;  // From one wafer to the next, activations included.
};

/// Seconds of one layer for one token: its latency, or its weights' way out of SRAM.
Bounds WaferLayerSeconds(const Wafer& wafer, const WaferLoad& load);

/// Tokens a second of one user: layers and crossings one after the other.
Bounds WaferUserTokensPerSecond(const Wafer& wafer, const WaferLoad& load);

/// Tokens a second of `users` at once: each a stage behind the other, at most as many as there are
/// layers, until the arithmetic of all wafers binds. REQUIRES: users >= 1.
Bounds WaferTokensPerSecond(const Wafer& wafer, const WaferLoad& load, int users);

}  // namespace roofscape::perf
