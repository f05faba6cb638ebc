#include "domain/analysis/intelligence.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>

#include <fmt/format.h>

#include "base/core/check.h"
#include "base/stats/batch_means.h"
#include "domain/analysis/curve.h"
#include "domain/analysis/days.h"

namespace roofscape::analysis {
namespace {

constexpr double kJoulesAKwh = 3.6e6;
constexpr double kDaysAYear = 365.25;
constexpr double kZ95 = 1.96;

Solved Scaled(const catalog::Score& score, double factor) {
  Solved solved{score.score * factor, {}, {}};
  if (score.error) {
    solved.low = std::max(0.0, score.score - kZ95 * *score.error) * factor;
    solved.high = std::min(1.0, score.score + kZ95 * *score.error) * factor;
  }
  return solved;
}

bool MeetsFloor(const spec::Row& row, double floor) {
  const auto x = row.values.Get("interactivity_p50_tps");
  return TakesPart(row) && x && *x >= floor;
}

std::optional<double> InputTokens(const IntelligenceQuery& query) {
  return query.input_tokens ? query.input_tokens : CountedInputTokens(query.eval->family);
}

std::optional<IntelligencePoint> PointOf(const spec::Row& row, const catalog::Score& score,
                                         const IntelligenceQuery& query) {
  IntelligencePoint point;
  point.input_assumed = query.input_tokens.has_value();
  point.input_tokens = *InputTokens(query);
  point.output_tokens = *score.question_tokens;
  const auto usd = UsdPerTask(row, point.input_tokens, point.output_tokens, query.pricing);
  if (!usd) return std::nullopt;
  point.usd_per_question = *usd;
  point.per_usd = Scaled(score, 1 / usd->value);
  const auto joules =
      JoulesPerToken(row, TokenKind::kTotal, query.boundary,
                     {query.pricing.catalog, query.pricing.date, query.host_w, query.pue});
  if (joules && joules->value > 0) {
    const double tokens = point.input_tokens + point.output_tokens;
    point.per_kwh = Scaled(score, kJoulesAKwh / (tokens * joules->value));
  }
  return point;
}

/// The catalog's id of each row's model; empty where it has none.
std::vector<std::string> ModelIds(std::span<const spec::Row> rows,
                                  const catalog::Catalog& catalog) {
  std::map<std::string, std::string> known;
  std::vector<std::string> ids;
  for (const spec::Row& row : rows) {
    const auto [at, is_new] = known.emplace(row.deployment.model, "");
    if (is_new && !row.deployment.model.empty()) {
      const auto model = catalog::FindModel(catalog, row.deployment.model);
      if (model) at->second = (*model)->entry.id;
    }
    ids.push_back(at->second);
  }
  return ids;
}

/// Calls `use(point)` for every score and row that join.
template <class Use>
Result<> ForEachJoin(std::span<const spec::Row> rows, const IntelligenceQuery& query, Use use) {
  RS_CHECK(query.eval != nullptr && query.pricing.catalog != nullptr);
  const std::string why = WhyNoPart(*query.eval, query.pricing.date);
  if (!why.empty()) {
    return Error{ErrorCode::kInvalidArgument,
                 fmt::format("eval '{}' takes no part: {}", query.eval->entry.id, why)};
  }
  if (!InputTokens(query)) {
    return Error{
        ErrorCode::kInvalidArgument,
        fmt::format("eval '{}': nobody counted the input tokens of its questions; give the "
                    "number to assume",
                    query.eval->entry.id)};
  }
  const std::vector<std::string> models = ModelIds(rows, *query.pricing.catalog);
  for (std::size_t s = 0; s < query.eval->scores.size(); ++s) {
    const catalog::Score& score = query.eval->scores[s];
    if (score.model.empty() || score.estimated || !(score.question_tokens.value_or(0) > 0))
      continue;
    for (std::size_t r = 0; r < rows.size(); ++r) {
      if (models[r] != score.model || !MeetsFloor(rows[r], query.interactivity_floor)) continue;
      auto point = PointOf(rows[r], score, query);
      if (!point) continue;
      point->score = s;
      point->row = r;
      use(*point);
    }
  }
  return {};
}

}  // namespace

std::optional<double> CountedInputTokens(std::string_view family) {
  if (family == "gpqa-diamond") return 258;
  if (family == "hle") return 322;
  return std::nullopt;
}

std::string WhyNoPart(const catalog::Eval& eval, catalog::Date day) {
  if (!eval.comparable) return "its scores are not of one harness";
  if (eval.saturated && *eval.saturated <= day) {
    return "it is saturated since " + eval.saturated->ToIso();
  }
  for (const catalog::Score& score : eval.scores) {
    if (score.score > kSaturatedScore && (!score.released || *score.released <= day)) {
      return fmt::format("it is saturated: {} scores {}", score.weights, score.score);
    }
  }
  return "";
}

Result<std::vector<IntelligencePoint>> IntelligenceOf(std::span<const spec::Row> rows,
                                                      const IntelligenceQuery& query) {
  using Group = std::tuple<std::size_t, std::string, std::string, std::string, std::string>;
  std::map<Group, IntelligencePoint> best;
  RS_RETURN_IF_ERROR(ForEachJoin(rows, query, [&](const IntelligencePoint& point) {
    const spec::Row& row = rows[point.row];
    const Group group{point.score, row.deployment.chip, row.protocol, row.window, row.way};
    const auto [at, is_new] = best.emplace(group, point);
    if (!is_new && point.per_usd.value > at->second.per_usd.value) at->second = point;
  }));
  std::vector<IntelligencePoint> points;
  for (const auto& [group, point] : best) points.push_back(point);
  std::stable_sort(points.begin(), points.end(),
                   [](const auto& a, const auto& b) { return a.per_usd.value > b.per_usd.value; });
  return points;
}

Result<std::vector<DatedCost>> BestCosts(std::span<const spec::Row> rows,
                                         const IntelligenceQuery& query, double capability,
                                         Resource resource) {
  std::vector<DatedCost> all;
  RS_RETURN_IF_ERROR(ForEachJoin(rows, query, [&](const IntelligencePoint& point) {
    const catalog::Score& score = query.eval->scores[point.score];
    const auto measured = DayOf(rows[point.row].measured);
    if (score.score < capability || !score.released || !measured) return;
    if (resource == Resource::kJoules && !point.per_kwh) return;
    const double cost = resource == Resource::kDollars
                            ? point.usd_per_question.value
                            : kJoulesAKwh * score.score / point.per_kwh->value;
    all.push_back({std::max(*score.released, *measured), cost, point.score, point.row});
  }));
  std::stable_sort(all.begin(), all.end(), [](const DatedCost& a, const DatedCost& b) {
    return std::tuple(a.day, a.cost) < std::tuple(b.day, b.cost);
  });
  std::vector<DatedCost> records;
  for (const DatedCost& cost : all) {
    if (records.empty() || cost.cost < records.back().cost) records.push_back(cost);
  }
  return records;
}

AnnualGain FitAnnualGain(std::span<const DatedCost> costs) {
  AnnualGain gain;
  gain.points = costs.size();
  gain.why = "too few points";
  if (costs.size() < kMinDatedPoints) return gain;
  const std::int64_t span = DayNumber(costs.back().day) - DayNumber(costs.front().day);
  if (span < kMinSpanDays) {
    gain.why = fmt::format("spans {} days: too short", span);
    return gain;
  }
  const auto n = static_cast<double>(costs.size());
  double mean_x = 0.0, mean_y = 0.0;
  for (const DatedCost& c : costs) {
    RS_CHECK(c.cost > 0);
    mean_x += static_cast<double>(DayNumber(c.day)) / n;
    mean_y += std::log(c.cost) / n;
  }
  double xx = 0.0, xy = 0.0, yy = 0.0;
  for (const DatedCost& c : costs) {
    const double dx = static_cast<double>(DayNumber(c.day)) - mean_x;
    const double dy = std::log(c.cost) - mean_y;
    xx += dx * dx;
    xy += dx * dy;
    yy += dy * dy;
  }
  const double slope = xy / xx;
  const double rest = std::max(0.0, yy - slope * xy);
  const double half =
      stats::StudentQuantile(n - 2, 0.975) * std::sqrt(rest / (n - 2) / xx) * kDaysAYear;
  gain.factor = std::exp(-slope * kDaysAYear);
  gain.low = std::exp(-slope * kDaysAYear - half);
  gain.high = std::exp(-slope * kDaysAYear + half);
  gain.why.clear();
  return gain;
}

}  // namespace roofscape::analysis
