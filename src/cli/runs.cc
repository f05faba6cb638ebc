// roofscape runs: what is in the store, newest first.

#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "cli/run_selection.h"
#include "cli/table.h"
#include "results/store/pg_url.h"
#include "results/store/run_summary.h"
#include "results/store/store.h"

namespace roofscape::cli {
namespace {

constexpr const char* kDescription = "List the runs in the store, newest first.";

constexpr const char* kFooter =
    "Example:\n"
    "  roofscape runs --limit 5\n"
    "  roofscape runs --label site=lab --json\n\n"
    "Done: complete points/asked ones. Verdicts on the instrument: VALID/DEGRADED/INVALID.\n"
    "State: 'complete'; 'stopped' before all points were measured; 'no end': still running, or\n"
    "killed.";

struct Options {
  std::string db;
  std::int64_t limit = 20;
  std::vector<std::string> labels;
  std::string model;
  std::string engine;
  std::string chip;
  std::string campaign;
  bool json = false;
};

Result<store::RunFilter> FilterOf(const Options& options) {
  store::RunFilter filter;
  if (options.limit > 0) filter.limit = options.limit;
  if (!options.model.empty()) filter.model = options.model;
  if (!options.engine.empty()) filter.engine = options.engine;
  if (!options.chip.empty()) filter.chip = options.chip;
  if (!options.campaign.empty()) filter.campaign = options.campaign;
  RS_ASSIGN_OR_RETURN(filter.labels, ParseLabels(options.labels));
  return filter;
}

std::string ChipsOf(const store::RunSummary& run) {
  if (run.chip.empty()) return "-";
  return run.chips ? fmt::format("{} x {}", *run.chips, run.chip) : run.chip;
}

std::string OrDash(const std::string& text) { return text.empty() ? "-" : text; }

void PrintTable(const std::vector<store::RunSummary>& runs, WallTime now) {
  Table table({{"run", Align::kLeft, false},
               {"ago"},
               {"model", Align::kLeft},
               {"engine", Align::kLeft},
               {"chips", Align::kLeft},
               {"done"},
               {"state", Align::kLeft, false},
               {"V/D/I", Align::kLeft}});
  for (const store::RunSummary& run : runs) {
    const double age_s = static_cast<double>(now.unix_us - run.started.unix_us) * 1e-6;
    table.AddRow({run.id, FormatAge(age_s), OrDash(run.model), OrDash(run.engine), ChipsOf(run),
                  fmt::format("{}/{}", run.points_done, run.points_asked),
                  std::string(store::StateOf(run)),
                  fmt::format("{}/{}/{}", run.valid, run.degraded, run.invalid)});
  }
  fmt::print("{}", table.ToText(StyleOf(stdout)));
}

Json ToJson(const store::RunSummary& run) {
  Json json = {{"run", run.id}, {"status", spec::Name(run.status)}};
  json.update(store::SummaryFacts(run));
  json["url"] = run.url;
  return json;
}

void PrintJson(const std::vector<store::RunSummary>& runs) {
  Json all = Json::array();
  for (const store::RunSummary& run : runs) all.push_back(ToJson(run));
  fmt::print("{}\n", all.dump(2, ' ', false, Json::error_handler_t::replace));
}

/// The runs to list. No database at the default path is an empty one: nothing was measured yet.
Result<std::vector<store::RunSummary>> Load(const Options& options) {
  RS_ASSIGN_OR_RETURN(const store::RunFilter filter, FilterOf(options));
  const auto opened = store::OpenStore(StorePath(options.db), store::OpenMode::kReadOnly);
  if (!opened && opened.error().code == ErrorCode::kNotFound && options.db.empty()) {
    return std::vector<store::RunSummary>{};
  }
  if (!opened) return opened.error();
  return (*opened)->Runs(filter);
}

int Runs(const Options& options, WallTime now) {
  const auto runs = Load(options);
  if (!runs) return Report(runs.error());
  if (options.json) {
    PrintJson(*runs);
  } else if (!runs->empty()) {
    PrintTable(*runs, now);
  }
  if (runs->empty()) {
    const bool filtered = !options.labels.empty() || !options.model.empty() ||
                          !options.engine.empty() || !options.chip.empty() ||
                          !options.campaign.empty();
    fmt::print(stderr, "{}\n",
               filtered ? "No run fits. All of them: roofscape runs --limit 0"
                        : fmt::format("No runs in '{}' yet. The first one: roofscape bench "
                                      "http://HOST:PORT (or make demo)",
                                      store::NameOfDatabase(StorePath(options.db))));
  }
  return kDone;
}

}  // namespace

void AddRunsCommand(Command& app, Invocation& invocation) {
  Command* command = app.AddSubcommand("runs", kDescription);
  command->Footer(kFooter);
  const auto options = std::make_shared<Options>();
  AddDbOption(*command, options->db);
  command->AddOption("--limit", options->limit, "The newest so many; 0: all")
      ->Check(NotNegative())
      ->ShowDefault();
  command
      ->AddOption("--label", options->labels,
                  "Only runs with this label, NAME=VALUE; may stand several times")
      ->AllowExtraArgs(false);
  command->AddOption("--model", options->model, "Only runs of this model");
  command->AddOption("--engine", options->engine, "Only runs on this engine");
  command->AddOption("--chip", options->chip, "Only runs on this chip");
  command->AddOption("--campaign", options->campaign, "Only runs of this campaign");
  command->AddFlag("--json", options->json, "Print an array of objects");
  command->OnChosen([options, &invocation] {
    invocation.run = [options, &invocation] { return Runs(*options, invocation.clock->Wall()); };
  });
}

}  // namespace roofscape::cli
