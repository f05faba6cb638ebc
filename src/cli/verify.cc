// roofscape verify: runs a recipe and says whether a run was reproduced.

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "cli/interrupt.h"
#include "cli/table.h"
#include "cli/write_file.h"
#include "domain/analysis/compare.h"
#include "domain/analysis/noise.h"
#include "domain/spec/row.h"
#include "results/store/store.h"
#include "service/fleet/file.h"
#include "service/fleet/process.h"
#include "service/fleet/recipe.h"

namespace roofscape::cli {
namespace {

namespace fs = std::filesystem;

constexpr const char* kDescription =
    "Run a recipe and say whether a run was reproduced within the noise.";

constexpr const char* kFooter =
    "Example:\n"
    "  roofscape recipe last -o recipe.sh\n"
    "  roofscape verify recipe.sh last\n\n"
    "The new runs are held against all runs of RUN's campaign with its recipe. A figure is\n"
    "reproduced when repeats show no difference, or when the difference is no larger than re-runs\n"
    "of one configuration show anyway. Exit status: 4 when one is not reproduced.";

constexpr const char* kMetrics[] = {"output_tps", "ttft_p50_s", "tpot_p50_s"};

struct Options {
  std::string recipe;
  std::string run;
  std::string db;
  std::string keep;
  bool json = false;
};

struct Figure {
  std::string metric;
  std::string unit;
  double was = 0;
  double is = 0;
  double change = 0;
  std::optional<double> low, high, floor;
  bool reproduced = false;
};

/// A folder for the run of the recipe; removed at the end unless it is to be kept.
class Place {
 public:
  static Result<Place> Make(const std::string& keep) {
    if (!keep.empty()) {
      RS_RETURN_IF_ERROR(fleet::MakeFolder(keep));
      std::error_code ignored;
      return Place(fs::absolute(keep, ignored).string(), false);
    }
    std::string name = (fs::temp_directory_path() / "roofscape-verify-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) {
      return Error{ErrorCode::kIo,
                   "cannot make a temporary folder: set TMPDIR to one that can be "
                   "written, or give --keep DIR"};
    }
    return Place(name, true);
  }
  Place(Place&& other) noexcept : path_(std::move(other.path_)), remove_(other.remove_) {
    other.remove_ = false;
  }
  Place& operator=(Place&&) = delete;
  ~Place() {
    std::error_code ignored;
    if (remove_) fs::remove_all(path_, ignored);
  }
  const std::string& path() const { return path_; }

 private:
  Place(std::string path, bool remove) : path_(std::move(path)), remove_(remove) {}

