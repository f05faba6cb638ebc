// Every metric of a point by its flat name ("ttft_p99_s", "total_tps_per_chip"), with unit, meaning
// and which direction is better. Tables, JSON, CSV, frontiers and charts all read metrics this way.
//
// Thread safety: pure functions over constant data.

#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/core/result.h"
#include "domain/spec/run_result.h"

namespace roofscape::spec {

enum class Direction { kHigherIsBetter, kLowerIsBetter, kNeither };

struct MetricInfo {
  std::string name;   // ends in its unit: "ttft_p99_s"
  std::string unit;   // for axes: "s", "tokens/s/user", "tokens/s/chip"
  std::string title;  // for people: "TTFT p99"
  Direction direction = Direction::kNeither;
  std::function<std::optional<double>(const PointMetrics&)> value;
  std::function<void(PointMetrics&, double)> set;
};

/// All metrics, in the order tables show them.
std::span<const MetricInfo> AllMetrics();

/// The place in AllMetrics() of the metric of that name.
std::optional<std::size_t> MetricPlace(std::string_view name);

/// The metric of that name, or an error with a suggestion.
Result<const MetricInfo*> FindMetric(std::string_view name);

}  // namespace roofscape::spec
