#include "domain/analysis/curve.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/core/check.h"
#include "domain/analysis/days.h"
#include "domain/analysis/pareto.h"

namespace roofscape::analysis {
namespace {

void AddDegree(std::string& out, std::string_view name, std::optional<std::int64_t> degree) {
  if (degree) out += fmt::format(" {}{}", name, *degree);
}

std::string WorkloadText(const spec::Workload& w) {
  std::string text = spec::ShapeName(w);
  if (w.prompt_form != spec::PromptForm::kAuto) {
    text += " " + std::string(spec::Name(w.prompt_form));
  }
  if (!w.ignore_eos) text += " with EOS";
  if (w.prompt_cache) text += " cached";
  return text;
}

bool Meets(double x, double target, spec::Direction direction) {
  return direction == spec::Direction::kHigherIsBetter ? x >= target : x <= target;
}

bool Better(double a, double b, spec::Direction direction) {
  return direction == spec::Direction::kHigherIsBetter ? a > b : a < b;
}

std::optional<double> Finite(std::optional<double> value) {
  return value && std::isfinite(*value) ? value : std::nullopt;
}

/// SeriesKeyOf(a) == SeriesKeyOf(b), without making them.
bool InOneSeries(const spec::Row& a, const spec::Row& b) {
  const spec::Deployment& d = a.deployment;
  const spec::Deployment& e = b.deployment;
  const spec::Workload& w = a.workload;
  const spec::Workload& v = b.workload;
  return d.model == e.model && d.precision == e.precision && d.engine == e.engine &&
         d.speculative == e.speculative && d.chip == e.chip && a.protocol == b.protocol &&
         a.window == b.window && a.way == b.way && w.input == v.input && w.output == v.output &&
         w.prompt_form == v.prompt_form && w.ignore_eos == v.ignore_eos &&
         w.prompt_cache == v.prompt_cache && (w.input.tokens > 0 || w.name == v.name);
}

}  // namespace

RowSeriesKey SeriesKeyOf(const spec::Row& row) {
  const spec::Deployment& d = row.deployment;
  RowSeriesKey key{d.model,      d.precision,  d.engine,   d.speculative, d.chip,
                   row.workload, row.protocol, row.window, row.way};
  // Recorded sessions have no lengths: their name tells one set of them from another.
  if (key.workload.input.tokens > 0) key.workload.name.clear();
  return key;
}

std::string ExactKey(const RowSeriesKey& key) {
  std::string out;
  const std::string* const texts[] = {&key.model,       &key.precision, &key.engine,
                                      &key.speculative, &key.chip,      &key.workload.name,
                                      &key.protocol,    &key.window,    &key.way};
  for (const std::string* text : texts) out += fmt::format("{}:{};", text->size(), *text);
  const spec::Workload& w = key.workload;
  return out + fmt::format("{} {} {} {} {} {} {}", w.input.tokens, w.input.low, w.output.tokens,
                           w.output.low, static_cast<int>(w.prompt_form), w.ignore_eos,
                           w.prompt_cache);
}

std::string Label(const RowSeriesKey& key) {
  const auto or_unknown = [](const std::string& text) { return text.empty() ? "?" : text; };
  return fmt::format("{} {}, {}, {}, spec {}, {}, {} {}, {}", or_unknown(key.model),
                     or_unknown(key.precision), or_unknown(key.engine), or_unknown(key.chip),
                     or_unknown(key.speculative), WorkloadText(key.workload),
                     or_unknown(key.protocol), or_unknown(key.window), or_unknown(key.way));
}

std::string LayoutName(const spec::Deployment& deployment) {
  std::vector<std::string> roles;
  for (const spec::Role& role : deployment.roles) {
    std::string text = fmt::format("{} {}x{}", role.name, role.workers, role.chips_per_worker);
    AddDegree(text, "tp", role.tp);
    AddDegree(text, "pp", role.pp);
    AddDegree(text, "ep", role.ep);
    AddDegree(text, "dp", role.dp);
    if (role.dp_attention) text += *role.dp_attention ? " dp-attention" : " tp-attention";
    AddDegree(text, "pcp", role.prefill_cp);
    AddDegree(text, "dcp", role.decode_cp);
    roles.push_back(std::move(text));
  }
  return fmt::format("{}", fmt::join(roles, " + "));
}

bool TakesPart(const spec::Row& row) {
  return row.complete && row.instrument != spec::Fitness::kInvalid;
}

Occasion OccasionOf(const spec::Row& row) {
  return {row.origin.url.empty() ? row.origin.source : row.origin.url, DayOf(row.measured)};
}

std::vector<RowSeries> GroupIntoSeries(std::span<const spec::Row> rows) {
  std::vector<RowSeries> series;
  std::map<std::string, std::size_t> places;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    RowSeriesKey key = SeriesKeyOf(rows[i]);
    const auto [at, is_new] = places.emplace(ExactKey(key), series.size());
    if (is_new) series.push_back({std::move(key), {}});
    series[at->second].rows.push_back(i);
  }
  return series;
}

