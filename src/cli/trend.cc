// roofscape trend: what was best at each date, and what got worse.

#include <algorithm>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "cli/catalog_source.h"
#include "cli/command.h"
#include "cli/compare_text.h"
#include "cli/price_options.h"
#include "cli/row_groups.h"
#include "cli/row_selection.h"
#include "cli/trend_text.h"
#include "domain/analysis/cost.h"
#include "domain/analysis/derived_axes.h"
#include "domain/analysis/noise.h"
#include "domain/analysis/regression.h"
#include "domain/analysis/trend.h"

namespace roofscape::cli {
namespace {

constexpr const char* kDescription =
    "Show what was best at each date at a fixed interactivity, or what got worse.";

constexpr const char* kFooter =
    "Example:\n"
    "  roofscape trend --model deepseek-r1 --shape 8192/1024 --at 50\n"
    "  roofscape trend --model deepseek-r1 --shape 1024/1024 --at 30 --cost total --by chip\n"
    "  roofscape trend --regressions --chip b200\n\n"
    "A trend is a step function over the days on which it changed, each step with the run that "
    "set\n"
    "it; nothing is filled in between. Costs are at the prices of one day (--date), so that "
    "prices\n"
    "do not move them. --regressions holds every curve against those of the same configuration in\n"
    "the two weeks before, knowing the noise of re-runs; it exits with 4 if one got worse.";

struct Options {
  RowSelection rows;
  std::string catalog;
  double at = 50;
  std::string x = "interactivity_p50_tps";
  std::string y = "total_tps_per_chip";
  std::string cost;
  PriceOptions price;
  std::vector<std::string> by;
  bool regressions = false;
  bool json = false;
};

/// Says on stderr which chips take no part for want of a price.
void TellMissingPrices(std::span<const spec::Row> rows, const analysis::Pricing& pricing) {
  std::set<std::string> chips;
  for (const spec::Row& row : rows) {
    if (!analysis::ChipPrice(row.deployment.chip, pricing)) chips.insert(row.deployment.chip);
  }
  if (chips.empty()) return;
  fmt::print(stderr,
             "roofscape: no price of a chip-hour is known of {} at tier {} on {}: its points take "
             "no part. Prices: roofscape catalog list prices\n",
             fmt::join(chips, ", "), catalog::Name(pricing.tier), pricing.date.ToIso());
}

Result<analysis::RowAxis> BestAxis(const Options& options, std::span<const spec::Row> rows,
                                   const catalog::Catalog& catalog, WallTime now) {
  if (options.cost.empty()) return analysis::MetricAxis(options.y);
  RS_ASSIGN_OR_RETURN(const analysis::TokenKind kind, analysis::ParseTokenKind(options.cost));
  RS_ASSIGN_OR_RETURN(const analysis::Pricing pricing, PricingOf(options.price, catalog, now));
  TellMissingPrices(rows, pricing);
  return analysis::CostAxis(kind, pricing);
}

/// Prints the trends of each group, or one array of them all.
int Best(const Options& options, std::vector<spec::Row> rows, const catalog::Catalog& catalog,
         WallTime now) {
  auto x = analysis::MetricAxis(options.x);
  if (!x) return Report(x.error());
  auto y = BestAxis(options, rows, catalog, now);
  if (!y) return Report(y.error());
  const analysis::TrendQuery query{*x, options.at, *y};
  const std::vector<RowGroup> groups = GroupBy(std::move(rows), options.by);
  const Style style = StyleOf(stdout);
  Json all = Json::array();
  for (const RowGroup& group : groups) {
    const std::vector<analysis::Trend> trends = analysis::TrendsOf(group.rows, query);
    if (options.json) {
      all.push_back({{"group", group.name}, {"trends", TrendJson(group.rows, trends, query)}});
      continue;
    }
    if (!group.name.empty()) fmt::print("{}\n", Bold(group.name, style));
    fmt::print("{}{}", TrendTables(group.rows, trends, query, style),
               group.name.empty() ? "" : "\n");
  }
  if (options.json) fmt::print("{}\n", all.dump(2));
  return kDone;
}

bool Judged(const analysis::CurveShift& shift) {
  return shift.shift.verdict != analysis::ShiftVerdict::kTooFew;
}

Json ShiftsJson(std::span<const analysis::RowCurve> curves,
                std::span<const analysis::CurveShift> shifts) {
  Json all = Json::array();
  for (const analysis::CurveShift& shift : shifts) {
    const analysis::RowCurve& curve = curves[shift.curve];
    all.push_back({{"series", analysis::Label(curve.key)},
                   {"layout", curve.layout},
                   {"run", curve.occasion.run},
                   {"day", curve.occasion.day ? Json(curve.occasion.day->ToIso()) : Json(nullptr)},
                   {"verdict", analysis::Name(shift.shift.verdict)},
                   {"change", Judged(shift) ? Json(shift.shift.change) : Json(nullptr)},
                   {"smallest_finding", Judged(shift) ? Json(shift.shift.smallest) : Json(nullptr)},
                   {"loads", shift.shift.loads},
                   {"history", shift.shift.history},
                   {"own_noise", shift.shift.own_noise}});
  }
  return {{"curves", curves.size()}, {"shifts", std::move(all)}};
}

int Regressions(const Options& options, std::span<const spec::Row> rows) {
  const std::vector<analysis::RowCurve> curves = analysis::SplitIntoCurves(rows);
  const auto metric = analysis::MetricAxis(options.y);
  if (!metric) return Report(metric.error());
  if (!analysis::FloorOf(options.y)) {
    return Report({ErrorCode::kInvalidArgument,
                   fmt::format("--y {}: its noise between runs is not known, so nothing can be "
                               "judged: use total_tps_per_chip, tpot_p50_s or ttft_p50_s",
                               options.y)});
  }
  const std::vector<analysis::CurveShift> shifts = analysis::FindShifts(rows, curves, options.y);
  if (options.json) {
    fmt::print("{}\n", ShiftsJson(curves, shifts).dump(2));
  } else {
    fmt::print("{}", ShiftTable(rows, curves, shifts, StyleOf(stdout)));
  }
  const bool worse =
      std::any_of(shifts.begin(), shifts.end(), [](const analysis::CurveShift& shift) {
        return shift.shift.verdict == analysis::ShiftVerdict::kWorse;
      });
  return worse ? kRegression : kDone;
}

int RunTrend(const Options& options, WallTime now) {
  if (const Result<> names = CheckGroupNames(options.by); !names) return Report(names.error());
  const auto catalog = LoadCatalog(options.catalog);
  if (!catalog) return Report(catalog.error());
  auto rows = LoadRows(options.rows, *catalog);
  if (!rows) return Report(rows.error());
  if (options.regressions) return Regressions(options, *rows);
  return Best(options, *std::move(rows), *catalog, now);
}

}  // namespace

void AddTrendCommand(Command& app, Invocation& invocation) {
  Command* command = app.AddSubcommand("trend", kDescription);
  command->Footer(kFooter);
  const auto options = std::make_shared<Options>();
  AddRowSelection(*command, options->rows);
  CommandOption* const at =
      command->AddOption("--at", options->at, "Only points whose x meets this")
          ->Check(NotNegative())
          ->ShowDefault();
  command->AddOption("--x", options->x, "The metric that must be met")->ShowDefault();
  CommandOption* const y =
      command->AddOption("--y", options->y, "The metric that is wanted best")->ShowDefault();
  CommandOption* const cost =
      command
          ->AddOption("--cost", options->cost,
                      "Instead of a metric the USD a million tokens: total, input or output")
          ->Excludes(y);
  AddPriceOptions(*command, options->price);
  CommandOption* const by =
      command->AddOption("--by", options->by, "A trend for each " + GroupNames())->Delimiter(',');
  command->AddFlag("--regressions", options->regressions, "What got worse instead")
      ->Excludes(at)
      ->Excludes(cost)
      ->Excludes(by);
  command->AddFlag("--json", options->json, "Print an array, or with --regressions an object");
  AddCatalogOption(*command, options->catalog);
  command->OnChosen([options, &invocation] {
    invocation.run = [options, &invocation] {
      return RunTrend(*options, invocation.clock->Wall());
    };
  });
}

}  // namespace roofscape::cli
