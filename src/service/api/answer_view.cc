#include <algorithm>
#include <array>
#include <limits>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "domain/analysis/derived_axes.h"
#include "domain/analysis/energy.h"
#include "domain/analysis/fleet_size.h"
#include "domain/analysis/noise.h"
#include "service/api/recipe.h"
#include "service/api/selection.h"
#include "service/api/series_view.h"
#include "service/api/store_views.h"

namespace roofscape::api {
namespace {

constexpr std::array<std::string_view, 6> kPercentiles = {"mean", "p50", "p75",
                                                          "p90",  "p95", "p99"};
constexpr std::array<std::string_view, 3> kRanks = {"cost", "energy", "throughput"};
constexpr double kLast = std::numeric_limits<double>::infinity();

/// What must be met, and what is wanted best.
struct Target {
  std::string percentile = "p50";
  std::optional<double> interactivity_tps, ttft_s, e2e_s;
  std::optional<std::int64_t> users, max_chips;
  std::optional<double> usd_per_month;
  std::string rank = "cost";
  std::size_t limit = 20;

  std::string Interactivity() const { return "interactivity_" + percentile + "_tps"; }
  /// Places in the registry of the three metrics: they are asked of every row.
  std::size_t interactivity = 0, ttft = 0, e2e = 0;
};

Result<std::string> OneOf(const Params& params, std::string_view name,
                          std::span<const std::string_view> known, std::string_view otherwise) {
  const std::string_view asked = params.One(name);
  if (asked.empty()) return std::string(otherwise);
  if (std::find(known.begin(), known.end(), asked) != known.end()) return std::string(asked);
  std::string names;
  for (const std::string_view one : known) names += (names.empty() ? "" : ", ") + std::string(one);
  return ParamError(name, "must be one of " + names);
}

Result<Target> ReadTarget(const Params& params) {
  Target target;
  RS_ASSIGN_OR_RETURN(target.percentile, OneOf(params, "percentile", kPercentiles, "p50"));
  RS_ASSIGN_OR_RETURN(target.rank, OneOf(params, "rank", kRanks, "cost"));
  RS_ASSIGN_OR_RETURN(target.interactivity_tps, params.Number("interactivity_tps", 0, 1e9));
  RS_ASSIGN_OR_RETURN(target.ttft_s, params.Number("ttft_s", 0, 1e9));
  RS_ASSIGN_OR_RETURN(target.e2e_s, params.Number("e2e_s", 0, 1e9));
  RS_ASSIGN_OR_RETURN(target.users, params.Integer("users", 1, 1'000'000'000'000));
  RS_ASSIGN_OR_RETURN(target.usd_per_month, params.Number("usd_per_month", 0, 1e15));
  RS_ASSIGN_OR_RETURN(target.max_chips, params.Integer("max_chips", 1, 1'000'000'000));
  RS_ASSIGN_OR_RETURN(const auto limit, params.Integer("limit", 1, 200));
  target.interactivity = *spec::MetricPlace(target.Interactivity());
  target.ttft = *spec::MetricPlace("ttft_" + target.percentile + "_s");
  target.e2e = *spec::MetricPlace("e2e_" + target.percentile + "_s");
  if (limit) target.limit = static_cast<std::size_t>(*limit);
  return target;
}

/// `input` and `output` in place of a shape.
Result<> ReadShape(const Params& params, Selection& selection) {
  RS_ASSIGN_OR_RETURN(const auto input, params.Integer("input", 1, 1'000'000'000));
  RS_ASSIGN_OR_RETURN(const auto output, params.Integer("output", 1, 1'000'000'000));
  if (!input && !output) return {};
  if (!input || !output) {
    return ParamError(input ? "output" : "input", "is needed beside the other length");
  }
  selection[Field::kShape] = {fmt::format("{}/{}", *input, *output)};
  return {};
}

/// By which share a figure is better than its limit; missing: not asked. Below 0: it is not met,
/// and so is a limit of which the row has no figure.
struct Headroom {
  std::optional<double> interactivity, ttft, e2e;
  bool meets = true;
};

Headroom HeadroomOf(const spec::Row& row, const Target& target) {
  Headroom room;
  const auto at_least = [&](const std::optional<double>& limit, std::size_t metric) {
    if (!limit) return std::optional<double>();
    const auto value = row.values.Get(metric);
    if (!value || *value < *limit) room.meets = false;
    return value && *limit > 0 ? std::optional(*value / *limit - 1) : std::nullopt;
  };
  const auto at_most = [&](const std::optional<double>& limit, std::size_t metric) {
    if (!limit) return std::optional<double>();
    const auto value = row.values.Get(metric);
    if (!value || *value > *limit) room.meets = false;
    return value && *value > 0 ? std::optional(*limit / *value - 1) : std::nullopt;
  };
  room.interactivity = at_least(target.interactivity_tps, target.interactivity);
  room.ttft = at_most(target.ttft_s, target.ttft);
  room.e2e = at_most(target.e2e_s, target.e2e);
  return room;
}

struct Found {
  std::size_t series = 0;  // Place among the view's.
  std::size_t row = 0;
  Headroom headroom;
  double rank = kLast;  // Less is better; kLast: the figure is missing.
  /// By which share worse than the first: dearer, hungrier, slower. 0 of the first itself.
  std::optional<double> behind;
  std::optional<analysis::Fleet> fleet;
  std::optional<bool> fits_budget;
};

/// The figure that ranks: of the rows of one chip, the highest rate is best by each.
double RankOf(const spec::Row& row, const Target& target, const analysis::Pricing& pricing) {
  const auto rate = analysis::RatePerChip(row, analysis::TokenKind::kTotal);
  if (!rate) return kLast;
  if (target.rank == "throughput") return -*rate;
  if (target.rank == "cost") {
    const auto cost = analysis::UsdPerMtok(row, analysis::TokenKind::kTotal, pricing);
    return cost ? cost->value : kLast;
  }
  const auto energy =
      analysis::JoulesPerToken(row, analysis::TokenKind::kTotal, analysis::Boundary::kProvisioned,
                               {pricing.catalog, pricing.date, {}, {}});
  return energy ? energy->value : kLast;
}

/// The best row of a series that meets the target. Within one series, and so on one chip, price and
/// power are the same, so that the highest rate is cheapest and takes least energy.
std::optional<Found> BestOf(const Snapshot& snapshot, const ViewSeries& series,
                            const Target& target, bool all) {
  std::optional<Found> best;
  double best_rate = -1;
  for (const std::size_t place : series.places) {
    const spec::Row& row = snapshot.rows()[place];
    if (!all && !analysis::TakesPart(row)) continue;
    const auto chips = spec::ChipCount(row.deployment);
    if (target.max_chips && (!chips || *chips > *target.max_chips)) continue;
    Headroom headroom = HeadroomOf(row, target);
    if (!headroom.meets) continue;
    const double rate = analysis::RatePerChip(row, analysis::TokenKind::kTotal).value_or(0);
    if (best && rate <= best_rate) continue;
    best = Found{0, place, headroom, kLast, {}, {}, {}};
    best_rate = rate;
  }
  return best;
}

/// The fleet for the users asked, or of one deployment where only a budget is given.
void SizeFleet(const spec::Row& row, const Target& target, const analysis::Pricing& pricing,
               Found& found) {
  if (!target.users && !target.usd_per_month) return;
  const auto fleet = analysis::FleetFromUsers(row, target.users.value_or(1), pricing);
  if (!fleet) return;
  found.fleet = *fleet;
  if (target.usd_per_month && fleet->usd_per_month) {
    found.fits_budget = *fleet->usd_per_month <= *target.usd_per_month;
  }
}

Json FleetJson(const std::optional<analysis::Fleet>& fleet) {
  if (!fleet) return nullptr;
  return {{"deployments", fleet->deployments},
          {"chips", fleet->chips},
          {"users", fleet->users},
          {"output_tps", fleet->output_tps},
          {"megawatts", NumberJson(fleet->megawatts)},
          {"usd_per_month", NumberJson(fleet->usd_per_month)}};
}

Json CostJson(const spec::Row& row, const analysis::Pricing& pricing) {
  const auto price = analysis::ChipPrice(row.deployment.chip, pricing);
  if (!price) return nullptr;
  Json cost = Json::object();
  for (const auto kind :
       {analysis::TokenKind::kTotal, analysis::TokenKind::kInput, analysis::TokenKind::kOutput}) {
    const auto figure = analysis::UsdPerMtok(row, kind, pricing);
    cost[fmt::format("usd_per_mtok_{}", analysis::Name(kind))] =
        figure ? Json(figure->value) : Json(nullptr);
  }
  cost["price"] = PriceJson(*price, pricing);
  return cost;
}

Json EnergyJson(const spec::Row& row, const analysis::Pricing& pricing) {
  const analysis::PowerContext context{pricing.catalog, pricing.date, {}, {}};
  constexpr auto kBoundary = analysis::Boundary::kProvisioned;
  const auto power = analysis::ChipPower(row, kBoundary, context);
  if (!power) return nullptr;
  const auto joules = [&](analysis::TokenKind kind) {
    const auto figure = analysis::JoulesPerToken(row, kind, kBoundary, context);
    return figure ? Json(figure->value) : Json(nullptr);
  };
  const auto rate = analysis::TpsPerMw(row, analysis::TokenKind::kTotal, kBoundary, context);
  return {{"joules_per_total_token", joules(analysis::TokenKind::kTotal)},
          {"joules_per_output_token", joules(analysis::TokenKind::kOutput)},
          {"total_tps_per_mw", rate ? Json(rate->value) : Json(nullptr)},
          {"chip_w", power->value},
          {"boundary", analysis::Name(kBoundary)}};
}

/// The 95 % interval of the throughput a chip; only own points have one.
Json IntervalJson(const RowOrigin& origin) {
  const auto found = origin.intervals.find("total_tps_per_chip");
  if (found == origin.intervals.end()) return nullptr;
  return {{"low", NumberJson(found->second.low)}, {"high", NumberJson(found->second.high)}};
}

Json BetweenJson(const Snapshot& snapshot, const std::optional<Between>& between,
                 const analysis::Pricing& pricing) {
  if (!between) return nullptr;
  const spec::Row& like = snapshot.rows()[between->like];
  const auto price = analysis::ChipPrice(like.deployment.chip, pricing);
  const auto usd = [&](const std::optional<double>& rate) {
    return price && rate ? Json(analysis::UsdPerMtok(price->value, *rate)) : Json(nullptr);
  };
  return {{"total_tps_per_chip", between->y},  {"low", NumberJson(between->low)},
          {"high", NumberJson(between->high)}, {"usd_per_mtok_total", usd(between->y)},
          {"usd_low", usd(between->high)},     {"usd_high", usd(between->low)}};
}

/// Recipes of the rows that are answered, read from the store all at once.
class Recipes {
 public:
  static Result<Recipes> Load(const Snapshot& snapshot, StoreAccess& store,
                              std::span<const Found> found) {
    Recipes recipes;
    std::vector<std::int64_t> ids;
    for (const Found& one : found) {
      const RowOrigin& origin = snapshot.origin(one.row);
      if (origin.run.empty()) {
        ids.push_back(origin.archive_id);
      } else if (!recipes.runs_.contains(origin.run)) {
        RS_ASSIGN_OR_RETURN(const spec::RunResult run, store.LoadRun(origin.run));
        recipes.runs_.emplace(origin.run, RecipeOf(run.plan));
      }
    }
    RS_ASSIGN_OR_RETURN(recipes.texts_, store.Texts(ids));
    return recipes;
  }

  Json Of(const Snapshot& snapshot, std::size_t row) const {
    const RowOrigin& origin = snapshot.origin(row);
    if (const auto run = runs_.find(origin.run); run != runs_.end()) return run->second;
    const auto text = texts_.find(origin.archive_id);
    return RecipeOf(text == texts_.end() ? snapshot.rows()[row] : text->second);
  }
  std::size_t Corrections(const Snapshot& snapshot, std::size_t row) const {
    const auto text = texts_.find(snapshot.origin(row).archive_id);
    return text == texts_.end() ? 0 : text->second.corrections.size();
  }

 private:
  std::map<std::string, Json> runs_;
  std::map<std::int64_t, spec::Row> texts_;
};

struct Answer {
  Selection selection;
  analysis::Pricing pricing;
  Target target;
  std::vector<ViewSeries> series;
  std::vector<Found> found;                     // Best first, all of them.
  std::vector<std::optional<Between>> between;  // By series.
  std::int64_t no_point = 0;
  std::int64_t over_budget = 0;
  std::set<std::string> no_price;
  /// Cost and energy of one chip vary as its throughput does.
  analysis::NoiseFloor rerun = *analysis::FloorOf("total_tps_per_chip");
};

Json ResultJson(const ViewInput& input, const Answer& answer, const Recipes& recipes,
                const Found& found) {
  const Snapshot& snapshot = *input.snapshot;
  const spec::Row& row = snapshot.rows()[found.row];
  const ViewSeries& series = answer.series[found.series];
  const auto chips = spec::ChipCount(row.deployment);
  const auto metric = [&](std::size_t place) { return NumberJson(row.values.Get(place)); };
  return {
      {"known", row.way},
      {"id", snapshot.origin(found.row).id},
      {"key", KeyJson(snapshot.series()[series.code])},
      {"label", series.label},
      {"layout", analysis::LayoutName(row.deployment)},
      {"chips", chips ? Json(*chips) : Json(nullptr)},
      {"concurrency", ConcurrencyJson(row)},
      {"rate_rps", NumberJson(row.rate_rps)},
      {"measured", DayJson(row)},
      {"interactivity_tps", metric(answer.target.interactivity)},
      {"ttft_s", metric(answer.target.ttft)},
      {"e2e_s", metric(answer.target.e2e)},
      {"total_tps_per_chip", NumberJson(analysis::RatePerChip(row, analysis::TokenKind::kTotal))},
      {"output_tps_per_chip", NumberJson(analysis::RatePerChip(row, analysis::TokenKind::kOutput))},
      {"cost", CostJson(row, answer.pricing)},
      {"energy", EnergyJson(row, answer.pricing)},
      {"headroom",
       {{"interactivity", NumberJson(found.headroom.interactivity)},
        {"ttft", NumberJson(found.headroom.ttft)},
        {"e2e", NumberJson(found.headroom.e2e)}}},
      {"between", BetweenJson(snapshot, answer.between[found.series], answer.pricing)},
      {"fleet", FleetJson(found.fleet)},
      {"fits_budget", found.fits_budget ? Json(*found.fits_budget) : Json(nullptr)},
      {"verdict", VerdictName(row, snapshot.origin(found.row))},
      {"interval", IntervalJson(snapshot.origin(found.row))},
      {"behind", NumberJson(found.behind)},
      {"close", found.behind && *found.behind <= answer.rerun.p95},
      {"corrections", recipes.Corrections(snapshot, found.row)},
      {"recipe", recipes.Of(snapshot, found.row)}};
}

/// Nothing where either cannot be ranked. A rank of throughput is below 0.
std::optional<double> Behind(const Found& first, const Found& found) {
  if (first.rank == kLast || found.rank == kLast || first.rank == 0 || found.rank == 0) return {};
  return (found.rank < 0 ? first.rank / found.rank : found.rank / first.rank) - 1;
}

/// Finds the best row of each series and puts them in order.
void Rank(const Snapshot& snapshot, Answer& answer) {
  for (std::size_t i = 0; i < answer.series.size(); ++i) {
    auto found = BestOf(snapshot, answer.series[i], answer.target, answer.selection.all);
    if (!found) {
      ++answer.no_point;
      continue;
    }
    const spec::Row& row = snapshot.rows()[found->row];
    found->series = i;
    found->rank = RankOf(row, answer.target, answer.pricing);
    SizeFleet(row, answer.target, answer.pricing, *found);
    if (found->fits_budget == false) {
      ++answer.over_budget;
      continue;
    }
    if (!analysis::ChipPrice(row.deployment.chip, answer.pricing)) {
      answer.no_price.insert(row.deployment.chip.empty() ? "not told" : row.deployment.chip);
    }
    answer.found.push_back(std::move(*found));
  }
  std::stable_sort(answer.found.begin(), answer.found.end(),
                   [](const Found& a, const Found& b) { return a.rank < b.rank; });
  for (Found& found : answer.found) found.behind = Behind(answer.found.front(), found);
}

/// What lies between points at exactly the target; only a median or mean speed is read so.
void ReadAllBetween(const Snapshot& snapshot, Answer& answer) {
  answer.between.resize(answer.series.size());
  const Target& target = answer.target;
  if (!target.interactivity_tps || target.ttft_s || target.e2e_s) return;
  const auto x = analysis::AxisNamed(target.Interactivity(), answer.pricing);
  if (!x) return;
  auto between = ReadBetween(snapshot, answer.series, *x, "total_tps_per_chip", answer.pricing,
                             *target.interactivity_tps, answer.selection.all);
  if (between) answer.between = *std::move(between);
}

/// Shapes that there are for the model, where the one asked for has no rows.
Json OtherShapes(const ViewInput& input, const Answer& answer) {
  Json shapes = Json::array();
  if (!answer.series.empty()) return shapes;
  Selection without = answer.selection;
  without[Field::kShape].clear();
  const Json facets = FacetsJson(without, *input.snapshot, input.catalog());
  for (const Json& option : facets["shape"]) {
    const std::string shape = option["value"];
    const std::size_t slash = shape.find('/');
    if (slash == std::string::npos) continue;
    shapes.push_back({{"shape", shape},
                      {"input", std::atoll(shape.c_str())},
                      {"output", std::atoll(shape.c_str() + slash + 1)},
                      {"count", option["count"]}});
  }
  return shapes;
}

Json TargetJson(const Target& target) {
  const auto count = [](const std::optional<std::int64_t>& value) {
    return value ? Json(*value) : Json(nullptr);
  };
  return {{"percentile", target.percentile},
          {"interactivity_tps", NumberJson(target.interactivity_tps)},
          {"ttft_s", NumberJson(target.ttft_s)},
          {"e2e_s", NumberJson(target.e2e_s)},
          {"users", count(target.users)},
          {"usd_per_month", NumberJson(target.usd_per_month)},
          {"max_chips", count(target.max_chips)},
          {"rank", target.rank}};
}

Json NotesOf(const Answer& answer) {
  Json notes = Json::array();
  if (answer.series.empty()) {
    notes.push_back(
        "No point of this model and shape is known: choose a shape that was measured, "
        "measure it (roofscape bench), or predict it.");
  } else if (answer.found.empty()) {
    notes.push_back(
        "Nothing that was measured meets the target: ask for less speed, or allow more "
        "chips or money.");
  }
  for (const Found& found : answer.found) {
    if (found.rank == kLast) {
      notes.push_back("What cannot be ranked for want of a price, power or rate stands last.");
      break;
    }
  }
  return notes;
}

}  // namespace

Result<Json> AnswerView(const ViewInput& input, StoreAccess& store, const Params& params) {
  const Snapshot& snapshot = *input.snapshot;
  Answer answer;
  RS_ASSIGN_OR_RETURN(answer.selection, ReadSelection(params, input.catalog()));
  RS_RETURN_IF_ERROR(ReadShape(params, answer.selection));
  RS_ASSIGN_OR_RETURN(answer.pricing, ReadPricing(params, input));
  RS_ASSIGN_OR_RETURN(answer.target, ReadTarget(params));
  constexpr std::array kDefaults = {Field::kModel, Field::kShape};
  FillIn(answer.selection, snapshot, kDefaults);
  answer.series = SeriesOf(snapshot, Select(answer.selection, snapshot));
  Rank(snapshot, answer);
  ReadAllBetween(snapshot, answer);
  const std::size_t shown = std::min(answer.found.size(), answer.target.limit);
  const std::size_t beyond = answer.found.size() - shown;
  const Json notes = NotesOf(answer);
  answer.found.resize(shown);
  RS_ASSIGN_OR_RETURN(const Recipes recipes, Recipes::Load(snapshot, store, answer.found));
  Json results = Json::array();
  for (const Found& found : answer.found) {
    results.push_back(ResultJson(input, answer, recipes, found));
  }
  return Json{{"generation", snapshot.generation()},
              {"query", SelectionJson(answer.selection)},
              {"pricing", PricingJson(answer.pricing)},
              {"target", TargetJson(answer.target)},
              {"results", std::move(results)},
              {"rerun", {{"p90", answer.rerun.p90}, {"p95", answer.rerun.p95}}},
              {"left_out",
               {{"no_point", answer.no_point},
                {"no_price", answer.no_price},
                {"over_budget", answer.over_budget},
                {"beyond_limit", beyond}}},
              {"options", FacetsJson(answer.selection, snapshot, input.catalog())},
              {"shapes", OtherShapes(input, answer)},
              {"notes", notes}};
}

}  // namespace roofscape::api
