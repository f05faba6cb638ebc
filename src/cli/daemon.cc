// roofscape daemon: plans by the calendar and by new releases, unattended.

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <unistd.h>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/core/text.h"
#include "cli/catalog_source.h"
#include "cli/command.h"
#include "cli/daemon_hands.h"
#include "cli/daemon_text.h"
#include "cli/interrupt.h"
#include "cli/write_file.h"
#include "service/fleet/daemon.h"
#include "service/fleet/process.h"

namespace roofscape::cli {
namespace {

namespace fs = std::filesystem;

constexpr const char* kDescription =
    "Run plans by the calendar and when something new is released, unattended:\n"
    "measure, judge against the days before, publish, and tell what got worse or\n"
    "better beyond the noise.";

constexpr const char* kFooter =
    "Example:\n"
    "  roofscape daemon examples/daemon.toml --dry-run\n"
    "  roofscape daemon examples/daemon.toml --once\n"
    "  roofscape daemon examples/daemon.toml\n\n"
    "Each change is told once, with what else changed. SIGTERM ends it in good\n"
    "order: the next start goes on with what was begun; SIGHUP reads the\n"
    "configuration again. A unit for systemd: examples/roofscape-daemon.service.\n"
    "Fields: docs/reference/daemon.md. Exit status with --once: 4 where something\n"
    "got worse, else 1 where a point was not measured.";

struct Options {
  std::string config;
  std::string db;
  std::string catalog;
  std::string folder;
  std::vector<std::string> entries;
  double poll_s = 10;
  std::int64_t times = 5;
  bool once = false;
  bool dry_run = false;
  bool json = false;
};

std::atomic<bool> reload{false};

void OnHangUp(int /*signal*/) { reload.store(true); }

std::string Absolute(const std::string& path) {
  std::error_code ignored;
  return fs::absolute(path, ignored).lexically_normal().string();
}

DaemonPlaces PlacesOf(const Options& options) {
  DaemonPlaces places;
  places.folder = fs::path(Absolute(options.config)).parent_path().string();
  places.db = StorePathToWrite(options.db);
  const bool is_file = places.db.find("://") == std::string::npos;
  if (is_file) places.db = Absolute(places.db);
  if (!options.catalog.empty()) places.catalog = Absolute(options.catalog);
  if (!options.folder.empty()) places.jobs = Absolute(options.folder);
  const fs::path beside = is_file ? fs::path(places.db).parent_path() : fs::path(Absolute("."));
  places.logs = (beside / "daemon").string();
  return places;
}

Result<std::vector<fleet::WatchedEntry>> LoadEntries(const Options& options) {
  RS_ASSIGN_OR_RETURN(const std::string text, ReadFlagFile("CONFIG", options.config));
  RS_ASSIGN_OR_RETURN(fleet::DaemonConfig config, fleet::ParseDaemonConfig(text, options.config));
  std::vector<fleet::WatchedEntry> entries;
  std::vector<std::string> names;
  for (fleet::DaemonEntry& entry : config.entries) {
    names.push_back(entry.name);
    const auto& wanted = options.entries;
    if (!wanted.empty() && std::find(wanted.begin(), wanted.end(), entry.name) == wanted.end()) {
      continue;
    }
    auto zone = fleet::LoadTimeZone(entry.time_zone);
    if (!zone) return zone.error().In(fmt::format("{}: entry '{}'", options.config, entry.name));
    entries.push_back({std::move(entry), *std::move(zone)});
  }
  for (const std::string& name : options.entries) {
    if (std::find(names.begin(), names.end(), name) != names.end()) continue;
    return Error{ErrorCode::kInvalidArgument,
                 fmt::format("--entry {}: {} has no such entry.{}", name, options.config,
                             DidYouMean(name, names))};
  }
  return entries;
}

/// What `sweep --dry-run` says of an entry's plan.
Result<SweepSize> ForecastOf(const fleet::DaemonEntry& entry, const RealHands& hands,
                             const DaemonPlaces& places, const Clock& clock) {
  std::vector<std::string> more = {"--dry-run", "--json", "--retry-failed"};
  if (entry.measure_all) more.emplace_back("--again");
  std::vector<std::string> command = {"/usr/bin/env", "ROOFSCAPE_DB=" + places.db};
  for (std::string& word : hands.SweepCommand(entry, more)) command.push_back(std::move(word));
  RS_ASSIGN_OR_RETURN(const fleet::CommandResult result,
                      fleet::RunCommand(command, "", std::chrono::seconds(120), clock));
  if (result.status != 0) {
    return Error{ErrorCode::kInvalidArgument, std::string(Trim(result.err))};
  }
  return SizeOf(result.out);
}

Result<fleet::EntryState> StateOf(const std::string& entry, store::DaemonLog* log) {
  fleet::EntryState state;
  if (log == nullptr) return state;
  RS_ASSIGN_OR_RETURN(const auto events, log->EventsAfter(entry, 0));
  for (const store::DaemonEvent& event : events) RS_RETURN_IF_ERROR(state.Apply(event));
  return state;
}

int DryRun(const Options& options, const std::vector<fleet::WatchedEntry>& entries,
           const Clock& clock) {
  const DaemonPlaces places = PlacesOf(options);
  const RealHands hands(places, clock);
  auto log = store::OpenDaemonLog(places.db, store::OpenMode::kReadOnly);
  if (!log && log.error().code != ErrorCode::kNotFound) return Report(log.error());
  std::vector<EntryForecast> forecasts;
  int status = kDone;
  for (const fleet::WatchedEntry& watched : entries) {
    const fleet::DaemonEntry& entry = watched.entry;
    auto state = StateOf(entry.name, log ? log->get() : nullptr);
    if (!state) return Report(state.error());
    EntryForecast forecast{&entry, &watched.zone, {}, {}, {}, {}, {}};
    forecast.times = fleet::NextTimes(entry, watched.zone, clock.Wall(),
                                      static_cast<std::size_t>(options.times));
    if (state->Open() == nullptr) {
      forecast.due = fleet::DueBySchedule(entry, watched.zone, *state, clock.Wall(), options.once);
    }
    forecast.state = *std::move(state);
    auto sweep = ForecastOf(entry, hands, places, clock);
    if (sweep) {
      forecast.sweep = *std::move(sweep);
    } else {
      forecast.trouble = sweep.error().message;
      status = kFailed;
    }
    forecasts.push_back(std::move(forecast));
  }
  if (options.json) {
    fmt::print("{}\n", ForecastJson(forecasts).dump(2, ' ', false, Json::error_handler_t::replace));
  } else {
    fmt::print("{}", ForecastText(forecasts));
  }
  return status;
}

void TellLine(const Clock& clock, const std::string& text) {
  const std::string_view whole = Trim(text);
  fmt::print(stderr, "{} {}\n", clock.Wall().ToIso().substr(0, 19), whole);
  std::fflush(stderr);
}

fleet::Owner Myself() {
  return {fleet::HostName(), getpid(), fleet::BeginOf(getpid()).value_or("")};
}

void PrintReport(const Options& options, const fleet::OccasionReport& report) {
  if (!options.json) return;
  fmt::print("{}\n", fleet::ToJson(report).dump(-1, ' ', false, Json::error_handler_t::replace));
  std::fflush(stdout);
}

int RunOnce(const Options& options, fleet::Daemon& daemon) {
  const Result<> done = daemon.Step();
  int status = done ? kDone : kFailed;
  for (const fleet::OccasionReport& report : daemon.reports()) {
    PrintReport(options, report);
    if (!options.json) fmt::print("{}", fleet::TextOf(report));
    if (report.Has(fleet::News::kFailure)) status = status == kDone ? kFailed : status;
    if (report.Has(fleet::News::kRegression)) status = kRegression;
  }
  if (!done) static_cast<void>(Report(done.error()));
  if (!options.json && daemon.reports().empty() && done) fmt::print("nothing is due\n");
  return status;
}

/// Looks and looks again, until somebody ends it, the configuration is to be read again, or the
/// store fails. Errors: of the store.
Result<> Watch(const Options& options, fleet::Daemon& daemon, const Clock& clock) {
  std::size_t printed = 0;
  while (!Interrupted() && !reload) {
    const Result<> stepped = daemon.Step();
    while (printed < daemon.reports().size()) PrintReport(options, daemon.reports()[printed++]);
    if (!stepped && stepped.error().code == ErrorCode::kCancelled) return {};
    double wait_s = options.poll_s;
    if (const auto next = daemon.NextLook()) {
      const double until = static_cast<double>(next->unix_us - clock.Wall().unix_us) / 1e6 + 0.01;
      wait_s = std::clamp(until, 0.05, wait_s);
    }
    fleet::Pause(FromSeconds(wait_s), Interrupted(), clock);
    if (!stepped) return stepped;
  }
  return {};
}

int RunOn(const Options& options, std::vector<fleet::WatchedEntry> entries, const Clock& clock) {
  const DaemonPlaces places = PlacesOf(options);
  RealHands hands(places, clock);
  std::string told;
  const auto tell = [&clock, &told](const std::string& text) {
    if (text != told) TellLine(clock, text);  // A store that is away says the same each time.
    told = text;
  };
  std::signal(SIGHUP, OnHangUp);
  tell("roofscape daemon looks after its entries");
  while (!Interrupted()) {
    // Opened anew after an error: the connection to a server may be gone.
    const auto log = store::OpenDaemonLog(places.db, store::OpenMode::kReadWrite);
    if (!log) {
      tell(log.error().message);
      fleet::Pause(FromSeconds(options.poll_s), Interrupted(), clock);
      continue;
    }
    fleet::Daemon daemon(entries, **log, hands, Myself(), false, tell, clock);
    if (!Watch(options, daemon, clock) || Interrupted()) continue;
    reload = false;
    auto fresh = LoadEntries(options);
    tell(fresh ? "configuration read again"
               : fresh.error().In("configuration not read again, the old one holds").message);
    if (fresh) entries = *std::move(fresh);
  }
  tell("roofscape daemon ends");
  return kDone;
}

int Run(const Options& options, const Clock& clock) {
  auto entries = LoadEntries(options);
  if (!entries) return Report(entries.error());
  if (options.dry_run) return DryRun(options, *entries, clock);
  CatchInterrupts();
  const DaemonPlaces places = PlacesOf(options);
  RealHands hands(places, clock);
  const auto log = store::OpenDaemonLog(places.db, store::OpenMode::kReadWrite);
  if (!log) return Report(log.error());
  if (!options.once) return RunOn(options, *std::move(entries), clock);
  const auto tell = [&clock](const std::string& text) { TellLine(clock, text); };
  fleet::Daemon daemon(*std::move(entries), **log, hands, Myself(), true, tell, clock);
  return RunOnce(options, daemon);
}

}  // namespace

void AddDaemonCommand(Command& app, Invocation& invocation) {
  Command* command = app.AddSubcommand("daemon", kDescription);
  command->Footer(kFooter);
  const auto options = std::make_shared<Options>();
  command->AddOption("CONFIG", options->config, "A TOML or JSON file")->Required();
  command->AddFlag("--once", options->once, "Run what is due now (also what never ran), then end");
  command->AddFlag("--dry-run", options->dry_run,
                   "Print the next times and what would run; start nothing");
  command->AddOption("--times", options->times, "How many times --dry-run prints")
      ->Check(InRange(std::int64_t{0}, std::int64_t{1000}))
      ->ShowDefault();
  command->AddOption("--entry", options->entries, "Only these entries")->Delimiter(',');
  command->AddOption("--folder", options->folder, "As of sweep: where jobs' folders are made");
  command->AddOption("--poll", options->poll_s, "Seconds between two looks at the clock, at most")
      ->Check(InRange(0.05, 3600.0))
      ->ShowDefault();
  command->AddFlag("--json", options->json, "Print each occasion as a line of JSON");
  AddCatalogOption(*command, options->catalog);
  AddDbOption(*command, options->db);
  command->OnChosen([options, &invocation] {
    invocation.run = [options, &invocation] { return Run(*options, *invocation.clock); };
  });
}

}  // namespace roofscape::cli
