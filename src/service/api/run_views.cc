#include <algorithm>
#include <charconv>
#include <limits>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/core/text.h"
#include "results/report/bench_command.h"
#include "results/report/point_detail.h"
#include "results/store/run_summary.h"
#include "service/api/queue_api.h"
#include "service/api/store_views.h"

namespace roofscape::api {
namespace {

constexpr std::int64_t kMaxRequests = 20'000;
constexpr std::int64_t kMaxSamples = 100'000;
constexpr double kStaleS = 60;
constexpr std::size_t kRecent = 10;
/// A run without an end that began so long ago was killed.
constexpr std::int64_t kLiveUs = std::int64_t{48} * 3600 * 1'000'000;

Result<store::RunSummary> SummaryOf(StoreAccess& store, const std::string& id) {
  RS_ASSIGN_OR_RETURN(const auto runs, store.Runs({}));
  for (const store::RunSummary& run : runs) {
    if (run.id == id) return run;
  }
  return Error{ErrorCode::kNotFound, fmt::format("no run has the id '{}'", Printable(id, 60))};
}

Json SeriesListJson(const std::vector<store::Series>& series) {
  Json all = Json::array();
  for (const store::Series& one : series) {
    all.push_back({{"metric", one.metric},
                   {"device", one.device},
                   {"source", one.source},
                   {"samples", one.values.size()}});
  }
  return all;
}

Json HistogramJson(const std::optional<report::ChartHistogram>& histogram) {
  if (!histogram) return nullptr;
  return {{"edges_s", histogram->edges_s}, {"counts", histogram->counts}};
}

Json CourseJson(const std::optional<report::ChartCourse>& course) {
  if (!course) return nullptr;
  return {{"start_s", course->start_s}, {"step_s", course->step_s}, {"values", course->values}};
}

Json SecondsJson(std::int64_t ns) {
  return ns == spec::kNoStamp ? Json(nullptr) : Json(static_cast<double>(ns) * 1e-9);
}

Json CountJson(std::int64_t count) { return count < 0 ? Json(nullptr) : Json(count); }

/// The first event that carries a generated token.
std::int64_t FirstTokenNs(const spec::RequestLog& log, const spec::Request& request) {
  for (const spec::Event& event : log.EventsOf(request)) {
    if (spec::CarriesTokens(event.kind)) return event.time_ns;
  }
  return spec::kNoStamp;
}

/// Requests by intended time, every n-th where they are too many.
Json RequestsJson(const spec::RequestLog& log, std::size_t most) {
  std::vector<const spec::Request*> order;
  for (const spec::Request& request : log.requests) order.push_back(&request);
  std::stable_sort(order.begin(), order.end(),
                   [](const auto* a, const auto* b) { return a->intended_ns < b->intended_ns; });
  const std::size_t step = std::max<std::size_t>(1, (order.size() + most - 1) / most);
  Json columns = {{"total", order.size()}, {"left_out", 0}};
  for (const char* name : {"id", "intended_s", "sent_s", "first_token_s", "end_s", "outcome",
                           "input_tokens", "output_tokens", "warmup"}) {
    columns[name] = Json::array();
  }
  for (std::size_t i = 0; i < order.size(); i += step) {
    const spec::Request& r = *order[i];
    columns["id"].push_back(r.id);
    columns["intended_s"].push_back(SecondsJson(r.intended_ns));
    columns["sent_s"].push_back(SecondsJson(r.sent_ns));
    columns["first_token_s"].push_back(SecondsJson(FirstTokenNs(log, r)));
    columns["end_s"].push_back(SecondsJson(r.end_ns));
    columns["outcome"].push_back(spec::Name(r.outcome));
    columns["input_tokens"].push_back(CountJson(r.input_tokens));
    columns["output_tokens"].push_back(CountJson(r.output_tokens));
    columns["warmup"].push_back(r.phase == spec::Phase::kWarmup);
  }
  columns["left_out"] = order.size() - columns["id"].size();
  return columns;
}

}  // namespace

Json RunSummaryJson(const store::RunSummary& run) {
  Json json = {{"id", run.id}, {"state", store::StateOf(run)}};
  json.update(store::SummaryFacts(run));
  return json;
}

Result<Json> RunsView(const ViewInput& input, StoreAccess& store, const Params& params) {
  RS_ASSIGN_OR_RETURN(const auto limit, params.Integer("limit", 1, 500));
  RS_ASSIGN_OR_RETURN(const auto offset, params.Integer("offset", 0, 1'000'000'000));
  store::RunFilter filter;
  const auto text = [&](const char* name) {
    const std::string_view value = params.One(name);
    return value.empty() ? std::optional<std::string>() : std::optional(std::string(value));
  };
  filter.model = text("model");
  filter.engine = text("engine");
  filter.chip = text("chip");
  RS_ASSIGN_OR_RETURN(const auto runs, store.Runs(filter));
  const auto begin = std::min(static_cast<std::size_t>(offset.value_or(0)), runs.size());
  const auto end = std::min(begin + static_cast<std::size_t>(limit.value_or(50)), runs.size());
  Json all = Json::array();
  for (std::size_t i = begin; i < end; ++i) all.push_back(RunSummaryJson(runs[i]));
  return Json{{"generation", input.snapshot->generation()},
              {"total", runs.size()},
              {"offset", begin},
              {"runs", std::move(all)}};
}

Result<Json> RunView(const ViewInput& input, StoreAccess& store, std::string_view id) {
  RS_ASSIGN_OR_RETURN(const spec::RunResult run, store.LoadRun(id));
  RS_ASSIGN_OR_RETURN(const store::RunSummary summary, SummaryOf(store, run.id));
  RS_ASSIGN_OR_RETURN(const auto series, store.LoadSeries(run.id));
  const Json whole = spec::ToJson(run);
  Json ids = Json::array();
  for (const spec::PointResult& point : run.points) ids.push_back(OwnRowId(run.id, point.index));
  return Json{{"generation", input.snapshot->generation()},
              {"summary", RunSummaryJson(summary)},
              {"command", report::BenchCommand(run.plan)},
              {"plan", spec::ToJson(run.plan)},
              {"host", Json(run.host)},
              {"engine", Json(run.engine)},
              {"notes", run.notes},
              {"points", whole.value("points", Json::array())},
              {"row_ids", std::move(ids)},
              {"repeats", whole.value("repeats", Json::array())},
              {"series", SeriesListJson(series)}};
}

Result<Json> RunPointView(const ViewInput& input, StoreAccess& store, std::string_view id,
                          std::string_view point_text, const Params& params) {
  RS_ASSIGN_OR_RETURN(const auto most, params.Integer("requests", 1, kMaxRequests));
  std::int64_t index = -1;
  const auto end = point_text.data() + point_text.size();
  const auto [at, error] = std::from_chars(point_text.data(), end, index);
  RS_ASSIGN_OR_RETURN(const spec::RunResult run, store.LoadRun(id));
  const auto point = std::find_if(run.points.begin(), run.points.end(),
                                  [&](const spec::PointResult& one) { return one.index == index; });
  if (error != std::errc() || at != end || point == run.points.end()) {
    return Error{ErrorCode::kNotFound,
                 fmt::format("run {} has no point '{}', but {} of them", run.id,
                             Printable(point_text, 30), run.points.size())};
  }
  RS_ASSIGN_OR_RETURN(const spec::RequestLog log, store.LoadLog({run.id, index}));
  const report::PointDetail detail = report::DetailOf(log, *point);
  Json window = nullptr;
  if (const spec::PointMetrics* metrics = point->Primary()) {
    window = {{"begin_s", static_cast<double>(metrics->window.begin_ns) * 1e-9},
              {"end_s", static_cast<double>(metrics->window.end_ns) * 1e-9}};
  }
  return Json{{"generation", input.snapshot->generation()},
              {"run", run.id},
              {"point", index},
              {"load", spec::LoadName(*point)},
              {"histograms",
               {{"ttft", HistogramJson(detail.ttft)},
                {"itl", HistogramJson(detail.itl)},
                {"e2e", HistogramJson(detail.e2e)}}},
              {"courses",
               {{"output_tps", CourseJson(detail.output_tps)},
                {"in_flight", CourseJson(detail.in_flight)}}},
              {"window", std::move(window)},
              {"requests", RequestsJson(log, static_cast<std::size_t>(most.value_or(2000)))}};
}

Result<Json> RunSeriesView(const ViewInput& input, StoreAccess& store, std::string_view id,
                           const Params& params) {
  RS_ASSIGN_OR_RETURN(const auto most, params.Integer("samples", 1, kMaxSamples));
  RS_ASSIGN_OR_RETURN(const spec::RunResult run, store.LoadRun(id));
  RS_ASSIGN_OR_RETURN(const auto series, store.LoadSeries(run.id));
  Json all = Json::array();
  for (const store::Series& one : series) {
    const auto room = static_cast<std::size_t>(most.value_or(2000));
    const std::size_t step = std::max<std::size_t>(1, (one.values.size() + room - 1) / room);
    Json offsets = Json::array();
    Json values = Json::array();
    for (std::size_t i = 0; i < one.values.size(); i += step) {
      offsets.push_back(static_cast<double>(one.offsets_us[i]) * 1e-6);
      values.push_back(NumberJson(one.values[i]));
    }
    all.push_back({{"metric", one.metric},
                   {"device", one.device},
                   {"source", one.source},
                   {"begin", one.begin.ToIso()},
                   {"left_out", one.values.size() - offsets.size()},
                   {"offsets_s", std::move(offsets)},
                   {"values", std::move(values)}});
  }
  return Json{
      {"generation", input.snapshot->generation()}, {"run", run.id}, {"series", std::move(all)}};
}

namespace {

/// What a run in progress has written so far. `last_us` becomes the time of its last event.
Result<Json> LivePointsJson(StoreAccess& store, const store::RunSummary& summary,
                            std::int64_t& last_us) {
  RS_ASSIGN_OR_RETURN(const spec::RunResult run, store.LoadRun(summary.id));
  Json points = Json::array();
  for (const spec::PointResult& point : run.points) {
    std::int64_t requests = point.whole.requests;
    last_us = std::max(last_us, point.started.unix_us);
    if (!point.complete) {
      RS_ASSIGN_OR_RETURN(const spec::RequestLog log, store.LoadLog({run.id, point.index}));
      requests = static_cast<std::int64_t>(log.requests.size());
      for (const spec::Request& request : log.requests) {
        if (request.end_ns == spec::kNoStamp) continue;
        last_us = std::max(last_us, point.started.unix_us + request.end_ns / 1000);
      }
    }
    points.push_back({{"point", point.index},
                      {"load", spec::LoadName(point)},
                      {"state", point.complete ? "done" : "running"},
                      {"requests", requests}});
  }
  return points;
}

}  // namespace

Result<Json> LiveView(const ViewInput& input, StoreAccess& store) {
  RS_ASSIGN_OR_RETURN(const auto runs, store.Runs({.limit = 200}));
  Json live = Json::array();
  Json recent = Json::array();
  for (const store::RunSummary& run : runs) {
    if (run.ended) {
      if (recent.size() < kRecent) recent.push_back(RunSummaryJson(run));
      continue;
    }
    if (input.now.unix_us - run.started.unix_us > kLiveUs) continue;
    std::int64_t last_us = run.started.unix_us;
    RS_ASSIGN_OR_RETURN(Json points, LivePointsJson(store, run, last_us));
    const auto seconds = [&](std::int64_t us) {
      return static_cast<double>(input.now.unix_us - us) * 1e-6;
    };
    live.push_back({{"run", RunSummaryJson(run)},
                    {"began_s", seconds(run.started.unix_us)},
                    {"stale", seconds(last_us) > kStaleS},
                    {"points", std::move(points)}});
  }
  RS_ASSIGN_OR_RETURN(const std::int64_t fleet, store.fleet().Mark());
  return Json{{"generation", input.snapshot->generation()},
              {"now", input.now.ToIso()},
              {"fleet", fleet},
              {"queue", QueueJson(input, runs)},
              {"runs", std::move(live)},
              {"recent", std::move(recent)}};
}

}  // namespace roofscape::api
