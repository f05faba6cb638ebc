#include "domain/spec/eval_row.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <nlohmann/json.hpp>

namespace roofscape::spec {

std::optional<ScoreInterval> IntervalOf(double score, std::optional<double> error,
                                        std::optional<std::int64_t> questions) {
  constexpr double kZ = 1.959964;  // 97.5 % of the normal distribution lie below.
  if (error && *error > 0.0) {
    return ScoreInterval{std::max(0.0, score - kZ * *error), std::min(1.0, score + kZ * *error)};
  }
  if (!questions || *questions <= 0) return std::nullopt;
  const auto n = static_cast<double>(*questions);
  const double middle = score + kZ * kZ / (2 * n);
  const double half = kZ * std::sqrt(score * (1 - score) / n + kZ * kZ / (4 * n * n));
  const double scale = 1 + kZ * kZ / n;
  return ScoreInterval{std::max(0.0, (middle - half) / scale),
                       std::min(1.0, (middle + half) / scale)};
}

Json ToJson(const EvalRow& row) {
  Json scores = Json::array();
  for (const EvalScore& s : row.scores) {
    scores.push_back({{"measure", s.measure},
                      {"score", s.score},
                      {"error", s.error ? Json(*s.error) : Json(nullptr)},
                      {"questions", s.questions ? Json(*s.questions) : Json(nullptr)},
                      {"low", s.interval ? Json(s.interval->low) : Json(nullptr)},
                      {"high", s.interval ? Json(s.interval->high) : Json(nullptr)}});
  }
  return {{"origin", ToJson(row.origin)},
          {"measured", MeasuredJson(row.measured, row.day_only)},
          {"deployment", ToJson(row.deployment)},
          {"task", row.task},
          {"harness", row.harness},
          {"concurrency", row.concurrency},
          {"scores", std::move(scores)},
          {"corrections", ToJson(row.corrections)},
          {"facts", Json(row.facts)}};
}

}  // namespace roofscape::spec
