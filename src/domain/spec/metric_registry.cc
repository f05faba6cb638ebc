#include "domain/spec/metric_registry.h"

#include <map>

#include <fmt/format.h>

#include "base/core/text.h"
#include "domain/spec/metric_fields.h"

namespace roofscape::spec {
namespace {

MetricInfo FromCount(const CountField& field) {
  return {std::string(field.name),
          std::string(field.unit),
          std::string(field.title),
          Direction::kNeither,
          [member = field.member](const PointMetrics& m) {
            return std::optional<double>(static_cast<double>(m.*member));
          },
          [member = field.member](PointMetrics& m, double value) {
            m.*member = static_cast<std::int64_t>(value);
          }};
}

MetricInfo FromScalar(const ScalarField& field) {
  return {std::string(field.name),
          std::string(field.unit),
          std::string(field.title),
          field.direction,
          [member = field.member](const PointMetrics& m) { return m.*member; },
          [member = field.member](PointMetrics& m, double value) { m.*member = value; }};
}

MetricInfo FromSummary(const SummaryField& field, const StatField& stat) {
  return {fmt::format("{}_{}_{}", field.stem, stat.name, field.suffix),
          std::string(field.unit),
          fmt::format("{} {}", field.title, stat.name),
          field.direction,
          [summary = field.member, member = stat.member](const PointMetrics& m) {
            return m.*summary.*member;
          },
          [summary = field.member, member = stat.member](PointMetrics& m, double value) {
            m.*summary.*member = value;
          }};
}

std::vector<MetricInfo> MakeRegistry() {
  std::vector<MetricInfo> metrics;
  for (const CountField& field : kCountFields) metrics.push_back(FromCount(field));
  for (const ScalarField& field : kScalarFields) metrics.push_back(FromScalar(field));
  for (const SummaryField& field : kSummaryFields) {
    for (const StatField& stat : kStatFields) metrics.push_back(FromSummary(field, stat));
  }
  return metrics;
}

}  // namespace

std::span<const MetricInfo> AllMetrics() {
  static const std::vector<MetricInfo> kMetrics = MakeRegistry();
  return kMetrics;
}

std::optional<std::size_t> MetricPlace(std::string_view name) {
  static const std::map<std::string_view, std::size_t> kPlaces = [] {
    std::map<std::string_view, std::size_t> places;
    for (const MetricInfo& metric : AllMetrics()) places.emplace(metric.name, places.size());
    return places;
  }();
  const auto found = kPlaces.find(name);
  if (found == kPlaces.end()) return std::nullopt;
  return found->second;
}

Result<const MetricInfo*> FindMetric(std::string_view name) {
  if (const auto place = MetricPlace(name)) return &AllMetrics()[*place];
  std::vector<std::string> names;
  for (const MetricInfo& metric : AllMetrics()) names.push_back(metric.name);
  return Error{ErrorCode::kInvalidArgument,
               fmt::format("metric '{}' is unknown.{} docs/reference/metrics.md lists them all",
                           name, DidYouMean(name, names))};
}

}  // namespace roofscape::spec
