#include "cli/predict_run.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>
#include <memory>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/command.h"
#include "cli/run_id.h"
#include "cli/version.h"
#include "results/store/store.h"

namespace roofscape::cli {
namespace {

constexpr double kNormal95 = 1.959963984540054;

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t n = values.size();
  return n % 2 == 1 ? values[n / 2] : 0.5 * (values[n / 2 - 1] + values[n / 2]);
}

/// The readings of one concurrency, repeat by repeat.
struct Readings {
  std::vector<double> ttft_s, tpot_s, total_tps, input, output;

  void Add(const spec::PointMetrics& m) {
    const auto rate = m.total_tps_per_chip ? m.total_tps_per_chip : m.total_tps;
    if (!m.ttft_s.mean || !m.tpot_s.mean || !rate) return;
    ttft_s.push_back(*m.ttft_s.mean);
    tpot_s.push_back(*m.tpot_s.mean);
    total_tps.push_back(*rate);
    if (m.input_length_tokens.mean) input.push_back(*m.input_length_tokens.mean);
    if (m.output_length_tokens.mean) output.push_back(*m.output_length_tokens.mean);
  }
};

double MeanLength(const std::vector<double>& measured, const spec::Length& asked) {
  if (!measured.empty()) return Median(measured);
  return 0.5 * (1.0 + asked.low) * static_cast<double>(asked.tokens);
}

/// 80 % of a logarithmic normal as the interval of 95 % that results hold.
spec::Interval Interval95(const calibrate::Figure& f, double scale) {
  const double wider = kNormal95 / calibrate::kNormal80;
  return {f.value * std::pow(f.low80 / f.value, wider) * scale,
          f.value * std::pow(f.high80 / f.value, wider) * scale};
}

spec::Interval Inverse(const spec::Interval& i) { return {1.0 / i.high, 1.0 / i.low}; }

void SetMean(spec::Summary& summary, double value) { summary.mean = summary.p50 = value; }

spec::PointMetrics MetricsOf(const LikeRun& like, const PredictedPoint& point, double chips) {
  const calibrate::Prediction& p = point.prediction;
  const double input = like.input_tokens;
  const double output = like.output_tokens;
  spec::PointMetrics m;
  const double total = p.tput_per_chip.value * chips;
  m.total_tps = total;
  m.input_tps = total * input / (input + output);
  m.output_tps = total * output / (input + output);
  m.request_rps = total / (input + output);
  m.total_tps_per_chip = p.tput_per_chip.value;
  m.input_tps_per_chip = *m.input_tps / chips;
  m.output_tps_per_chip = *m.output_tps / chips;
  SetMean(m.ttft_s, p.ttft_s.value);
  SetMean(m.tpot_s, p.tpot_s.value);
  SetMean(m.interactivity_tps, 1.0 / p.tpot_s.value);
  m.intervals["ttft_mean_s"] = Interval95(p.ttft_s, 1.0);
  m.intervals["tpot_mean_s"] = Interval95(p.tpot_s, 1.0);
  m.intervals["interactivity_p50_tps"] = Inverse(m.intervals["tpot_mean_s"]);
  m.intervals["total_tps_per_chip"] = Interval95(p.tput_per_chip, 1.0);
  return m;
}

}  // namespace

Result<LikeRun> LoadLikeRun(const std::string& db, const std::string& name) {
  RS_ASSIGN_OR_RETURN(const std::unique_ptr<store::Store> store,
                      store::OpenStore(StorePath(db), store::OpenMode::kReadOnly));
  LikeRun like;
  RS_ASSIGN_OR_RETURN(like.run, store->LoadRun(name));
  if (like.run.way != "measured") {
    return Error{ErrorCode::kInvalidArgument,
                 fmt::format("--like: run {} is {}: name a measured one, see roofscape runs",
                             like.run.id, like.run.way)};
  }
  std::map<std::int64_t, Readings> by_load;
  Readings all;
  for (const spec::PointResult& point : like.run.points) {
    if (!point.complete || point.concurrency < 1) continue;
    // A single user's twenty requests are often too few for a steady window: the whole then.
    const spec::PointMetrics* m = point.Primary() != nullptr ? point.Primary() : &point.whole;
    by_load[point.concurrency].Add(*m);
    all.Add(*m);
  }
  for (const auto& [concurrency, r] : by_load) {
    if (r.tpot_s.empty()) continue;
    like.loads.push_back({static_cast<double>(concurrency), Median(r.ttft_s), Median(r.tpot_s),
                          Median(r.total_tps)});
  }
  if (like.loads.empty()) {
    return Error{ErrorCode::kInvalidArgument,
                 fmt::format("--like: run {} has no closed loop with a window in which times could "
                             "be read: measure one with roofscape bench --concurrency",
                             like.run.id)};
  }
  like.input_tokens = MeanLength(all.input, like.run.plan.workload.input);
  const auto slots = like.run.engine.find("slots");
  if (slots != like.run.engine.end()) like.slots = std::strtod(slots->second.c_str(), nullptr);
  like.output_tokens = MeanLength(all.output, like.run.plan.workload.output);
  return like;
}

Result<MeasuredLoad> LoadAt(const LikeRun& like, double concurrency) {
  std::vector<double> known;
  for (const MeasuredLoad& load : like.loads) {
    if (load.concurrency == concurrency) return load;
    known.push_back(load.concurrency);
  }
  return Error{ErrorCode::kInvalidArgument,
               fmt::format("--anchor {:g}: run {} measured at concurrency {}: choose one of these",
                           concurrency, like.run.id, fmt::join(known, ", "))};
}

spec::RunResult PredictedRun(const LikeRun& like, std::span<const PredictedPoint> points,
                             const std::string& name, const Clock& clock) {
  spec::RunResult run;
  run.id = NewRunId(clock);
  run.started = clock.Wall();
  run.ended = run.started;
  run.status = spec::RunStatus::kComplete;
  run.way = "predicted";
  run.version = kVersion;
  run.plan = like.run.plan;
  run.plan.deployment.name = name;
  run.plan.labels = like.run.plan.labels;
  run.engine = like.run.engine;
  run.notes = {
      fmt::format("predicted for the loads of run {}; means stand for medians, and no "
                  "other percentile is predicted",
                  like.run.id)};
  const double chips =
      static_cast<double>(spec::ChipCount(run.plan.deployment).value_or(std::int64_t{1}));
  for (const PredictedPoint& predicted : points) {
    spec::PointResult point;
    point.index = static_cast<std::int64_t>(run.points.size());
    point.concurrency = static_cast<std::int64_t>(predicted.concurrency);
    point.protocol = spec::Name(run.plan.load.protocol);
    point.started = run.started;
    point.complete = true;
    point.whole = MetricsOf(like, predicted, chips);
    point.steady = point.whole;
    run.points.push_back(std::move(point));
  }
  return run;
}

Result<> SaveRun(const std::string& db, const spec::RunResult& run) {
  RS_ASSIGN_OR_RETURN(const std::unique_ptr<store::Store> store,
                      store::OpenStore(StorePathToWrite(db), store::OpenMode::kReadWrite));
  RS_RETURN_IF_ERROR(store->BeginRun(run));
  for (const spec::PointResult& point : run.points) {
    RS_ASSIGN_OR_RETURN(const store::PointId id, store->BeginPoint(run.id, point));
    RS_RETURN_IF_ERROR(store->FinishPoint(id, point));
  }
  return store->FinishRun(run.id, run.status, *run.ended, {});
}

}  // namespace roofscape::cli