std::vector<RowCurve> SplitIntoCurves(std::span<const spec::Row> rows) {
  std::vector<RowCurve> curves;
  std::map<std::tuple<std::string, std::string, std::string, std::string, std::string>, std::size_t>
      places;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    RowCurve curve{SeriesKeyOf(rows[i]),
                   LayoutName(rows[i].deployment),
                   rows[i].deployment.engine_version,
                   OccasionOf(rows[i]),
                   {}};
    const std::string day = curve.occasion.day ? curve.occasion.day->ToIso() : "";
    const auto [at, is_new] =
        places.emplace(std::tuple(ExactKey(curve.key), curve.layout, curve.engine_version,
                                  curve.occasion.run, day),
                       curves.size());
    if (is_new) curves.push_back(std::move(curve));
    curves[at->second].rows.push_back(i);
  }
  for (RowCurve& curve : curves) {
    std::stable_sort(curve.rows.begin(), curve.rows.end(), [&](std::size_t a, std::size_t b) {
      return std::tuple(rows[a].concurrency, rows[a].rate_rps) <
             std::tuple(rows[b].concurrency, rows[b].rate_rps);
    });
  }
  return curves;
}

Result<RowAxis> MetricAxis(const std::string& name) {
  RS_ASSIGN_OR_RETURN(const spec::MetricInfo* metric, spec::FindMetric(name));
  if (metric->direction == spec::Direction::kNeither) {
    return Error{ErrorCode::kInvalidArgument,
                 fmt::format("metric '{}': neither more nor less is better; choose another", name)};
  }
  return RowAxis{
      metric->name, metric->unit, metric->direction,
      [place = *spec::MetricPlace(name)](const spec::Row& row) { return row.values.Get(place); }};
}

RowFrontier FrontierOf(std::span<const spec::Row> rows, std::span<const std::size_t> places,
                       const RowAxis& x, const RowAxis& y, bool all) {
  RowFrontier frontier;
  std::vector<Position> positions;
  std::vector<std::size_t> taking_part;
  for (const std::size_t place : places) {
    const spec::Row& row = rows[place];
    RS_CHECK(InOneSeries(row, rows[places.front()]));
    RowPoint point{place, Finite(x.value(row)), Finite(y.value(row)), "", false};
    if (!point.x) {
      point.excluded = "no " + x.name;
    } else if (!point.y) {
      point.excluded = "no " + y.name;
    } else if (!all && row.instrument == spec::Fitness::kInvalid) {
      point.excluded = "instrument INVALID";
    } else if (!all && !row.complete) {
      point.excluded = "incomplete";
    } else {
      positions.push_back({*point.x, *point.y});
      taking_part.push_back(frontier.points.size());
    }
    frontier.points.push_back(std::move(point));
  }
  for (const std::size_t i : ParetoFront(positions, x.direction, y.direction)) {
    frontier.front.push_back(taking_part[i]);
    frontier.points[taking_part[i]].on_front = true;
  }
  return frontier;
}

std::optional<std::size_t> StepAt(const RowFrontier& frontier, const RowAxis& x, const RowAxis& y,
                                  double target) {
  std::optional<std::size_t> best;
  for (const std::size_t i : frontier.front) {
    const RowPoint& point = frontier.points[i];
    if (!Meets(*point.x, target, x.direction)) continue;
    if (!best || Better(*point.y, *frontier.points[*best].y, y.direction)) best = i;
  }
  return best;
}

}  // namespace roofscape::analysis
