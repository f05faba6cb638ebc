// A server's page of metrics, under the names of the engine that it imitates. The names stand in
// docs/reference/twin.md with their sources.
//
// Thread safety: pure functions.

#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "service/twin/dialect.h"
#include "service/twin/readings.h"

namespace roofscape::twin {

struct MetricsPage {
  std::string_view type;
  std::string body;
};

/// The page at `path`; nullopt: it has none there. TensorRT-LLM has two: its iterations as JSON at
/// /metrics, the others' like at /prometheus/metrics.
std::optional<MetricsPage> MetricsAt(std::string_view path, const Dialect& dialect,
                                     std::string_view model, const Readings& readings);

}  // namespace roofscape::twin
