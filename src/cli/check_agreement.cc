// roofscape check-agreement: one plan in three ways, and a fourth where there is a real server.

#include <algorithm>
#include <atomic>
#include <cmath>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/core/text.h"
#include "cli/agreement_text.h"
#include "cli/catalog_source.h"
#include "cli/command.h"
#include "cli/interrupt.h"
#include "cli/live_progress.h"
#include "cli/model_source.h"
#include "cli/replay.h"
#include "cli/twin_options.h"
#include "cli/write_file.h"
#include "domain/metrics/point_analysis.h"
#include "domain/spec/plan.h"
#include "measure/host/host_facts.h"
#include "measure/load/run_point.h"
#include "measure/load/server_probe.h"
#include "service/twin/run_live.h"

namespace roofscape::cli {
namespace {

constexpr const char* kDescription =
    "Predict, simulate and measure one plan, and show how far the three are apart.";

constexpr const char* kFooter =
    "Example:\n"
    "  roofscape check-agreement examples/agreement.toml\n"
    "  roofscape check-agreement examples/agreement-1024.toml     1 to 1,024 streams\n\n"
    "What is measured is a live twin of the plan's deployment, by the load generator over a real\n"
    "socket; what is simulated are the same requests. With a target in the plan, its server is\n"
    "measured too. The prediction is of users who send when they have their answer, so it has no\n"
    "figures for a rate.";

constexpr const char* kReference = "simulated";

struct Options : TwinOptions {
  std::string plan;
};

/// A plan; without a target it is of the twin alone.
struct Agreement {
  spec::Plan plan;
  bool has_target = false;
};

Result<Agreement> ReadAgreement(const std::string& path) {
  RS_ASSIGN_OR_RETURN(const std::string text, ReadFlagFile("PLAN", path));
  const bool is_json = !text.empty() && text.front() == '{';
  auto document = is_json ? ParseJson(text, path) : ParseToml(text, path);
  if (!document) return document.error();
  Json json = document->value();
  Agreement out;
  out.has_target = json.contains("target");
  if (!out.has_target) json["target"] = {{"url", "http://127.0.0.1:1"}};
  RS_ASSIGN_OR_RETURN(out.plan, spec::PlanFromDocument(Document(std::move(json), path)));
  return out;
}

class Checker {
 public:
  Checker(const Options& options, Agreement agreement, const Clock& clock)
      : options_(options), agreement_(std::move(agreement)), plan_(agreement_.plan), clock_(clock) {
    options_.input = plan_.workload.input.tokens;
    options_.output = plan_.workload.output.tokens;
    options_.prefix_cache = plan_.workload.prompt_cache;
    closed_ = plan_.load.arrivals == spec::Arrivals::kClosed;
  }

  Result<std::vector<AgreementRow>> Run() {
    RS_RETURN_IF_ERROR(CompleteDeployment(options_, plan_.deployment));
    RS_ASSIGN_OR_RETURN(deployment_, MakeDeployment(options_, /*chunk_tokens=*/1));
    RS_ASSIGN_OR_RETURN(std::unique_ptr<twin::LiveRun> twin, StartTwin());
    spec::Plan twin_plan = plan_;
    twin_plan.target.url = fmt::format("http://127.0.0.1:{}", twin->port());
    twin_plan.target.model = options_.model;
    RS_RETURN_IF_ERROR(Measure(twin_plan, "twin", options_.speed, /*simulates=*/true));
    twin->Stop();
    if (agreement_.has_target) {
      RS_RETURN_IF_ERROR(Measure(plan_, "measured", 1.0, /*simulates=*/false));
    }
    return std::move(rows_);
  }

 private:
  Result<std::unique_ptr<twin::LiveRun>> StartTwin() {
    RS_ASSIGN_OR_RETURN(twin::Script script, LiveScript(options_));
    twin::LiveServer::Settings settings;
    settings.speed = options_.speed;
    settings.context_tokens = deployment_.context_tokens;
    const auto on_thread = []() -> Result<> {
      host::SharpenTimers();
      return {};
    };
    return twin::LiveRun::Start(std::move(script), deployment_.cluster, settings, on_thread,
                                clock_);
  }

