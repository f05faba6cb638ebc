#include "domain/metrics/repeats.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <string_view>

#include "base/core/check.h"
#include "base/stats/batch_means.h"
#include "domain/metrics/intervals.h"
#include "domain/spec/metric_registry.h"

namespace roofscape::metrics {
namespace {

constexpr std::array<std::string_view, 14> kHeadlines = {
    "output_tps",         "total_tps",
    "request_rps",        "output_tps_per_chip",
    "ttft_p50_s",         "ttft_p99_s",
    "tpot_p50_s",         "tpot_p99_s",
    "itl_p50_s",          "itl_p99_s",
    "e2e_p50_s",          "e2e_p99_s",
    "total_tps_per_chip", "interactivity_p50_tps"};

bool TakesPart(const spec::PointResult& point) {
  return point.complete && point.Primary() != nullptr &&
         point.verdict.instrument != spec::Fitness::kInvalid;
}

bool Belongs(const spec::PointResult& point, const spec::RepeatGroup& group) {
  return point.concurrency == group.concurrency && point.rate_rps == group.rate_rps &&
         point.protocol == group.protocol;
}

std::optional<spec::RepeatFigure> Figure(const spec::MetricInfo& metric,
                                         const std::vector<const spec::PointMetrics*>& repeats) {
  std::vector<double> values;
  for (const spec::PointMetrics* repeat : repeats) {
    const std::optional<double> value = metric.value(*repeat);
    if (!value || !std::isfinite(*value)) return std::nullopt;
    values.push_back(*value);
  }
  const auto interval = stats::IndependentInterval(values, kConfidence);
  if (!interval) return std::nullopt;
  return spec::RepeatFigure{
      interval->mean,
      {interval->mean - interval->half_width, interval->mean + interval->half_width}};
}

}  // namespace

std::vector<spec::RepeatGroup> BetweenRuns(const spec::RunResult& run) {
  std::vector<spec::RepeatGroup> groups;
  std::vector<std::vector<const spec::PointMetrics*>> members;
  for (const spec::PointResult& point : run.points) {
    if (!TakesPart(point)) continue;
    const auto found = std::find_if(groups.begin(), groups.end(),
                                    [&](const auto& group) { return Belongs(point, group); });
    const auto place = static_cast<std::size_t>(found - groups.begin());
    if (found == groups.end()) {
      spec::RepeatGroup& group = groups.emplace_back();
      group.concurrency = point.concurrency;
      group.rate_rps = point.rate_rps;
      group.protocol = point.protocol;
      members.emplace_back();
    }
    groups[place].points.push_back(point.index);
    members[place].push_back(point.Primary());
  }
  for (std::size_t i = 0; i < groups.size(); ++i) {
    for (const std::string_view name : kHeadlines) {
      const auto metric = spec::FindMetric(name);
      RS_CHECK(metric);
      if (const auto figure = Figure(**metric, members[i])) {
        groups[i].figures[std::string(name)] = *figure;
      }
    }
  }
  std::erase_if(groups, [](const spec::RepeatGroup& group) { return group.points.size() < 2; });
  return groups;
}

}  // namespace roofscape::metrics