  std::string path_;
  bool remove_;
};

/// Rows of all whole runs that fit, of the window that their protocol names.
Result<std::vector<spec::Row>> RowsOfRecipe(store::Store& store, const store::RunFilter& filter) {
  std::vector<spec::Row> rows;
  RS_ASSIGN_OR_RETURN(const std::vector<store::RunSummary> runs, store.Runs(filter));
  for (const store::RunSummary& summary : runs) {
    RS_ASSIGN_OR_RETURN(const spec::RunResult run, store.LoadRun(summary.id));
    for (spec::Row& row : spec::RowsOf(run)) {
      const bool fit = row.complete && row.instrument != spec::Fitness::kInvalid;
      if (fit) rows.push_back(std::move(row));
    }
  }
  return rows;
}

Result<> RunScript(const std::string& script, const std::string& folder, const Clock& clock) {
  fleet::ChildOptions child_options;
  child_options.command = {"/bin/sh", script};
  child_options.env = {{"ROOFSCAPE", fleet::OwnProgram()},
                       {"ROOFSCAPE_DB", folder + "/verify.db"},
                       {"ROOFSCAPE_RECIPE_FOLDER", folder}};
  child_options.log = folder + "/verify.log";
  RS_ASSIGN_OR_RETURN(fleet::Child child, fleet::Child::Start(child_options));
  while (child.Running() && !Interrupted()) {
    fleet::Pause(std::chrono::milliseconds(200), Interrupted(), clock);
  }
  if (Interrupted()) {
    child.Stop(std::chrono::seconds(60), clock);
    return Error{ErrorCode::kCancelled, "stopped: the recipe was not run to its end"};
  }
  if (child.EndText() == "ended with status 0") return {};
  const auto log = fleet::ReadEndOfFile(child_options.log, 0, 4000);
  return Error{ErrorCode::kUnavailable, fmt::format("recipe '{}': {}; the end of what it said:\n{}",
                                                    script, child.EndText(), log ? *log : "")};
}

Result<Figure> FigureOf(const std::string& metric, const std::vector<spec::Row>& was,
                        const std::vector<spec::Row>& is) {
  RS_ASSIGN_OR_RETURN(const analysis::RowAxis axis, analysis::MetricAxis(metric));
  RS_ASSIGN_OR_RETURN(const analysis::Comparison comparison,
                      analysis::CompareByLoad(was, is, axis));
  const analysis::Match& match = comparison.matches.front();
  Figure figure{
      metric, axis.unit, match.value_a, match.value_b, match.change, match.low, match.high, {}, {}};
  if (const auto floor = analysis::FloorOf(metric)) figure.floor = floor->p95;
  const bool within = figure.floor && std::abs(figure.change) <= *figure.floor;
  figure.reproduced = match.finding == analysis::Finding::kNoDifference || within;
  return figure;
}

Result<std::vector<Figure>> Verify(const Options& options, const Clock& clock) {
  RS_ASSIGN_OR_RETURN(const std::string script, ReadFlagFile("RECIPE", options.recipe));
  const std::string recipe = fleet::RecipeOfScript(script);
  RS_ASSIGN_OR_RETURN(const std::unique_ptr<store::Store> store,
                      store::OpenStore(StorePath(options.db), store::OpenMode::kReadOnly));
  RS_ASSIGN_OR_RETURN(const spec::RunResult run, store->LoadRun(options.run));
  const auto label = run.plan.labels.find("recipe");
  if (recipe.empty() || label == run.plan.labels.end() || label->second != recipe) {
    return Error{ErrorCode::kInvalidArgument,
                 fmt::format("recipe '{}': is not of run {}: write one with 'roofscape recipe {}'",
                             options.recipe, run.id, options.run)};
  }
  RS_ASSIGN_OR_RETURN(const std::vector<spec::Row> was,
                      RowsOfRecipe(*store, {.labels = {{"recipe", recipe}},
                                            .campaign = run.plan.labels.at("campaign")}));
  RS_ASSIGN_OR_RETURN(const Place place, Place::Make(options.keep));
  std::error_code ignored;
  const std::string path = fs::absolute(options.recipe, ignored).string();
  RS_RETURN_IF_ERROR(RunScript(path, place.path(), clock));
  RS_ASSIGN_OR_RETURN(const std::unique_ptr<store::Store> fresh,
                      store::OpenStore(place.path() + "/verify.db", store::OpenMode::kReadOnly));
  RS_ASSIGN_OR_RETURN(const std::vector<spec::Row> is,
                      RowsOfRecipe(*fresh, {.labels = {{"recipe", recipe}}}));
  if (is.empty() || was.empty()) {
    return Error{
        ErrorCode::kUnavailable,
        fmt::format("recipe '{}': no run whose instrument was fit, {}: see 'roofscape "
                    "doctor'",
                    options.recipe, is.empty() ? "of the new ones" : "of the stored ones")};
  }
  std::vector<Figure> figures;
  for (const char* metric : kMetrics) {
    RS_ASSIGN_OR_RETURN(figures.emplace_back(), FigureOf(metric, was, is));
  }
  return figures;
}

const char* Word(bool reproduced) {
  return reproduced ? "reproduced within noise" : "not reproduced";
}

bool All(const std::vector<Figure>& figures) {
  return std::all_of(figures.begin(), figures.end(),
                     [](const Figure& figure) { return figure.reproduced; });
}

void PrintJson(const std::vector<Figure>& figures) {
  const auto nullable = [](const std::optional<double>& x) { return x ? Json(*x) : Json(nullptr); };
  Json list = Json::array();
  for (const Figure& figure : figures) {
    list.push_back({{"metric", figure.metric},
                    {"was", figure.was},
                    {"is", figure.is},
                    {"change", figure.change},
                    {"change_low", nullable(figure.low)},
                    {"change_high", nullable(figure.high)},
                    {"rerun_noise", nullable(figure.floor)},
                    {"finding", Word(figure.reproduced)}});
  }
  const Json json = {{"finding", Word(All(figures))}, {"figures", std::move(list)}};
  fmt::print("{}\n", json.dump(2));
}

void PrintText(const std::vector<Figure>& figures) {
  Table table({{"figure", Align::kLeft},
               {"stored"},
               {"now"},
               {"change"},
               {"95 % interval"},
               {"re-runs"},
               {"finding", Align::kLeft}});
  for (const Figure& figure : figures) {
    const std::string interval =
        figure.low && figure.high
            ? fmt::format("{:+.1f} .. {:+.1f} %", *figure.low * 100, *figure.high * 100)
            : "-";
    table.AddRow({figure.metric, FormatNumber(figure.was), FormatNumber(figure.is),
                  fmt::format("{:+.1f} %", figure.change * 100), interval,
                  figure.floor ? FormatPercent(figure.floor) : "-", Word(figure.reproduced)});
  }
  fmt::print("{}{}\n", table.ToText(StyleOf(stdout)), Word(All(figures)));
}

int Run(const Options& options, const Clock& clock) {
  CatchInterrupts();
  const auto figures = Verify(options, clock);
  if (!figures) return Report(figures.error());
  if (options.json) {
    PrintJson(*figures);
  } else {
    PrintText(*figures);
  }
  return All(*figures) ? kDone : kRegression;
}

}  // namespace

void AddVerifyCommand(Command& app, Invocation& invocation) {
  Command* command = app.AddSubcommand("verify", kDescription);
  command->Footer(kFooter);
  const auto options = std::make_shared<Options>();
  command->AddOption("RECIPE", options->recipe, "A script of `roofscape recipe`")->Required();
  command->AddOption("RUN", options->run, "The run that it is to reproduce")->Required();
  command->AddOption("--keep", options->keep, "Run it in this folder, and keep what it makes");
  command->AddFlag("--json", options->json, "Print the figures as JSON");
  AddDbOption(*command, options->db);
  command->OnChosen([options, &invocation] {
    invocation.run = [options, &invocation] { return Run(*options, *invocation.clock); };
  });
}

}  // namespace roofscape::cli
