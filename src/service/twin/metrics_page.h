// A server's page of metrics, under the names of the engine that it imitates. The names stand in
// docs/reference/twin.md with their sources.
//
// Thread safety: pure functions.

#pragma once

#include <string>
#include <string_view>

#include "service/twin/dialect.h"
#include "service/twin/readings.h"

namespace roofscape::twin {

struct MetricsPage {
  std::string_view type;
  std::string body;
};

MetricsPage MetricsOf(const Dialect& dialect, std::string_view model, const Readings& readings);

}  // namespace roofscape::twin
