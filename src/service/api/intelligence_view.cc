#include <array>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/core/text.h"
#include "domain/analysis/intelligence.h"
#include "service/api/selection.h"
#include "service/api/views.h"

namespace roofscape::api {
namespace {

constexpr double kUsualFloor = 20;

struct Ask {
  Selection selection;
  analysis::IntelligenceQuery query;
  std::optional<double> gain;
};

/// The eval of that name; without one the first that takes part and needs no assumption.
Result<const catalog::Eval*> ChooseEval(const Params& params, const ViewInput& input,
                                        catalog::Date day) {
  const std::string_view asked = params.One("eval");
  std::vector<std::string> ids;
  const catalog::Eval* usual = nullptr;
  for (const catalog::Eval& eval : input.catalog().evals) {
    if (eval.entry.id == asked) return &eval;
    ids.push_back(eval.entry.id);
    if (usual == nullptr && analysis::WhyNoPart(eval, day).empty() &&
        analysis::CountedInputTokens(eval.family)) {
      usual = &eval;
    }
  }
  if (asked.empty()) return usual;
  return ParamError(
      "eval", fmt::format("'{}' is unknown.{}", Printable(asked, 60), DidYouMean(asked, ids)));
}

Result<Ask> ReadAsk(const ViewInput& input, const Params& params) {
  Ask ask;
  RS_ASSIGN_OR_RETURN(ask.selection, ReadSelection(params, input.catalog()));
  RS_ASSIGN_OR_RETURN(ask.query.pricing, ReadPricing(params, input));
  RS_ASSIGN_OR_RETURN(const auto floor, params.Number("floor", 0, 1e9));
  ask.query.interactivity_floor = floor.value_or(kUsualFloor);
  RS_ASSIGN_OR_RETURN(ask.query.input_tokens, params.Number("input_tokens", 1, 1e9));
  RS_ASSIGN_OR_RETURN(ask.gain, params.Number("gain", 0, 1));
  const std::string_view boundary = params.One("boundary");
  if (!boundary.empty() && boundary != "device" && boundary != "provisioned") {
    return ParamError("boundary", "must be 'device' or 'provisioned'");
  }
  if (boundary == "device") ask.query.boundary = analysis::Boundary::kDevice;
  RS_ASSIGN_OR_RETURN(ask.query.eval, ChooseEval(params, input, ask.query.pricing.date));
  return ask;
}

Json EvalsJson(const ViewInput& input, catalog::Date day) {
  Json evals = Json::array();
  for (const catalog::Eval& eval : input.catalog().evals) {
    const std::string why_not = analysis::WhyNoPart(eval, day);
    evals.push_back({{"id", eval.entry.id},
                     {"name", eval.entry.name},
                     {"family", eval.family},
                     {"measures", eval.measures},
                     {"takes_part", why_not.empty()},
                     {"why_not", why_not},
                     {"scores", eval.scores.size()},
                     {"needs_input_tokens", !analysis::CountedInputTokens(eval.family)}});
  }
  return evals;
}

/// The rows of the view, with their places in the snapshot.
struct Rows {
  const Snapshot& snapshot;
  std::vector<std::size_t> places;
  std::vector<spec::Row> rows;

  const std::string& Id(std::size_t row) const { return snapshot.origin(places[row]).id; }
};

Json SolvedJson(const std::optional<analysis::Solved>& solved) {
  if (!solved) return nullptr;
  return {{"value", solved->value},
          {"low", NumberJson(solved->low)},
          {"high", NumberJson(solved->high)}};
}

Json PointJson(const Rows& rows, const analysis::IntelligencePoint& point,
               const catalog::Eval& eval) {
  const catalog::Score& score = eval.scores[point.score];
  const spec::Row& row = rows.rows[point.row];
  return {{"weights", score.weights},
          {"mode", score.mode},
          {"score", score.score},
          {"chip", row.deployment.chip},
          {"label",
           SystemLabel(rows.snapshot.series()[rows.snapshot.SeriesOf(rows.places[point.row])])},
          {"id", rows.Id(point.row)},
          {"protocol", row.protocol},
          {"input_tokens", point.input_tokens},
          {"input_assumed", point.input_assumed},
          {"output_tokens", point.output_tokens},
          {"usd_per_question", point.usd_per_question.value},
          {"solved_per_usd", SolvedJson(point.per_usd)},
          {"solved_per_kwh", SolvedJson(point.per_kwh)}};
}

Result<Json> GainJson(const Rows& rows, const Ask& ask, analysis::Resource resource) {
  RS_ASSIGN_OR_RETURN(const std::vector<analysis::DatedCost> costs,
                      analysis::BestCosts(rows.rows, ask.query, *ask.gain, resource));
  const analysis::AnnualGain gain = analysis::FitAnnualGain(costs);
  Json steps = Json::array();
  for (const analysis::DatedCost& cost : costs) {
    steps.push_back({{"day", cost.day.ToIso()},
                     {"cost", cost.cost},
                     {"weights", ask.query.eval->scores[cost.score].weights},
                     {"id", rows.Id(cost.row)}});
  }
  return Json{{"records", gain.points},
              {"factor", NumberJson(gain.factor)},
              {"low", NumberJson(gain.low)},
              {"high", NumberJson(gain.high)},
              {"why", gain.why},
              {"steps", std::move(steps)}};
}

Result<Json> GainsJson(const Rows& rows, const Ask& ask) {
  if (!ask.gain) return Json(nullptr);
  RS_ASSIGN_OR_RETURN(Json dollars, GainJson(rows, ask, analysis::Resource::kDollars));
  RS_ASSIGN_OR_RETURN(Json joules, GainJson(rows, ask, analysis::Resource::kJoules));
  return Json{{"score", *ask.gain}, {"dollars", dollars}, {"joules", joules}};
}

}  // namespace

Result<Json> IntelligenceView(const ViewInput& input, const Params& params) {
  const Snapshot& snapshot = *input.snapshot;
  RS_ASSIGN_OR_RETURN(const Ask ask, ReadAsk(input, params));
  Rows rows{snapshot, Select(ask.selection, snapshot), {}};
  rows.rows = RowsAt(snapshot, rows.places);
  Json points = Json::array();
  Json gains = nullptr;
  Json notes = Json::array();
  if (ask.query.eval == nullptr) {
    notes.push_back("No eval of the catalog takes part on that day.");
  } else if (const auto found = analysis::IntelligenceOf(rows.rows, ask.query); !found) {
    notes.push_back(found.error().message);
  } else {
    for (const analysis::IntelligencePoint& point : *found) {
      points.push_back(PointJson(rows, point, *ask.query.eval));
    }
    RS_ASSIGN_OR_RETURN(gains, GainsJson(rows, ask));
    if (found->empty()) {
      notes.push_back(
          "No score with counted tokens meets a point of its model with a like mix of "
          "input and output: choose another shape or a lower floor.");
    }
  }
  return Json{{"generation", snapshot.generation()},
              {"query", SelectionJson(ask.selection)},
              {"pricing", PricingJson(ask.query.pricing)},
              {"eval", ask.query.eval == nullptr ? Json(nullptr) : Json(ask.query.eval->entry.id)},
              {"boundary", analysis::Name(ask.query.boundary)},
              {"interactivity_floor", ask.query.interactivity_floor},
              {"evals", EvalsJson(input, ask.query.pricing.date)},
              {"points", std::move(points)},
              {"gains", std::move(gains)},
              {"notes", std::move(notes)}};
}

}  // namespace roofscape::api
