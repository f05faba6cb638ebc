#include "service/api/axes.h"

#include <algorithm>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/core/check.h"

namespace roofscape::api {
namespace {

std::string_view NameOf(spec::Direction direction) {
  if (direction == spec::Direction::kHigherIsBetter) return "higher";
  return direction == spec::Direction::kLowerIsBetter ? "lower" : "neither";
}

}  // namespace

std::string_view GroupOf(std::string_view name) {
  const auto holds = [&](std::string_view part) { return name.find(part) != name.npos; };
  if (holds("usd")) return "cost";
  if (holds("joules") || holds("power") || holds("per_mw")) return "energy";
  if (holds("interactivity")) return "interactivity";
  if (holds("uncertain") || holds("fraction") || holds("acceptance")) return "quality";
  if (name.ends_with("_tps") || name.ends_with("_rps") || holds("tps_per_chip")) {
    return "throughput";
  }
  if (name.ends_with("_s")) return "latency";
  return "counts";
}

Json AxisJson(const analysis::AxisInfo& axis) {
  return {{"name", axis.name},      {"unit", axis.unit},
          {"title", axis.title},    {"direction", NameOf(axis.direction)},
          {"digits", kDigits},      {"group", GroupOf(axis.name)},
          {"derived", axis.derived}};
}

Json AxisJson(const analysis::RowAxis& axis) {
  const auto info = analysis::FindAxis(axis.name);
  RS_CHECK(info);
  return AxisJson(*info);
}

Json AxesOf(const Snapshot& snapshot, std::span<const std::size_t> places,
            const analysis::Pricing& pricing) {
  const auto metrics = spec::AllMetrics();
  std::vector<char> there(metrics.size(), 0);
  for (const std::size_t place : places) {
    for (const auto& entry : snapshot.rows()[place].values.entries()) there[entry.place] = 1;
  }
  Json all = Json::array();
  for (const analysis::AxisInfo& info : analysis::AllAxes()) {
    bool found = false;
    if (const auto place = spec::MetricPlace(info.name)) {
      found = there[*place] != 0;
    } else if (const auto axis = analysis::AxisNamed(info.name, pricing)) {
      found = std::any_of(places.begin(), places.end(), [&](std::size_t row) {
        return axis->value(snapshot.rows()[row]).has_value();
      });
    }
    if (found) all.push_back(AxisJson(info));
  }
  return all;
}

}  // namespace roofscape::api
