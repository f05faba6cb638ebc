#include <algorithm>
#include <array>
#include <map>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "base/core/names.h"
#include "base/core/text.h"
#include "domain/analysis/compare.h"
#include "domain/analysis/derived_axes.h"
#include "service/api/axes.h"
#include "service/api/selection.h"
#include "service/api/views.h"

namespace roofscape::api {
namespace {

constexpr std::size_t kMaxSides = 12;
constexpr std::array<std::string_view, kFields + 3> kConditions = {
    "model",    "shape", "chip",   "engine", "precision", "speculative",
    "protocol", "way",   "origin", "since",  "until",     "run"};

struct Side {
  std::string conditions;
  std::string label;
  std::vector<std::size_t> places;
  std::vector<spec::Row> rows;
};

struct Ask {
  Selection selection;
  analysis::RowAxis x, metric;
  std::vector<double> targets;
  std::vector<Side> sides;
};

/// The filters of one side: those of the query, with "engine=sglang,chip=b200" in their place.
Result<Selection> SelectionOf(const std::string& conditions, const Selection& common,
                              const catalog::Catalog& catalog, std::string& run) {
  Selection selection = common;
  for (const std::string& condition : Split(conditions, ',')) {
    const std::size_t equals = std::min(condition.find('='), condition.size());
    const std::string name = condition.substr(0, equals);
    const std::string value = condition.substr(std::min(equals + 1, condition.size()));
    if (std::find(kConditions.begin(), kConditions.end(), name) == kConditions.end() ||
        value.empty()) {
      return ParamError("side",
                        fmt::format("'{}': must be NAME=VALUE joined by commas, NAME one of "
                                    "{}",
                                    Printable(condition, 60), fmt::join(kConditions, ", ")));
    }
    if (name == "run") {
      run = value;
      continue;
    }
    // Escaped, so that a value which looks like a query is none.
    std::string query = name + "=";
    for (const char c : value) query += fmt::format("%{:02x}", static_cast<unsigned char>(c));
    RS_ASSIGN_OR_RETURN(const Params params, Params::Parse(query));
    RS_ASSIGN_OR_RETURN(const Selection one, ReadSelection(params, catalog));
    for (std::size_t f = 0; f < kFields; ++f) {
      if (!one.fields[f].empty()) selection.fields[f] = one.fields[f];
    }
    if (one.since) selection.since = one.since;
    if (one.until) selection.until = one.until;
  }
  return selection;
}

Result<Side> ReadSide(const std::string& conditions, const Selection& common,
                      const ViewInput& input) {
  Side side;
  side.conditions = conditions;
  std::string run;
  RS_ASSIGN_OR_RETURN(const Selection selection,
                      SelectionOf(conditions, common, input.catalog(), run));
  for (const std::size_t place : Select(selection, *input.snapshot)) {
    if (run.empty() || input.snapshot->origin(place).run.starts_with(run)) {
      side.places.push_back(place);
    }
  }
  side.rows = RowsAt(*input.snapshot, side.places);
  for (const std::string& condition : Split(conditions, ',')) {
    side.label += (side.label.empty() ? "" : ", ") + condition.substr(condition.find('=') + 1);
  }
  return side;
}

/// Which model, shape and protocol is meant where the query leaves that open: that of most rows
/// which all sides leave.
void FillInForAll(const std::vector<std::string>& sides, Selection& selection,
                  const Snapshot& snapshot) {
  const auto named = [&](Field field) {
    const std::string name = std::string(Name(field)) + "=";
    return std::any_of(sides.begin(), sides.end(), [&](const std::string& side) {
      return side.starts_with(name) || side.find("," + name) != std::string::npos ||
             side.starts_with("run=");
    });
  };
  for (const Field field : {Field::kModel, Field::kShape, Field::kProtocol}) {
    if (named(field)) continue;
    const std::array one = {field};
    FillIn(selection, snapshot, one);
  }
}

Result<Ask> ReadAsk(const ViewInput& input, const Params& params) {
  Ask ask;
  RS_ASSIGN_OR_RETURN(ask.selection, ReadSelection(params, input.catalog()));
  RS_ASSIGN_OR_RETURN(const analysis::Pricing pricing, ReadPricing(params, input));
  const auto axis = [&](const char* name, const char* otherwise) {
    const std::string_view asked = params.One(name);
    auto found = analysis::AxisNamed(asked.empty() ? otherwise : asked, pricing);
    return found ? found : Result<analysis::RowAxis>(ParamError(name, found.error().message));
  };
  RS_ASSIGN_OR_RETURN(ask.x, axis("x", "interactivity_p50_tps"));
  RS_ASSIGN_OR_RETURN(ask.metric, axis("metric", "total_tps_per_chip"));
  RS_ASSIGN_OR_RETURN(ask.targets, params.Numbers("at", 0, 1e12));
  const std::vector<std::string> sides = params.Many("side");
  if (sides.size() > kMaxSides) {
    return ParamError("side", fmt::format("at most {} at once", kMaxSides));
  }
  FillInForAll(sides, ask.selection, *input.snapshot);
  for (const std::string& conditions : sides) {
    RS_ASSIGN_OR_RETURN(Side side, ReadSide(conditions, ask.selection, input));
    ask.sides.push_back(std::move(side));
  }
  return ask;
}

Json EffectJson(double change, std::optional<double> low, std::optional<double> high,
                analysis::Finding finding, std::optional<double> floor,
                const std::vector<std::string>& differs) {
  return {{"change", NumberJson(change)}, {"low", NumberJson(low)},
          {"high", NumberJson(high)},     {"finding", analysis::Name(finding)},
          {"floor", NumberJson(floor)},   {"differs", differs}};
}

/// A row of the table of matches: a load or target, and a layout where matched by it.
using MatchKey = std::pair<double, std::string>;

class Table {
 public:
  explicit Table(const Ask& ask) : ask_(ask) {}

