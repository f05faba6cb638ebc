// roofscape cost: what tokens, tasks and fleets cost at an operating point.

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/core/text.h"
#include "cli/catalog_source.h"
#include "cli/command.h"
#include "cli/cost_text.h"
#include "cli/price_options.h"
#include "cli/row_selection.h"
#include "cli/trend_text.h"
#include "domain/analysis/derived_axes.h"

namespace roofscape::cli {
namespace {

constexpr const char* kDescription =
    "Show what tokens cost at a fixed interactivity, in dollars and energy.";

constexpr const char* kFooter =
    "Example:\n"
    "  roofscape cost --model deepseek-r1 --shape 8192/1024 --at 50\n"
    "  roofscape cost --chip gb200 --at 30 --tier rented_3yr --date 2026-07-15 --megawatts 10\n"
    "  roofscape cost --eval hle-aa --at 20\n"
    "  roofscape cost --eval gpqa-diamond-aa --gain 0.75 --at 20 --date 2026-08-15\n\n"
    "Of each series of points that may share a frontier the best measured one that meets --at. "
    "The\n"
    "price of a chip-hour is the last one that was known on --date. --interpolate reads between\n"
    "measured points of one layout and shows the 80 % band. --eval lists solved tasks per dollar\n"
    "and per kWh; evals: roofscape catalog list scores. --gain SCORE fits how that grew in a year.";

struct Options {
  RowSelection rows;
  std::string catalog;
  PriceOptions price;
  double at = 50;
  bool interpolate = false;
  std::string token = "total";
  std::optional<double> megawatts;
  std::optional<std::int64_t> users;
  std::string eval;
  std::optional<double> input_tokens;
  std::optional<double> gain;
  std::string boundary = "provisioned";
  bool json = false;
};

Result<const catalog::Eval*> FindEval(const catalog::Catalog& catalog, const std::string& name) {
  std::vector<std::string> ids;
  for (const catalog::Eval& eval : catalog.evals) {
    if (eval.entry.id == name) return &eval;
    ids.push_back(eval.entry.id);
  }
  return Error{ErrorCode::kInvalidArgument,
               fmt::format("--eval '{}' is unknown.{} All of them: roofscape catalog list scores",
                           name, DidYouMean(name, ids))};
}

/// How much more a dollar and a joule buy each year at one capability.
Result<> Gain(const Options& options, std::span<const spec::Row> rows,
              const analysis::IntelligenceQuery& query) {
  Json json = {{"eval", options.eval}, {"score", *options.gain}};
  for (const auto& [resource, name] : {std::pair(analysis::Resource::kDollars, "dollar"),
                                       std::pair(analysis::Resource::kJoules, "joule")}) {
    RS_ASSIGN_OR_RETURN(const std::vector<analysis::DatedCost> costs,
                        analysis::BestCosts(rows, query, *options.gain, resource));
    const analysis::AnnualGain gain = analysis::FitAnnualGain(costs);
    if (options.json) {
      json[name] = GainJson(gain);
    } else {
      fmt::print("solved tasks a {}, {} at {} or more: {}\n", name, options.eval, *options.gain,
                 GainText(gain));
    }
  }
  if (options.json) fmt::print("{}\n", json.dump(2));
  return {};
}

Result<> Intelligence(const Options& options, std::span<const spec::Row> rows,
                      const catalog::Catalog& catalog, const analysis::Pricing& pricing) {
  analysis::IntelligenceQuery query;
  RS_ASSIGN_OR_RETURN(query.eval, FindEval(catalog, options.eval));
  RS_ASSIGN_OR_RETURN(query.boundary, analysis::ParseBoundary(options.boundary));
  query.pricing = pricing;
  query.interactivity_floor = options.at;
  query.input_tokens = options.input_tokens;
  if (options.gain) return Gain(options, rows, query);
  RS_ASSIGN_OR_RETURN(const std::vector<analysis::IntelligencePoint> points,
                      analysis::IntelligenceOf(rows, query));
  if (points.empty()) {
    return Error{ErrorCode::kNotFound,
                 fmt::format("eval '{}': no score with counted tokens meets a point of its model "
                             "with a like mix of input and output: select another --shape or --at",
                             options.eval)};
  }
  if (options.json) {
    fmt::print("{}\n", IntelligenceJson(rows, points, query).dump(2));
  } else {
    fmt::print("{}", IntelligenceTable(rows, points, query, StyleOf(stdout)));
  }
  return {};
}

/// The fleet that a point makes of so much power, or that so many users need.
Result<analysis::Fleet> FleetOf(const Options& options, const spec::Row& row,
                                const analysis::Pricing& pricing) {
  if (options.megawatts) return analysis::FleetFromPower(row, *options.megawatts, pricing);
  return analysis::FleetFromUsers(row, *options.users, pricing);
}

void PrintFleets(const Options& options, std::span<const spec::Row> rows,
                 const analysis::Readings& readings, const analysis::Pricing& pricing) {
  const Style style = StyleOf(stdout);
  for (const analysis::Reading& reading : readings.series) {
    if (!reading.row) continue;
    fmt::print("\n{}\n", Bold(Wrap(analysis::Label(reading.key), style.width, 2), style));
    const auto fleet = FleetOf(options, rows[*reading.row], pricing);
    fmt::print("{}", fleet ? FleetText(*fleet, style) : fleet.error().message + "\n");
  }
}

Json FleetsJson(const Options& options, std::span<const spec::Row> rows,
                const analysis::Readings& readings, const analysis::Pricing& pricing) {
  Json all = Json::array();
  for (const analysis::Reading& reading : readings.series) {
    if (!reading.row) continue;
    const auto fleet = FleetOf(options, rows[*reading.row], pricing);
    if (!fleet) continue;
    all.push_back(
        {{"series", analysis::Label(reading.key)},
         {"deployments", fleet->deployments},
         {"chips", fleet->chips},
         {"users", fleet->users},
         {"output_tps", fleet->output_tps},
         {"megawatts", fleet->megawatts},
         {"usd_per_month", fleet->usd_per_month ? Json(*fleet->usd_per_month) : Json(nullptr)}});
  }
  return all;
}

Result<> Cost(const Options& options, WallTime now) {
  RS_ASSIGN_OR_RETURN(const catalog::Catalog catalog, LoadCatalog(options.catalog));
  RS_ASSIGN_OR_RETURN(const analysis::Pricing pricing, PricingOf(options.price, catalog, now));
  CostQuery query;
  query.pricing = pricing;
  RS_ASSIGN_OR_RETURN(query.kind, analysis::ParseTokenKind(options.token));
  RS_ASSIGN_OR_RETURN(query.boundary, analysis::ParseBoundary(options.boundary));
  RS_ASSIGN_OR_RETURN(const std::vector<spec::Row> rows, LoadRows(options.rows, catalog));
  if (!options.eval.empty()) return Intelligence(options, rows, catalog, pricing);
  analysis::ReadingQuery reading;
  RS_ASSIGN_OR_RETURN(reading.x, analysis::MetricAxis("interactivity_p50_tps"));
  RS_ASSIGN_OR_RETURN(reading.y, analysis::MetricAxis(analysis::RateName(query.kind)));
  reading.target = options.at;
  reading.interpolate = options.interpolate;
  RS_ASSIGN_OR_RETURN(const analysis::Readings readings, analysis::ReadAt(rows, reading));
  const bool fleet = options.megawatts || options.users;
  if (options.json) {
    Json json = CostJson(rows, readings, query);
    if (fleet) json["fleets"] = FleetsJson(options, rows, readings, pricing);
    fmt::print("{}\n", json.dump(2));
  } else {
    fmt::print("{}", CostTable(rows, readings, query, StyleOf(stdout)));
    if (fleet) PrintFleets(options, rows, readings, pricing);
  }
  return {};
}

}  // namespace

void AddCostCommand(Command& app, Invocation& invocation) {
  Command* command = app.AddSubcommand("cost", kDescription);
  command->Footer(kFooter);
  const auto options = std::make_shared<Options>();
  AddRowSelection(*command, options->rows);
  command->AddOption("--at", options->at, "Interactivity that must be met, tokens/s/user at p50")
      ->Check(NotNegative())
      ->ShowDefault();
  command
      ->AddOption("--token", options->token,
                  "The kind of token that bears the cost: total, input or output")
      ->ShowDefault();
  AddPriceOptions(*command, options->price);
  command->AddFlag("--interpolate", options->interpolate, "Read between measured points");
  CommandOption* megawatts =
      command->AddOption("--megawatts", options->megawatts, "The fleet that so much power feeds")
          ->Check(Positive());
  command->AddOption("--users", options->users, "The fleet that so many streams need")
      ->Check(Positive())
      ->Excludes(megawatts);
  CommandOption* const eval = command->AddOption(
      "--eval", options->eval, "Solved tasks of this eval per dollar and per kWh");
  command
      ->AddOption("--gain", options->gain,
                  "With --eval: how much more a dollar and a joule buy each year, of weights that "
                  "score this share or more")
      ->Check(InRange(0.0, 1.0))
      ->Needs(eval);
  command
      ->AddOption("--input-tokens", options->input_tokens,
                  "Input tokens of one question, where nobody counted them")
      ->Check(Positive());
  command
      ->AddOption("--boundary", options->boundary,
                  "Whose energy with --eval: device or provisioned")
      ->Check(OneOf({"device", "provisioned"}))
      ->ShowDefault();
  command->AddFlag("--json", options->json, "Print one object");
  AddCatalogOption(*command, options->catalog);
  command->OnChosen([options, &invocation] {
    invocation.run = [options, &invocation] {
      const Result<> done = Cost(*options, invocation.clock->Wall());
      return done ? int{kDone} : Report(done.error());
    };
  });
}

}  // namespace roofscape::cli
