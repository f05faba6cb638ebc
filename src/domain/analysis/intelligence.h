// Intelligence per dollar and per watt: tasks of a named eval solved for what their tokens cost at
// an operating point.
//
//   usd_per_question = (input + output tokens of a question) / 1e6 x usd_per_mtok_total
//   solved_per_usd   = score / usd_per_question
//   solved_per_kwh   = score x 3.6e6 / (tokens x joules per total token)
//
// Who takes part:
//   - evals of one comparable harness that are not saturated on the day asked: by the catalog, or
//     because a score known by then is above 0.95. Harnesses are never mixed: a table is of one
//     eval, and an eval in the catalog is of one harness;
//   - scores with counted output tokens a question: no count, no value;
//   - operating points of the score's model at the interactivity floor or above, whose share of
//     output tokens is like the question's (cost.h, kLikeOutputShare): the price of another mix is
//     another price.
// Weights are joined by the model whose shape they have in the catalog: weights of one shape cost
// the same to serve. That the quantised weights served score as the published ones is assumed.
//
// Input tokens of a question are counted for two families (CountedInputTokens); for others the
// query must state them, and the figure says `input_assumed`: a prompt may be 300 tokens or
// 100,000. They enter the tokens that are paid and the question's share of output; of the 7,000
// output tokens of a thinking model on GPQA they are 4 %.
//
// Definitions: docs/reference/metrics.md. Thread safety: pure functions.

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/core/result.h"
#include "domain/analysis/cost.h"
#include "domain/analysis/energy.h"

namespace roofscape::analysis {

/// Input tokens of a question of that family of evals, one pass: 258 for "gpqa-diamond", 322 for
/// "hle" (Artificial Analysis' counts over its questions, August 2026); missing for all others.
std::optional<double> CountedInputTokens(std::string_view family);

inline constexpr double kSaturatedScore = 0.95;

struct IntelligenceQuery {
  const catalog::Eval* eval = nullptr;
  Pricing pricing;
  Boundary boundary = Boundary::kProvisioned;
  std::optional<double> host_w, pue;   // For the boundaries that need them.
  double interactivity_floor = 0.0;    // [tokens/s/user] at p50.
  std::optional<double> input_tokens;  // Of a question, assumed; missing: the counted ones.
};

/// A value with the 95 % interval of the eval's own error; no interval where the eval states none.
struct Solved {
  double value = 0.0;
  std::optional<double> low, high;
};

struct IntelligencePoint {
  std::size_t score = 0;  // Place in the eval's scores.
  std::size_t row = 0;    // The operating point, the cheapest that takes part.
  double input_tokens = 0.0, output_tokens = 0.0;  // A question.
  bool input_assumed = false;
  CostFigure usd_per_question;
  Solved per_usd;
  std::optional<Solved> per_kwh;  // Missing: no power at that boundary.
};

/// Why the eval takes no part on that day; empty: it does.
std::string WhyNoPart(const catalog::Eval& eval, catalog::Date day);

/// The cheapest operating point for each score and chip (and protocol and window, which never
/// meet), best solved_per_usd first. kInvalidArgument for an eval that takes no part, or
/// whose input tokens are neither counted nor in the query. Empty where
/// nothing joins. REQUIRES: the query has an eval and a catalog.
Result<std::vector<IntelligencePoint>> IntelligenceOf(std::span<const spec::Row> rows,
                                                      const IntelligenceQuery& query);

/// The cost of a question on the day from which it was possible: the later one of the weights'
/// release and the measurement.
struct DatedCost {
  catalog::Date day;
  double cost = 0.0;      // USD, or J.
  std::size_t score = 0;  // Place in the eval's scores.
  std::size_t row = 0;
};

enum class Resource { kDollars, kJoules };

/// The best cost of a question at fixed capability, a step a record: scores of at least
/// `capability`, at the query's floor and at its prices' day, so that prices do not move it.
Result<std::vector<DatedCost>> BestCosts(std::span<const spec::Row> rows,
                                         const IntelligenceQuery& query, double capability,
                                         Resource resource);

inline constexpr std::size_t kMinDatedPoints = 5;
/// Records of a few weeks are an archive that fills up, not progress: a yearly figure from them
/// would multiply their noise.
inline constexpr std::int64_t kMinSpanDays = 180;

struct AnnualGain {
  std::size_t points = 0;
  /// How many times as much a dollar (or a joule) buys after a year, with its 95 % interval.
  std::optional<double> factor, low, high;
  std::string why;  // "too few points", "spans 70 days: too short"; empty where there is a factor.
};

/// exp(-365.25 x the slope of log(cost) over days), by least squares, Student's t interval of the
/// slope. What the records do not know: whether a cheaper system existed before it was measured.
/// REQUIRES: positive costs, by rising day.
AnnualGain FitAnnualGain(std::span<const DatedCost> costs);

}  // namespace roofscape::analysis
