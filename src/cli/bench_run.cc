#include "cli/bench_run.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/core/text.h"
#include "cli/live_progress.h"
#include "cli/run_id.h"
#include "cli/version.h"
#include "domain/metrics/failures.h"
#include "domain/metrics/point_analysis.h"
#include "domain/metrics/repeats.h"
#include "domain/spec/load_rules.h"
#include "measure/host/host_facts.h"
#include "measure/load/request_body.h"
#include "measure/load/run_point.h"
#include "measure/load/server_probe.h"
#include "results/store/log_writer.h"

namespace roofscape::cli {
namespace {

/// What the server told fills the gaps of the deployment that the user described.
void CompleteDeployment(const load::Dialect& dialect, spec::Deployment& deployment) {
  const auto fact = [&dialect](const char* name) {
    const auto found = dialect.facts.find(name);
    return found == dialect.facts.end() ? std::string() : found->second;
  };
  if (deployment.model.empty()) deployment.model = dialect.model;
  if (deployment.engine.empty()) deployment.engine = fact("name");
  if (deployment.engine_version.empty()) deployment.engine_version = fact("version");
}

spec::RunResult Header(const spec::Plan& plan, const load::Dialect& dialect, const Clock& clock) {
  spec::RunResult run;
  run.id = NewRunId(clock);
  run.started = clock.Wall();
  run.version = kVersion;
  run.plan = plan;
  CompleteDeployment(dialect, run.plan.deployment);
  if (run.plan.target.model.empty()) run.plan.target.model = dialect.model;
  run.host = host::HostFacts();
  run.engine = dialect.facts;
  run.notes = dialect.notes;
  return run;
}

/// The fields of a request that the user's extra body replaces.
std::string Replaced(const spec::Plan& plan, const load::Dialect& dialect) {
  if (plan.target.extra_body.empty()) return "";
  const load::Prompt prompt = std::string();
  const Json body = load::RequestBody(plan, dialect, {prompt, 1, /*stream=*/true});
  const Json extra = Json::parse(plan.target.extra_body);
  std::string names;
  for (const auto& [name, value] : extra.items()) {
    const auto ours = body.find(name);
    const bool merged = ours != body.end() && ours->is_object() && value.is_object();
    if (ours == body.end() || merged) continue;
    names += (names.empty() ? "" : ", ") + name;
  }
  return names;
}

class Bench {
 public:
  Bench(const spec::Plan& plan, const net::Url& url, const load::Headers& headers,
        const load::Dialect& dialect, store::Store& store, const std::atomic<bool>& stop,
        const Clock& clock)
      : url_(url),
        headers_(headers),
        dialect_(dialect),
        store_(store),
        stop_(stop),
        clock_(clock),
        writer_(store) {
    result_.run = Header(plan, dialect, clock);
  }

  Result<BenchRun> Run() {
    RS_RETURN_IF_ERROR(store_.BeginRun(result_.run));
    const spec::Plan& plan = result_.run.plan;
    for (const spec::LoadLevel& level : spec::LevelsOf(plan.load)) {
      for (std::int64_t repeat = 0; repeat < plan.load.repeat; ++repeat) {
        if (stop_) result_.stopped = true;
        if (gone_ && !result_.aborted) result_.aborted = *gone_;
        if (result_.stopped || result_.aborted) break;
        if (Result<> point = RunOne(level, repeat); !point) result_.aborted = point.error();
      }
    }
    End();
    return std::move(result_);
  }

 private:
  Result<> RunOne(const spec::LoadLevel& level, std::int64_t repeat) {
    spec::PointResult point;
    point.index = static_cast<std::int64_t>(result_.run.points.size());
    point.concurrency = level.concurrency;
    point.rate_rps = level.rate_rps;
    point.protocol = spec::Name(result_.run.plan.load.protocol);
    point.repeat = repeat;
    point.started = clock_.Wall();
    RS_ASSIGN_OR_RETURN(const store::PointId id, store_.BeginPoint(result_.run.id, point));
    RS_ASSIGN_OR_RETURN(load::PointRecord record, Measure(point, id));
    next_prompt_ += static_cast<std::int64_t>(record.log.requests.size());
    const Result<> flushed = writer_.Flush();
    Judge(record, point);
    result_.run.points.push_back(point);
    if (record.stopped) result_.stopped = true;
    if (!flushed) return flushed.error();
    RS_RETURN_IF_ERROR(store_.FinishPoint(id, point));
    if (record.aborted) return *record.aborted;
    return {};
  }

