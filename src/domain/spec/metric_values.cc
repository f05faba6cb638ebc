#include "domain/spec/metric_values.h"

#include <algorithm>
#include <cmath>

#include "base/core/check.h"

namespace roofscape::spec {
namespace {

std::size_t PlaceOf(std::string_view name) {
  const auto place = MetricPlace(name);
  RS_CHECK(place.has_value());
  return *place;
}

bool Before(const MetricValues::Entry& entry, std::size_t place) { return entry.place < place; }

}  // namespace

void MetricValues::Set(std::size_t place, double value) {
  RS_CHECK(place < AllMetrics().size());
  RS_CHECK(!std::isnan(value));
  const auto at = std::lower_bound(entries_.begin(), entries_.end(), place, Before);
  if (at != entries_.end() && at->place == place) {
    at->value = value;
  } else {
    entries_.insert(at, {static_cast<std::uint16_t>(place), value});
  }
}

void MetricValues::Set(std::string_view name, double value) { Set(PlaceOf(name), value); }

std::optional<double> MetricValues::Get(std::size_t place) const {
  const auto at = std::lower_bound(entries_.begin(), entries_.end(), place, Before);
  if (at == entries_.end() || at->place != place) return std::nullopt;
  return at->value;
}

std::optional<double> MetricValues::Get(std::string_view name) const { return Get(PlaceOf(name)); }

std::optional<double> MetricValues::Get(const MetricInfo& metric) const {
  return Get(PlaceOf(metric.name));
}

void MetricValues::Remove(std::string_view name) {
  const std::size_t place = PlaceOf(name);
  const auto at = std::lower_bound(entries_.begin(), entries_.end(), place, Before);
  if (at != entries_.end() && at->place == place) entries_.erase(at);
}

MetricValues ValuesOf(const PointMetrics& metrics) {
  MetricValues values;
  for (std::size_t place = 0; place < AllMetrics().size(); ++place) {
    const std::optional<double> value = AllMetrics()[place].value(metrics);
    if (value && std::isfinite(*value)) values.Set(place, *value);
  }
  return values;
}

PointMetrics MetricsOf(const MetricValues& values) {
  PointMetrics metrics;
  for (const auto& [place, value] : values.entries()) AllMetrics()[place].set(metrics, value);
  return metrics;
}

}  // namespace roofscape::spec
