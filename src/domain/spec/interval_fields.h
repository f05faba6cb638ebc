// JSON of what stands beside the figures of a point: intervals, infinite percentiles, and the
// figures of repeats. Private to spec/. Thread safety: pure functions.

#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/core/document.h"
#include "base/core/json.h"
#include "domain/spec/run_result.h"

namespace roofscape::spec {

/// {"ttft_p50_s": {"low": 0.1, "high": 0.2}, ...}
Json IntervalsJson(const std::map<std::string, Interval>& intervals);
std::map<std::string, Interval> ReadIntervals(ObjectReader& reader, std::string_view name);

/// Names of the scalar metrics that are +infinity, which are null in JSON.
std::vector<std::string> InfiniteNames(const PointMetrics& metrics);
/// Sets those metrics to +infinity again.
void ReadInfinite(ObjectReader& reader, std::string_view name, PointMetrics& metrics);

Json RepeatsJson(const std::vector<RepeatGroup>& repeats);
std::vector<RepeatGroup> ReadRepeats(ObjectReader& reader, std::string_view name);

}  // namespace roofscape::spec
