// A measured run's requests through a simulated deployment, as a log with the run's own numbers and
// phases, so that it is judged by the same windows.
//
// Thread safety: pure functions.

#pragma once

#include <cstdint>

#include "domain/spec/request_log.h"
#include "model/sim/cluster.h"
#include "model/sim/run.h"

namespace roofscape::cli {

struct Replayed {
  spec::RequestLog log;
  sim::RunEnd end;
  std::int64_t left_out = 0;  // Requests without a length or a time.
};

/// `closed`: users send when their answer before has ended; else when it was due.
Replayed ReplayLog(const spec::RequestLog& log, bool closed, const sim::Cluster& cluster,
                   const sim::RunOptions& options);

}  // namespace roofscape::cli
