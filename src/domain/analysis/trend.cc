#include "domain/analysis/trend.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "domain/analysis/days.h"

namespace roofscape::analysis {
namespace {

bool Better(double a, double b, spec::Direction direction) {
  return direction == spec::Direction::kHigherIsBetter ? a > b : a < b;
}

bool AtLeastAsGood(double a, double b, spec::Direction direction) {
  return !Better(b, a, direction);
}

/// What all rows of a trend agree in.
RowSeriesKey TrendKey(const spec::Row& row) {
  RowSeriesKey key = SeriesKeyOf(row);
  for (std::string* field :
       {&key.model, &key.precision, &key.engine, &key.speculative, &key.chip}) {
    field->clear();
  }
  return key;
}

}  // namespace

std::vector<Trend> TrendsOf(std::span<const spec::Row> rows, const TrendQuery& query) {
  std::vector<Trend> trends;
  std::vector<std::vector<TrendStep>> candidates;
  std::map<std::string, std::size_t> places;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    RowSeriesKey key = TrendKey(rows[i]);
    const auto [at, is_new] = places.emplace(Label(key), trends.size());
    if (is_new) {
      trends.push_back({std::move(key), {}, 0});
      candidates.emplace_back();
    }
    if (!TakesPart(rows[i])) continue;
    const auto x = query.floor.value(rows[i]);
    const auto y = query.best.value(rows[i]);
    if (!x || !y || !std::isfinite(*x) || !std::isfinite(*y)) continue;
    if (!AtLeastAsGood(*x, query.target, query.floor.direction)) continue;
    const auto day = DayOf(rows[i].measured);
    if (!day) {
      ++trends[at->second].undated;
      continue;
    }
    candidates[at->second].push_back({*day, *y, i, *x});
  }
  for (std::size_t t = 0; t < trends.size(); ++t) {
    // The best of a day first: the others of that day are then no better and set nothing.
    std::stable_sort(candidates[t].begin(), candidates[t].end(),
                     [&](const TrendStep& a, const TrendStep& b) {
                       if (a.from != b.from) return a.from < b.from;
                       return Better(a.value, b.value, query.best.direction);
                     });
    for (const TrendStep& step : candidates[t]) {
      std::vector<TrendStep>& steps = trends[t].steps;
      if (steps.empty() || Better(step.value, steps.back().value, query.best.direction)) {
        steps.push_back(step);
      }
    }
  }
  return trends;
}

std::optional<TrendStep> BestOn(const Trend& trend, catalog::Date day) {
  std::optional<TrendStep> best;
  for (const TrendStep& step : trend.steps) {
    if (step.from <= day) best = step;
  }
  return best;
}

}  // namespace roofscape::analysis