  void Add(std::size_t side, const analysis::Comparison& comparison, const Snapshot& snapshot) {
    for (const analysis::Match& match : comparison.matches) {
      auto& row =
          matches_.try_emplace({match.at, match.layout}, std::vector<Json>(ask_.sides.size()))
              .first->second;
      row[0] = ValueJson(snapshot, ask_.sides[0], match.a, match.value_a, nullptr);
      row[side] = ValueJson(
          snapshot, ask_.sides[side], match.b, match.value_b,
          EffectJson(match.change, match.low, match.high, match.finding, std::nullopt, {}));
    }
  }

  Json ToJson() const {
    Json all = Json::array();
    for (const auto& [key, values] : matches_) {
      all.push_back({{"at", key.first}, {"layout", key.second}, {"values", values}});
    }
    return all;
  }

 private:
  Json ValueJson(const Snapshot& snapshot, const Side& side, const std::vector<std::size_t>& rows,
                 double value, Json effect) const {
    Json id = nullptr;
    Json x = nullptr;
    if (!rows.empty()) {
      id = snapshot.origin(side.places[rows.front()]).id;
      x = NumberJson(ask_.x.value(side.rows[rows.front()]));
    }
    return {{"value", value}, {"id", id}, {"x", x}, {"effect", std::move(effect)}};
  }

  const Ask& ask_;
  std::map<MatchKey, std::vector<Json>> matches_;
};

Result<analysis::Comparison> Compare(const Ask& ask, std::size_t side) {
  const std::vector<spec::Row>& a = ask.sides[0].rows;
  const std::vector<spec::Row>& b = ask.sides[side].rows;
  if (a.empty() || b.empty()) {
    return Error{ErrorCode::kNotFound,
                 fmt::format("no point fits '{}'", ask.sides[a.empty() ? 0 : side].conditions)};
  }
  if (ask.targets.empty()) return analysis::CompareByLoad(a, b, ask.metric);
  return analysis::CompareAt(a, b, ask.x, ask.metric, ask.targets);
}

Json SidesJson(const Ask& ask) {
  Json sides = Json::array();
  for (const Side& side : ask.sides) {
    sides.push_back({{"conditions", side.conditions},
                     {"label", side.label},
                     {"points", side.rows.size()},
                     {"pooled", analysis::PooledOver(side.rows)}});
  }
  return sides;
}

}  // namespace

Result<Json> CompareView(const ViewInput& input, const Params& params) {
  const Snapshot& snapshot = *input.snapshot;
  RS_ASSIGN_OR_RETURN(const Ask ask, ReadAsk(input, params));
  Json overall = Json::array();
  Json missing = Json::array();
  Json notes = Json::array();
  Table table(ask);
  if (!ask.sides.empty()) overall.push_back(nullptr);
  for (std::size_t side = 1; side < ask.sides.size(); ++side) {
    const auto comparison = Compare(ask, side);
    if (!comparison) {
      missing.push_back({{"side", side}, {"reason", comparison.error().message}});
      overall.push_back(nullptr);
      continue;
    }
    table.Add(side, *comparison, snapshot);
    overall.push_back(comparison->change
                          ? EffectJson(*comparison->change, comparison->low, comparison->high,
                                       comparison->finding, comparison->floor, comparison->differs)
                          : Json(nullptr));
  }
  if (ask.sides.size() < 2) {
    notes.push_back("Name two or more sides, as side=engine=sglang and side=engine=vllm.");
  }
  return Json{{"generation", snapshot.generation()},
              {"query", SelectionJson(ask.selection)},
              {"x", AxisJson(ask.x)},
              {"metric", AxisJson(ask.metric)},
              {"matched_by", ask.targets.empty() ? "load" : "x"},
              {"sides", SidesJson(ask)},
              {"overall", std::move(overall)},
              {"matches", table.ToJson()},
              {"missing", std::move(missing)},
              {"options", FacetsJson(ask.selection, snapshot, input.catalog())},
              {"notes", std::move(notes)}};
}

}  // namespace roofscape::api
