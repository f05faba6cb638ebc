// roofscape frontier: throughput against interactivity, or any two metrics, of stored runs.

#include <memory>
#include <optional>
#include <span>
#include <string>

#include <unistd.h>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/catalog_source.h"
#include "cli/command.h"
#include "cli/frontier_text.h"
#include "cli/row_frontier_text.h"
#include "cli/row_selection.h"
#include "cli/run_selection.h"
#include "results/store/store.h"

namespace roofscape::cli {
namespace {

constexpr const char* kDescription = "Show the best points: throughput against interactivity.";

constexpr const char* kFooter =
    "Example:\n"
    "  roofscape frontier\n"
    "  roofscape frontier --at 50\n"
    "  roofscape frontier --label site=lab --x ttft_p99_s --y output_tps\n"
    "  roofscape frontier --imported --model deepseek-r1 --shape 8192/1024 --at 50\n\n"
    "Each model, deployment, engine and workload has a frontier of its own. A reading (--at) is\n"
    "the best measured point that meets the target; nothing is interpolated. With a condition on\n"
    "rows (--model ... --own) the frontiers of all rows that fit, imported ones and own; there "
    "the\n"
    "layouts of one engine on one chip share a frontier.";

struct Options {
  RunSelection runs;
  RowSelection rows;
  std::string catalog;
  std::string x;
  std::string y;
  std::optional<double> at;
  std::string window = "steady";
  bool all = false;
  bool join = false;
  bool chart = false;
  bool json = false;
  bool csv = false;
};

struct Answer {
  std::vector<spec::RunResult> runs;
  analysis::Frontier frontier;
};

Result<Answer> Compute(const Options& options) {
  Answer answer;
  analysis::Query query;
  RS_ASSIGN_OR_RETURN(query.window, analysis::ParseWindow(options.window));
  // Misspelt metrics are told before the store is looked for.
  RS_RETURN_IF_ERROR(analysis::ChooseAxes({}, options.x, options.y));
  RS_ASSIGN_OR_RETURN(const std::unique_ptr<store::Store> store,
                      store::OpenStore(StorePath(options.runs.db), store::OpenMode::kReadOnly));
  RS_ASSIGN_OR_RETURN(answer.runs, LoadRuns(*store, options.runs));
  RS_ASSIGN_OR_RETURN(query.axes, analysis::ChooseAxes(answer.runs, options.x, options.y));
  query.all = options.all;
  query.join = options.join;
  answer.frontier = analysis::ComputeFrontier(answer.runs, query);
  return answer;
}

void PrintText(const Options& options, const Answer& answer) {
  const Style style = StyleOf(stdout);
  if (answer.frontier.series.empty()) {
    fmt::print(stderr, "The run has no points yet. See: roofscape show {}\n",
               answer.runs.front().id);
    return;
  }
  fmt::print("{}", FrontierTables(answer.runs, answer.frontier, style));
  if (options.at) {
    fmt::print("\n{}", FrontierReadings(answer.runs, answer.frontier, *options.at, style));
  }
  if (options.chart || isatty(STDOUT_FILENO) != 0) {
    const std::string chart = FrontierChart(answer.frontier, style);
    if (!chart.empty()) fmt::print("\n{}", chart);
  }
}

/// The default y: per chip, but of the deployment where no row's number of chips is known. Where
/// only some are known, the others are named, as they can be on no frontier per chip.
Result<analysis::RowAxis> DefaultRowY(std::span<const spec::Row> rows) {
  RS_ASSIGN_OR_RETURN(analysis::RowAxis per_chip, analysis::MetricAxis("total_tps_per_chip"));
  RS_ASSIGN_OR_RETURN(analysis::RowAxis whole, analysis::MetricAxis("total_tps"));
  std::size_t known = 0;
  std::size_t unknown = 0;
  for (const spec::Row& row : rows) {
    if (per_chip.value(row)) {
      ++known;
    } else if (whole.value(row)) {
      ++unknown;
    }
  }
  if (known == 0) return whole;
  if (unknown > 0) {
    fmt::print(stderr,
               "roofscape: note: of {} points the number of chips is not known: they are on no "
               "frontier per chip, but on those of --y total_tps\n",
               unknown);
  }
  return per_chip;
}

/// Of imported rows and those of all own runs, in place of some runs.
int FrontierOfRows(const Options& options) {
  if (!options.runs.names.empty() || !options.runs.labels.empty()) {
    return Report({ErrorCode::kInvalidArgument,
                   "runs are named and rows are picked at once: leave one of the two away"});
  }
  if (options.join || options.window != "steady") {
    return Report(
        {ErrorCode::kInvalidArgument,
         "--join and --window are for runs: a row is of one window, that of its protocol"});
  }
  const auto catalog = LoadCatalog(options.catalog);
  if (!catalog) return Report(catalog.error());
  auto x = analysis::MetricAxis(options.x.empty() ? "interactivity_p50_tps" : options.x);
  if (!x) return Report(x.error());
  // Misspelt metrics are told before the store is looked for.
  auto y = analysis::MetricAxis(options.y.empty() ? "total_tps" : options.y);
  if (!y) return Report(y.error());
  RowSelection selection = options.rows;
  selection.db = options.runs.db;
  const auto rows = LoadRows(selection, *catalog);
  if (!rows) return Report(rows.error());
  if (options.y.empty()) y = DefaultRowY(*rows);
  if (!y) return Report(y.error());
  const RowFrontiers frontiers = RowFrontiersOf(*rows, *x, *y, options.all);
  if (options.json) {
    fmt::print("{}\n", RowFrontiersJson(*rows, frontiers, options.at).dump(2));
  } else if (options.csv) {
    fmt::print("{}", RowFrontiersCsv(*rows, frontiers));
  } else {
    fmt::print("{}", RowFrontiersText(*rows, frontiers, options.at, StyleOf(stdout)));
  }
  return kDone;
}

int Frontier(const Options& options) {
  if (HasConditions(options.rows)) return FrontierOfRows(options);
  const auto answer = Compute(options);
  if (!answer) return Report(answer.error());
  if (options.json) {
    const Json json = FrontierJson(answer->runs, answer->frontier, options.at);
    fmt::print("{}\n", json.dump(2, ' ', false, Json::error_handler_t::replace));
  } else if (options.csv) {
    fmt::print("{}", FrontierCsv(answer->runs, answer->frontier));
  } else {
    PrintText(options, *answer);
  }
  return kDone;
}

}  // namespace

void AddFrontierCommand(Command& app, Invocation& invocation) {
  Command* command = app.AddSubcommand("frontier", kDescription);
  command->Footer(kFooter);
  const auto options = std::make_shared<Options>();
  AddRunSelection(*command, options->runs);
  AddRowConditions(*command, options->rows);
  AddCatalogOption(*command, options->catalog);
  command->AddOption("--x", options->x, "Metric across (default interactivity_p50_tps)");
  command->AddOption("--y", options->y,
                     "Metric up (default total_tps_per_chip, or total_tps where the number of "
                     "chips is not known)");
  command->AddOption("--at", options->at, "Read the frontier where x meets this, in x's unit")
      ->Check(Positive());
  command->AddOption("--window", options->window, "steady or whole")->ShowDefault();
  command->AddFlag("--all", options->all, "Also points that are INVALID or were stopped halfway");
  command->AddFlag("--join", options->join,
                   "One frontier over all models, deployments and workloads");
  command->AddFlag("--chart", options->chart, "Draw it, also where stdout is no terminal");
  CommandOption* json = command->AddFlag("--json", options->json, "Print one object");
  command->AddFlag("--csv", options->csv, "Print rows with all digits")->Excludes(json);
  command->OnChosen(
      [options, &invocation] { invocation.run = [options] { return Frontier(*options); }; });
}

}  // namespace roofscape::cli