  Result<load::PointRecord> Measure(const spec::PointResult& point, const store::PointId& id) {
    const spec::Plan& plan = result_.run.plan;
    load::PointProgress progress;
    load::PointSettings settings;
    settings.concurrency = point.concurrency;
    settings.rate_rps = point.rate_rps;
    settings.first_prompt = next_prompt_;
    settings.expected_e2e = expected_e2e_;
    settings.stop = &stop_;
    settings.progress = &progress;
    settings.sink = [this, &id](spec::RequestLog log) { return writer_.Push(id, std::move(log)); };
    auto expected = spec::RequestsAt(plan.load, point.concurrency);
    if (expected && point.concurrency > 0) {
      *expected += spec::WarmupAt(plan.load, point.concurrency);
    }
    std::string title = spec::LoadName(point);
    if (plan.load.repeat > 1) title += fmt::format(" ({}/{})", point.repeat + 1, plan.load.repeat);
    const LiveProgress live(title, expected, plan.load.duration_s, progress, clock_);
    return load::RunPoint(plan, url_, headers_, dialect_, settings, clock_);
  }

  void Judge(const load::PointRecord& record, spec::PointResult& point) {
    point.started = record.started;
    point.complete = record.complete();
    point.audit = record.audit;
    metrics::AnalyzeInto(record.log, spec::ChipCount(result_.run.plan.deployment),
                         result_.run.plan.workload.prompt_cache, point);
    if (record.aborted) {
      // Two questions, never mixed: what this machine could not do says nothing of the server.
      spec::Verdict& verdict = point.verdict;
      (record.aborted->code == ErrorCode::kUnavailable ? verdict.server_reasons
                                                       : verdict.instrument_reasons)
          .push_back(record.aborted->message);
    }
    if (const auto stopped = metrics::FindStopped(record.log)) {
      gone_ = Error{ErrorCode::kUnavailable,
                    metrics::Describe(*stopped) + "; the points after it were not measured"};
    }
    if (const auto e2e = point.whole.e2e_s.mean) {
      expected_e2e_ = Nanos(static_cast<std::int64_t>(*e2e * 1e9));
    }
  }

  void End() {
    spec::RunResult& run = result_.run;
    const bool whole = !result_.stopped && !result_.aborted;
    std::vector<std::string> notes;
    if (result_.stopped) notes.push_back("stopped by the user");
    if (result_.aborted) notes.push_back(result_.aborted->message);
    run.repeats = metrics::BetweenRuns(run);
    run.ended = clock_.Wall();
    run.status = whole ? spec::RunStatus::kComplete : spec::RunStatus::kIncomplete;
    run.notes.insert(run.notes.end(), notes.begin(), notes.end());
    const Result<> finished = store_.FinishRun(run.id, run.status, *run.ended, notes);
    if (!finished && !result_.aborted) result_.aborted = finished.error();
  }

  const net::Url& url_;
  const load::Headers& headers_;
  const load::Dialect& dialect_;
  store::Store& store_;
  const std::atomic<bool>& stop_;
  const Clock& clock_;
  store::LogWriter writer_;
  BenchRun result_;
  std::int64_t next_prompt_ = 0;       // No prompt is sent twice in a run.
  std::optional<Nanos> expected_e2e_;  // From the point before.
  std::optional<Error> gone_;          // The server does not answer any more: no further point.
};

}  // namespace

Result<BenchRun> RunBench(const spec::Plan& plan, const load::Headers& headers, store::Store& store,
                          const std::atomic<bool>& stop, const Clock& clock) {
  RS_RETURN_IF_ERROR(spec::RefuseIdleUsers(plan.load));
  RS_ASSIGN_OR_RETURN(const net::Url url, net::ParseUrl(plan.target.url));
  RS_RETURN_IF_ERROR(load::CheckMachine(plan, url, clock));
  RS_ASSIGN_OR_RETURN(load::Dialect dialect, load::ProbeServer(plan, url, headers, clock, &stop));
  if (const std::string names = Replaced(plan, dialect); !names.empty()) {
    dialect.notes.push_back("the extra body replaces what bench itself sets: " + names);
  }
  return Bench(plan, url, headers, dialect, store, stop, clock).Run();
}

}  // namespace roofscape::cli
