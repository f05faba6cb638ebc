// roofscape sweep: a plan, run to its end.

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/catalog_source.h"
#include "cli/command.h"
#include "cli/interrupt.h"
#include "cli/price_options.h"
#include "cli/sweep_text.h"
#include "cli/write_file.h"
#include "results/store/store.h"
#include "service/fleet/coordinator.h"
#include "service/fleet/kubernetes.h"
#include "service/fleet/prepare.h"
#include "service/fleet/process.h"

namespace roofscape::cli {
namespace {

namespace fs = std::filesystem;
using fleet::PointStatus;

constexpr const char* kDescription =
    "Run a plan: deployments x workloads x loads x repeats. Each deployment's server is started\n"
    "once, tried, measured at every load and stopped. What is measured is never measured twice,\n"
    "whatever is killed: the same command goes on.";

constexpr const char* kFooter =
    "Example:\n"
    "  roofscape sweep examples/sweep.toml --dry-run\n"
    "  roofscape sweep examples/sweep.toml\n"
    "  roofscape sweep examples/sweep.toml --status\n"
    "  roofscape frontier --campaign twins\n\n"
    "The plan's fields, executors and classes of failure: docs/reference/sweep.md. Ctrl-C ends\n"
    "local jobs in good order; those of Slurm or ssh go on, and the same command collects them.\n"
    "Exit status: 1 where a point has failed or was skipped.";

struct Options {
  std::string plan;
  std::string db;
  std::string catalog;
  std::string campaign;
  std::string executor;
  std::string folder;
  std::optional<std::int64_t> parallel;
  double poll_s = 2;
  double lease_s = 60;
  PriceOptions price;
  bool dry_run = false;
  bool manifests = false;
  bool status = false;
  bool again = false;
  bool retry_failed = false;
  bool json = false;
};

std::string Absolute(const std::string& path) {
  std::error_code ignored;
  return fs::absolute(path, ignored).lexically_normal().string();
}

/// The folder of the plan: its servers work there, its files lie there.
std::string FolderOf(const std::string& plan) {
  return fs::path(Absolute(plan)).parent_path().string();
}

std::string JobsFolder(const Options& options) {
  if (!options.folder.empty()) return Absolute(options.folder);
  const std::string path = StorePath(options.db);
  if (path.find("://") != std::string::npos) return Absolute("roofscape-jobs");
  return fs::path(Absolute(path)).parent_path().string() + "/jobs";
}

Result<fleet::SweepPlan> ReadPlan(const Options& options, std::string& text) {
  RS_ASSIGN_OR_RETURN(text, ReadFlagFile("PLAN", options.plan));
  RS_ASSIGN_OR_RETURN(fleet::SweepPlan plan, fleet::ParseSweepPlan(text, options.plan));
  if (!options.campaign.empty()) plan.name = options.campaign;
  if (!options.executor.empty()) plan.executor.kind = options.executor;
  if (options.parallel) plan.executor.parallel = *options.parallel;
  if (const Result<> fits = fleet::CheckExecutor(plan); !fits) {
    return fits.error().In(options.plan);
  }
  return plan;
}

/// [s] What runs of a recipe took, the last of each; of this campaign.
Result<std::map<std::string, double>> MeasuredSeconds(const std::string& path,
                                                      const std::string& campaign) {
  std::map<std::string, double> seconds;
  const auto store = store::OpenStore(path, store::OpenMode::kReadOnly);
  if (!store && store.error().code == ErrorCode::kNotFound) return seconds;
  if (!store) return store.error();
  RS_ASSIGN_OR_RETURN(const std::vector<store::RunSummary> runs,
                      (*store)->Runs({.campaign = campaign}));
  for (const store::RunSummary& run : runs) {
    const auto recipe = run.labels.find("recipe");
    if (recipe == run.labels.end() || !run.ended) continue;
    seconds.emplace(recipe->second,
                    static_cast<double>(run.ended->unix_us - run.started.unix_us) / 1e6);
  }
  return seconds;
}

/// [USD] Of the plan, else of the price book for its chip; missing where several chips or none have
/// a price.
std::optional<double> DevicePrice(const fleet::SweepPlan& plan, const fleet::Expansion& expansion,
                                  const analysis::Pricing& pricing, std::string& where) {
  if (plan.budget.usd_per_device_hour) {
    where = fmt::format("{:g} USD a device-hour, by the plan", *plan.budget.usd_per_device_hour);
    return plan.budget.usd_per_device_hour;
  }
  std::optional<double> dearest;
  for (const fleet::Layout& layout : expansion.layouts) {
    const auto price = analysis::ChipPrice(layout.deployment.chip, pricing);
    if (!price) {
      where = fmt::format("no price of the chip '{}'; give budget.usd_per_device_hour",
                          layout.deployment.chip);
      return std::nullopt;
    }
    if (dearest && *dearest >= price->value) continue;
    dearest = price->value;
    where = fmt::format("{:g} USD a device-hour, {}, price book {}", price->value,
                        catalog::Name(pricing.tier), price->book);
  }
  return dearest;
}

struct Ready {
  fleet::SweepPlan plan;
  std::string text;
  fleet::Preparation preparation;
  fleet::CampaignState state;
  std::optional<double> usd_per_device_hour;
  std::string price;
};

Result<Ready> MakeReady(const Options& options, const Clock& clock) {
  Ready ready;
  RS_ASSIGN_OR_RETURN(ready.plan, ReadPlan(options, ready.text));
  RS_ASSIGN_OR_RETURN(const std::vector<catalog::CatalogFile> files, CatalogFiles(options.catalog));
  fleet::KnownEngines engines;
  RS_ASSIGN_OR_RETURN(engines.catalog, catalog::ParseCatalog(files));
  RS_ASSIGN_OR_RETURN(engines.serving, catalog::ParseServing(files));
  RS_ASSIGN_OR_RETURN(const analysis::Pricing pricing,
                      PricingOf(options.price, engines.catalog, clock.Wall()));
  const auto in_plan = [&](const Error& error) { return error.In(options.plan); };
  const auto wanted = fleet::WantedBy(ready.plan, engines);
  if (!wanted) return in_plan(wanted.error());
  std::vector<std::string> notes;
  const auto around = fleet::LookAround(*wanted, FolderOf(options.plan), notes, clock);
  if (!around) return in_plan(around.error());
  for (const std::string& note : notes) fmt::print(stderr, "roofscape: {}\n", note);
  auto expansion = fleet::Expand(ready.plan, engines, *around);
  if (!expansion) return in_plan(expansion.error());
  ready.usd_per_device_hour = DevicePrice(ready.plan, *expansion, pricing, ready.price);
  if (ready.plan.budget.usd && !ready.usd_per_device_hour) {
    return Error{ErrorCode::kInvalidArgument,
                 fmt::format("{}: budget.usd: {}", options.plan, ready.price)};
  }
  const std::string path = StorePath(options.db);
  auto log = store::OpenSweepLog(path, store::OpenMode::kReadOnly);
  if (log) {
    RS_ASSIGN_OR_RETURN(ready.state, fleet::LoadCampaign(ready.plan.name, **log));
  } else if (log.error().code != ErrorCode::kNotFound) {
    return log.error();
  }
  RS_ASSIGN_OR_RETURN(const auto measured, MeasuredSeconds(path, ready.plan.name));
  const fleet::RoundRules rules{ready.plan.max_age_days, options.again, options.retry_failed};
  ready.preparation =
      fleet::Prepare(ready.plan, *std::move(expansion), ready.state, rules, measured, clock.Wall());
  return ready;
}

void PrintJson(const Json& json) {
  fmt::print("{}\n", json.dump(2, ' ', false, Json::error_handler_t::replace));
}

/// What would be applied for each start of a server, but for the ConfigMap with its points, which
/// is made when it is submitted.
int PrintManifests(const Options& options, const Ready& ready) {
  if (ready.plan.executor.kind != "kubernetes") {
    return Report(Error{ErrorCode::kInvalidArgument,
                        fmt::format("--manifests: executor.kind of {} is '{}': only kubernetes has "
                                    "manifests; add --executor kubernetes",
                                    options.plan, ready.plan.executor.kind)});
  }
  Json items = Json::array();
  for (const fleet::Layout& layout : ready.preparation.expansion.layouts) {
    fleet::KubernetesJob job;
    job.name = fleet::JobName(StorePath(options.db), ready.plan.name, layout.id, 1, WallTime{});
    job.image = layout.start.image;
    job.chips = layout.chips();
    items.push_back(fleet::JobManifest(job, ready.plan.executor));
  }
  PrintJson({{"apiVersion", "v1"}, {"kind", "List"}, {"items", std::move(items)}});
  return kDone;
}

int Forecast(const Options& options, const Ready& ready) {
  SweepForecast forecast =
      ForecastOf(ready.plan, ready.preparation, ready.state, ready.usd_per_device_hour);
  forecast.price = ready.price;
  if (options.json) {
    PrintJson(ForecastJson(forecast, ready.preparation));
  } else {
    fmt::print("{}", ForecastText(forecast, ready.preparation, StyleOf(stdout)));
  }
  return kDone;
}

int PrintState(const Options& options, const std::string& name, const fleet::CampaignState& state) {
  if (options.json) {
    PrintJson(CampaignJson(name, state));
  } else {
    fmt::print("{}", CampaignText(name, state, StyleOf(stdout)));
  }
  const auto bad = state.Count(PointStatus::kFailed) + state.Count(PointStatus::kSkipped);
  return bad > 0 ? kFailed : kDone;
}

fleet::CampaignSettings SettingsOf(const Options& options, const Ready& ready) {
  fleet::CampaignSettings settings;
  settings.campaign = ready.plan.name;
  settings.folder = JobsFolder(options);
  settings.parallel = ready.plan.executor.parallel;
  const std::string& kind = ready.plan.executor.kind;
  // A scheduler keeps jobs apart itself.
  if (kind != "slurm" && kind != "kubernetes")
    settings.lock = fs::temp_directory_path().string() + "/roofscape-measure.lock";
  settings.same_folders = kind != "ssh" && kind != "kubernetes";
  settings.time_limit_s = ready.plan.executor.time_limit_s;
  settings.retries = ready.plan.retries;
  settings.telemetry = ready.plan.telemetry;
  settings.refuse_drift = ready.plan.refuse_drift;
  settings.budget = ready.plan.budget;
  settings.usd_per_device_hour = ready.usd_per_device_hour;
  settings.lease_s = options.lease_s;
  return settings;
}

std::unique_ptr<fleet::Executor> ExecutorOf(const Ready& ready, const Clock& clock) {
  const fleet::ExecutorSettings& settings = ready.plan.executor;
  if (settings.kind == "slurm")
    return fleet::MakeSlurmExecutor(settings, fleet::OwnProgram(), clock);
  if (settings.kind == "kubernetes") return fleet::MakeKubernetesExecutor(settings, clock);
  if (settings.kind == "ssh") return fleet::MakeSshExecutor(settings, clock);
  return fleet::MakeLocalExecutor(fleet::OwnProgram(), clock);
}

Result<> Drive(fleet::Coordinator& coordinator, const Options& options, const Clock& clock) {
  RS_RETURN_IF_ERROR(coordinator.Begin());
  static const std::atomic<bool> kNever{false};
  while (true) {
    if (Interrupted()) coordinator.Stop();
    RS_ASSIGN_OR_RETURN(const bool over, coordinator.Step());
    if (over) break;
    fleet::Pause(FromSeconds(options.poll_s), Interrupted() ? kNever : Interrupted(), clock);
  }
  return coordinator.Leave();
}

int RunPlan(const Options& options, const Ready& ready, const Clock& clock) {
  auto log = store::OpenSweepLog(StorePathToWrite(options.db), store::OpenMode::kReadWrite);
  if (!log) return Report(log.error());
  const auto entered = fleet::Enter(ready.plan, ready.text, FolderOf(options.plan),
                                    ready.preparation, **log, clock.Wall());
  if (!entered) return Report(entered.error());
  const auto executor = ExecutorOf(ready, clock);
  const auto tell = [&clock](const std::string& line) {
    fmt::print(stderr, "{} {}\n", clock.Wall().ToIso().substr(11, 8), line);
    std::fflush(stderr);
  };
  fleet::Coordinator coordinator(SettingsOf(options, ready), **log, *executor, tell, clock);
  CatchInterrupts();
  const auto driven = Drive(coordinator, options, clock);
  if (!driven) return Report(driven.error());
  const int status = PrintState(options, ready.plan.name, coordinator.state());
  if (!Interrupted()) return status;
  fmt::print(stderr, "roofscape: stopped; {}the same command goes on\n",
             executor->outlives_us() ? "jobs that were submitted go on by themselves, and " : "");
  return kFailed;
}

int Run(const Options& options, const Clock& clock) {
  if (options.status) {
    std::string text;
    const auto plan = ReadPlan(options, text);
    if (!plan) return Report(plan.error());
    const auto log = store::OpenSweepLog(StorePath(options.db), store::OpenMode::kReadOnly);
    if (!log) return Report(log.error());
    const auto record = (*log)->Load(plan->name);
    if (!record) return Report(record.error());
    const auto state = fleet::CampaignState::Of(*record);
    return state ? PrintState(options, plan->name, *state) : Report(state.error());
  }
  const auto ready = MakeReady(options, clock);
  if (!ready) return Report(ready.error());
  if (options.manifests) return PrintManifests(options, *ready);
  return options.dry_run ? Forecast(options, *ready) : RunPlan(options, *ready, clock);
}

void AddOptions(Command& command, Options& o) {
  command.AddOption("PLAN", o.plan, "A TOML or JSON file")->Required();
  command.AddFlag("--dry-run", o.dry_run,
                  "Print points, starts of servers, device-seconds and cost; start nothing");
  command.AddFlag("--manifests", o.manifests,
                  "With --dry-run: print the Jobs of executor kubernetes as one JSON list");
  command.AddFlag("--status", o.status, "Print where the plan's campaign stands; start nothing");
  command.AddOption("--campaign", o.campaign, "Another name than the plan's for the campaign");
  command
      .AddOption("--executor", o.executor,
                 "Another one than the plan's: local, slurm, kubernetes, ssh")
      ->Check(OneOf({"local", "slurm", "kubernetes", "ssh"}));
  command.AddOption("--parallel", o.parallel, "Jobs at a time, in place of the plan's")
      ->Check(InRange(std::int64_t{1}, std::int64_t{10'000}));
  command.AddOption("--folder", o.folder,
                    "Where the jobs' folders are made; Slurm's nodes must see it (default: "
                    "'jobs' beside the database file, ./roofscape-jobs for a server)");
  command.AddFlag("--again", o.again, "Measure every point once more, whatever its age");
  command.AddFlag("--retry-failed", o.retry_failed, "Measure what has failed before");
  command.AddOption("--poll", o.poll_s, "Seconds between two looks at the jobs")
      ->Check(InRange(0.05, 3600.0))
      ->ShowDefault();
  command
      .AddOption("--lease", o.lease_s,
                 "Seconds without a sign of life after which another coordinator takes over")
      ->Check(InRange(1.0, 86'400.0))
      ->ShowDefault();
  command.AddFlag("--json", o.json, "Print the forecast or the state as JSON");
}

}  // namespace

void AddSweepCommand(Command& app, Invocation& invocation) {
  Command* command = app.AddSubcommand("sweep", kDescription);
  command->Footer(kFooter);
  const auto options = std::make_shared<Options>();
  AddOptions(*command, *options);
  AddPriceOptions(*command, options->price);
  AddCatalogOption(*command, options->catalog);
  AddDbOption(*command, options->db);
  command->OnChosen([options, &invocation] {
    invocation.run = [options, &invocation] { return Run(*options, *invocation.clock); };
  });
}

}  // namespace roofscape::cli