  Result<> Measure(const spec::Plan& plan, std::string_view way, double speed, bool simulates) {
    RS_ASSIGN_OR_RETURN(const net::Url url, net::ParseUrl(plan.target.url));
    RS_ASSIGN_OR_RETURN(const load::Dialect dialect,
                        load::ProbeServer(plan, url, {}, clock_, &Interrupted()));
    std::int64_t next_prompt = 0;
    for (const spec::LoadLevel& level : spec::LevelsOf(plan.load)) {
      if (Interrupted()) return Error{ErrorCode::kCancelled, "stopped by the user"};
      load::PointProgress progress;
      load::PointSettings settings;
      settings.concurrency = level.concurrency;
      settings.rate_rps = level.rate_rps;
      settings.first_prompt = next_prompt;
      settings.stop = &Interrupted();
      settings.progress = &progress;
      spec::PointResult point = PointOf(plan, level);
      std::optional<load::PointRecord> record;
      {
        const LiveProgress live(fmt::format("{}: {}", way, spec::LoadName(point)), std::nullopt,
                                plan.load.duration_s, progress, clock_);
        RS_ASSIGN_OR_RETURN(record, load::RunPoint(plan, url, {}, dialect, settings, clock_));
      }
      if (record->aborted) return *record->aborted;
      next_prompt += static_cast<std::int64_t>(record->log.requests.size());
      if (simulates) Others(level, record->log);
      Judge(record->log, record->audit, point);
      AgreementRow row = RowOfPoint(point, way);
      Slow(row, speed);
      if (point.verdict.instrument != spec::Fitness::kValid) {
        row.remark = std::string(spec::Name(point.verdict.instrument));
      }
      rows_.push_back(std::move(row));
    }
    return {};
  }

  static spec::PointResult PointOf(const spec::Plan& plan, const spec::LoadLevel& level) {
    spec::PointResult point;
    point.concurrency = level.concurrency;
    point.rate_rps = level.rate_rps;
    point.protocol = spec::Name(plan.load.protocol);
    point.complete = true;
    return point;
  }

  void Judge(const spec::RequestLog& log, const spec::InstrumentAudit& audit,
             spec::PointResult& point) const {
    point.audit = audit;
    metrics::AnalyzeInto(log, std::nullopt, plan_.workload.prompt_cache, point);
  }

  /// A twin that runs faster than its deployment would: back to the deployment's time.
  static void Slow(AgreementRow& row, double speed) {
    for (auto* seconds : {&row.ttft_mean_s, &row.ttft_p50_s, &row.tpot_mean_s}) {
      if (*seconds) **seconds *= speed;
    }
    if (row.output_tps) *row.output_tps /= speed;
  }

  /// The same load predicted, and the same requests simulated.
  void Others(const spec::LoadLevel& level, spec::RequestLog log) {
    if (level.concurrency > 0) {
      if (const auto row = Predicted(level)) rows_.push_back(*row);
    }
    for (spec::Request& r : log.requests) {  // When they were sent, in the deployment's time.
      r.intended_ns = std::llround(static_cast<double>(r.intended_ns) * options_.speed);
    }
    sim::RunOptions run;
    run.seed = options_.seed;
    const Replayed replayed = ReplayLog(log, closed_, deployment_.cluster, run);
    spec::PointResult point = PointOf(plan_, level);
    Judge(replayed.log, {}, point);
    rows_.push_back(RowOfPoint(point, kReference));
    if (level.concurrency > 0 && rows_.size() > 1) {
      NameWaves(replayed.end, rows_.back(), rows_[rows_.size() - 2]);
    }
  }

