// Runs a plan against a server, point by point, and keeps everything in the store: what `bench`
// does once its flags are understood.
//
// Thread safety: one run at a time; `stop` may be set from any thread or signal handler.

#pragma once

#include <atomic>
#include <optional>
#include <string>

#include "base/core/clock.h"
#include "base/core/result.h"
#include "domain/spec/plan.h"
#include "domain/spec/run_result.h"
#include "measure/load/request_writer.h"
#include "results/store/store.h"

namespace roofscape::cli {

struct BenchRun {
  spec::RunResult run;           // All points that were begun, also unfinished ones.
  bool stopped = false;          // By the user.
  std::optional<Error> aborted;  // What ended it early; what was measured is in the store.
};

/// Probes the server, then measures every concurrency and repeat of the plan in turn. Errors before
/// the first point are returned.
Result<BenchRun> RunBench(const spec::Plan& plan, const load::Headers& headers, store::Store& store,
                          const std::atomic<bool>& stop, const Clock& clock);

}  // namespace roofscape::cli
