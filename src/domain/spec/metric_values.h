// Metrics by their place in the registry: what a row of the archive holds. A row that somebody
// published has few of all the metrics there are; a missing one takes no room here.
//
// Ownership: plain values. Thread safety: plain values.

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "domain/spec/metric_registry.h"

namespace roofscape::spec {

class MetricValues {
 public:
  struct Entry {
    std::uint16_t place = 0;  // In AllMetrics().
    double value = 0.0;

    friend bool operator==(const Entry&, const Entry&) = default;
  };

  /// REQUIRES: `place` is one of AllMetrics(), `value` is a number. A second call replaces.
  void Set(std::size_t place, double value);
  /// REQUIRES: a metric has that name.
  void Set(std::string_view name, double value);

  std::optional<double> Get(std::size_t place) const;
  /// REQUIRES: a metric has that name.
  std::optional<double> Get(std::string_view name) const;
  std::optional<double> Get(const MetricInfo& metric) const;

  void Remove(std::string_view name);

  /// By rising place.
  const std::vector<Entry>& entries() const { return entries_; }

  friend bool operator==(const MetricValues&, const MetricValues&) = default;

 private:
  std::vector<Entry> entries_;
};

/// All that are there and finite.
MetricValues ValuesOf(const PointMetrics& metrics);

/// The inverse: what is not among `values` stays missing, or 0 where it is a count.
PointMetrics MetricsOf(const MetricValues& values);

}  // namespace roofscape::spec