  /// Says it where prompts come in fewer steps than the mean field has them in: users who began
  /// together end together, and their next prompts share steps.
  void NameWaves(const sim::RunEnd& end, const AgreementRow& simulated, AgreementRow& predicted) {
    if (predicted.way != "predicted" || !predicted.tpot_mean_s || !simulated.tpot_mean_s) return;
    if (end.mixed_steps == 0 || !predicted.output_tps) return;
    constexpr double kAlike = 0.03;
    if (std::fabs(*predicted.tpot_mean_s / *simulated.tpot_mean_s - 1.0) < kAlike) return;
    const sim::WorkerGroup& serve = deployment_.cluster.serve;
    const double batches = serve.copies * static_cast<double>(serve.workers);
    const double decoding = *predicted.output_tps * *predicted.tpot_mean_s / batches;
    const spec::Length& length = plan_.workload.output;
    const double output = 0.5 * (1.0 + length.low) * static_cast<double>(length.tokens);
    const double steady = 1.0 - std::exp(-decoding / output);
    const double share = static_cast<double>(end.mixed_steps) / static_cast<double>(end.steps);
    predicted.remark = fmt::format("prompts in {:.0f} % of steps; simulated, in waves: {:.0f} %",
                                   100.0 * steady, 100.0 * share);
  }

  std::optional<AgreementRow> Predicted(const spec::LoadLevel& level) {
    const auto prediction = PredictLoad(options_, static_cast<double>(level.concurrency));
    if (!prediction) return std::nullopt;
    AgreementRow row;
    row.load = spec::LoadMark(PointOf(plan_, level));
    row.way = "predicted";
    row.ttft_mean_s = prediction->ttft_s.value;
    row.tpot_mean_s = prediction->tpot_s.value;
    const double share = static_cast<double>(options_.output) /
                         static_cast<double>(options_.input + options_.output);
    row.output_tps = prediction->tput_per_chip.value * deployment_.chips * share;
    return row;
  }

  Options options_;
  Agreement agreement_;
  const spec::Plan& plan_;
  const Clock& clock_;
  SimulatedDeployment deployment_;
  bool closed_ = true;
  std::vector<AgreementRow> rows_;
};

Result<> CheckAgreement(const Options& options, const Clock& clock) {
  RS_ASSIGN_OR_RETURN(Agreement agreement, ReadAgreement(options.plan));
  std::int64_t most = 1;
  for (const spec::LoadLevel& level : spec::LevelsOf(agreement.plan.load)) {
    most = std::max(most, level.concurrency);
  }
  // Both ends of each stream are this process's.
  RS_RETURN_IF_ERROR(host::EnsureDescriptors(2 * most + 64));
  CatchInterrupts();
  Checker checker(options, std::move(agreement), clock);
  RS_ASSIGN_OR_RETURN(const std::vector<AgreementRow> rows, checker.Run());
  if (options.json) {
    const Json json = {{"schema", "roofscape-agreement-1"},
                       {"reference", kReference},
                       {"rows", AgreementJson(rows, kReference)}};
    fmt::print("{}\n", json.dump(2));
    return {};
  }
  fmt::print("{}", AgreementTable(rows, kReference, StyleOf(stdout)));
  return {};
}

}  // namespace

void AddCheckAgreementCommand(Command& app, Invocation& invocation) {
  Command* command = app.AddSubcommand("check-agreement", kDescription);
  command->Footer(kFooter);
  const auto options = std::make_shared<Options>();
  command->AddOption("PLAN", options->plan, "A plan: deployment, workload, load; TOML or JSON")
      ->Required();
  command->AddOption("--speed", options->speed, "Of the twin: simulated seconds a second")
      ->Check(InRange(1e-2, 1e3))
      ->ShowDefault();
  command->AddFlag("--json", options->json, "Print one object");
  AddParamsOption(*command, *options);
  AddCatalogOption(*command, options->catalog);
  command->OnChosen([options, &invocation] {
    invocation.run = [options, clock = invocation.clock] {
      const Result<> done = CheckAgreement(*options, *clock);
      return done ? int{kDone} : Report(done.error());
    };
  });
}

}  // namespace roofscape::cli
