// roofscape show: one run, or one of its points, in full.

#include <memory>
#include <optional>
#include <string>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "cli/request_csv.h"
#include "cli/run_text.h"
#include "cli/show_as.h"
#include "results/store/recompute.h"
#include "results/store/store.h"

namespace roofscape::cli {
namespace {

constexpr const char* kDescription = "Show a run and its points, or everything about one point.";

constexpr const char* kFooter =
    "Example:\n"
    "  roofscape show last\n"
    "  roofscape show 20261123-19 --point 3\n"
    "  roofscape show last --csv > points.csv\n"
    "  roofscape show last --point 3 --requests > requests.csv\n"
    "  roofscape show last --as all";

struct Options {
  std::string db;
  std::string run;
  std::optional<std::int64_t> point;
  std::string window = "steady";
  bool json = false;
  bool csv = false;
  bool requests = false;
  bool events = false;
  bool text = false;
  AsOptions as;
};

/// Leaves only the asked point in the run.
Result<> KeepPoint(std::int64_t index, spec::RunResult& run) {
  for (const spec::PointResult& point : run.points) {
    if (point.index != index) continue;
    run.points = {spec::PointResult(point)};
    return {};
  }
  if (run.points.empty()) {
    return Error{ErrorCode::kInvalidArgument,
                 fmt::format("run {} has no points: leave --point away", run.id)};
  }
  return Error{ErrorCode::kInvalidArgument,
               fmt::format("run {} has no point {}: its points are {} to {}", run.id, index,
                           run.points.front().index, run.points.back().index)};
}

Result<spec::RunResult> Load(const Options& options) {
  RS_ASSIGN_OR_RETURN(const std::unique_ptr<store::Store> store,
                      store::OpenStore(StorePath(options.db), store::OpenMode::kReadOnly));
  RS_ASSIGN_OR_RETURN(spec::RunResult run, store->LoadRun(options.run));
  if (options.point) RS_RETURN_IF_ERROR(KeepPoint(*options.point, run));
  RS_RETURN_IF_ERROR(store::RecomputeUnfinished(*store, run));
  return run;
}

/// Prints the request log of every point that is shown, by request or by event.
Result<> PrintLog(const Options& options, const spec::RunResult& run) {
  RS_ASSIGN_OR_RETURN(const std::unique_ptr<store::Store> store,
                      store::OpenStore(StorePath(options.db), store::OpenMode::kReadOnly));
  fmt::print("{}", options.events ? EventCsvHeader() : RequestCsvHeader());
  for (const spec::PointResult& point : run.points) {
    RS_ASSIGN_OR_RETURN(const spec::RequestLog log, store->LoadLog({run.id, point.index}));
    fmt::print("{}",
               options.events ? EventCsvRows(point.index, log) : RequestCsvRows(point.index, log));
  }
  return {};
}

Result<> PrintAs(const Options& options, const spec::RunResult& run) {
  RS_ASSIGN_OR_RETURN(const std::unique_ptr<store::Store> store,
                      store::OpenStore(StorePath(options.db), store::OpenMode::kReadOnly));
  return ShowAs(*store, run, options.as, options.json);
}

/// Prints the answers that bench --keep-text kept.
Result<> PrintTexts(const Options& options, const spec::RunResult& run) {
  RS_ASSIGN_OR_RETURN(const std::unique_ptr<store::Store> store,
                      store::OpenStore(StorePath(options.db), store::OpenMode::kReadOnly));
  std::string rows;
  for (const spec::PointResult& point : run.points) {
    RS_ASSIGN_OR_RETURN(const spec::RequestLog log, store->LoadLog({run.id, point.index}));
    rows += TextCsvRows(point.index, log);
  }
  if (rows.empty()) {
    return Error{ErrorCode::kNotFound,
                 fmt::format("run {} kept no texts: measure with bench --keep-text", run.id)};
  }
  fmt::print("{}{}", TextCsvHeader(), rows);
  return {};
}

int Show(const Options& options) {
  const auto run = Load(options);
  if (!run) return Report(run.error());
  if (!options.as.tool.empty()) {
    const Result<> printed = PrintAs(options, *run);
    return printed ? kDone : Report(printed.error());
  }
  const WindowChoice window =
      options.window == "whole" ? WindowChoice::kWhole : WindowChoice::kSteady;
  const Style style = StyleOf(stdout);
  if (options.json) {
    const Json json = options.point ? spec::ToJson(run->points.front()) : spec::ToJson(*run);
    fmt::print("{}\n", json.dump(2, ' ', false, Json::error_handler_t::replace));
  } else if (options.requests || options.events) {
    if (const Result<> printed = PrintLog(options, *run); !printed) {
      return Report(printed.error());
    }
  } else if (options.text) {
    if (const Result<> printed = PrintTexts(options, *run); !printed) {
      return Report(printed.error());
    }
  } else if (options.csv) {
    fmt::print("{}", PointsCsv(*run, window));
  } else if (options.point) {
    fmt::print("{}", PointDetails(run->points.front(), style));
  } else {
    fmt::print("{}\n{}", RunHeader(*run, style), PointTable(*run, window, style));
  }
  return kDone;
}

}  // namespace

void AddShowCommand(Command& app, Invocation& invocation) {
  Command* command = app.AddSubcommand("show", kDescription);
  command->Footer(kFooter);
  const auto options = std::make_shared<Options>();
  command
      ->AddOption("RUN", options->run,
                  "Its id, a beginning of it that no other run shares, or 'last'")
      ->Required();
  AddDbOption(*command, options->db);
  command->AddOption("--point", options->point, "Everything about this point (its '#')");
  command
      ->AddOption("--window", options->window,
                  "Over which window the table's numbers are: steady, or whole as most tools do")
      ->Check(OneOf({"steady", "whole"}))
      ->ShowDefault();
  CommandOption* json =
      command->AddFlag("--json", options->json, "Print the run (or point) as JSON");
  command->AddFlag("--csv", options->csv, "Print one row a point with all metrics")->Excludes(json);
  command
      ->AddFlag("--requests", options->requests,
                "Print the request log behind it as CSV, one row a request")
      ->Excludes(json);
  command
      ->AddFlag("--events", options->events,
                "The same with one row an event: when it came, and how sure that is")
      ->Excludes(json);
  command
      ->AddFlag("--text", options->text,
                "Print the answers that bench --keep-text kept as CSV, one row a request")
      ->Excludes(json);
  AddAsOptions(*command, options->as);
  for (const char* rows : {"--csv", "--requests", "--events", "--text"}) {
    command->Option("--as")->Excludes(command->Option(rows));
  }
  command->OnChosen(
      [options, &invocation] { invocation.run = [options] { return Show(*options); }; });
}

}  // namespace roofscape::cli
