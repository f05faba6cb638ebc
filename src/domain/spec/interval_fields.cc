#include "domain/spec/interval_fields.h"

#include <cmath>
#include <limits>
#include <optional>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "domain/spec/metric_fields.h"

namespace roofscape::spec {
namespace {

/// The number behind `name` in an object of the document, or missing.
std::optional<double> NumberIn(const Json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end() || !found->is_number()) return std::nullopt;
  return found->get<double>();
}

std::optional<Interval> IntervalIn(const Json& json) {
  if (!json.is_object()) return std::nullopt;
  const auto low = NumberIn(json, "low");
  const auto high = NumberIn(json, "high");
  if (!low || !high) return std::nullopt;
  return Interval{*low, *high};
}

RepeatGroup ReadGroup(ObjectReader& reader) {
  RepeatGroup group;
  reader.Required("concurrency", group.concurrency);
  reader.Optional("rate_rps", group.rate_rps);
  reader.Required("protocol", group.protocol);
  reader.Required("points", group.points);
  const Json* figures = reader.Raw("figures");
  if (figures == nullptr || !figures->is_object()) {
    reader.Fail("figures", "must be an object of figures with mean, low and high");
    return group;
  }
  for (const auto& [name, json] : figures->items()) {
    const auto interval = IntervalIn(json);
    const auto mean = interval ? NumberIn(json, "mean") : std::nullopt;
    if (!mean) {
      reader.Fail("figures", fmt::format("'{}' must have the numbers mean, low and high", name));
      return group;
    }
    group.figures[name] = {*mean, *interval};
  }
  return group;
}

}  // namespace

Json IntervalsJson(const std::map<std::string, Interval>& intervals) {
  Json json = Json::object();
  for (const auto& [name, interval] : intervals) {
    json[name] = {{"low", interval.low}, {"high", interval.high}};
  }
  return json;
}

std::map<std::string, Interval> ReadIntervals(ObjectReader& reader, std::string_view name) {
  std::map<std::string, Interval> intervals;
  const Json* raw = reader.Raw(name);
  if (raw == nullptr || raw->is_null()) return intervals;
  if (!raw->is_object()) {
    reader.Fail(name, "must be an object of intervals with low and high");
    return intervals;
  }
  for (const auto& [metric, json] : raw->items()) {
    const auto interval = IntervalIn(json);
    if (!interval) {
      reader.Fail(name, fmt::format("'{}' must have the numbers low and high", metric));
      return intervals;
    }
    intervals[metric] = *interval;
  }
  return intervals;
}

std::vector<std::string> InfiniteNames(const PointMetrics& metrics) {
  std::vector<std::string> names;
  for (const ScalarField& field : kScalarFields) {
    const std::optional<double> value = metrics.*field.member;
    if (value && std::isinf(*value)) names.emplace_back(field.name);
  }
  return names;
}

void ReadInfinite(ObjectReader& reader, std::string_view name, PointMetrics& metrics) {
  std::vector<std::string> names;
  reader.Optional(name, names);
  for (const ScalarField& field : kScalarFields) {
    for (const std::string& infinite : names) {
      if (infinite == field.name) metrics.*field.member = std::numeric_limits<double>::infinity();
    }
  }
}

Json RepeatsJson(const std::vector<RepeatGroup>& repeats) {
  Json all = Json::array();
  for (const RepeatGroup& group : repeats) {
    Json figures = Json::object();
    for (const auto& [name, figure] : group.figures) {
      figures[name] = {
          {"mean", figure.mean}, {"low", figure.interval.low}, {"high", figure.interval.high}};
    }
    all.push_back({{"concurrency", group.concurrency},
                   {"rate_rps", group.rate_rps ? Json(*group.rate_rps) : Json(nullptr)},
                   {"protocol", group.protocol},
                   {"points", group.points},
                   {"figures", std::move(figures)}});
  }
  return all;
}

std::vector<RepeatGroup> ReadRepeats(ObjectReader& reader, std::string_view name) {
  return reader.ReadEach(name, ReadGroup);
}

}  // namespace roofscape::spec
