// Points of the load generator for benchmarks: the whole path, as `bench` runs it.
//
// Thread safety: MeasurePoint as RunPoint.

#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "base/net/url.h"
#include "domain/spec/plan.h"
#include "measure/load/run_point.h"

namespace roofscape::bench {

/// A plan of token prompts of 8 ids and answers of `output_tokens`, without a warm-up.
spec::Plan SmallPlan(std::int64_t output_tokens);

struct Level {
  std::int64_t concurrency = 0;  // 0: open loop, by the plan's arrivals.
  std::optional<double> rate_rps;
  std::optional<Nanos> expected_e2e;
};

/// Runs it with its loop pinned to core 0. Ends the program if the point could not be run.
load::PointRecord MeasurePoint(spec::Plan plan, const net::Url& url, const Level& level);

/// Ends the program, with the reason, unless every request of the log succeeded.
void RequireSuccess(const load::PointRecord& record);

}  // namespace roofscape::bench
