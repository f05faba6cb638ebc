// Writes a database with two runs of a make-believe server, for tests of the commands that read it:
// report_fixture DATABASE [HOSTILE [fleet]]. The request logs are made from a seed by a closed loop
// in which each token takes longer the more users there are; all metrics are computed from them.
// HOSTILE is put wherever a server or a user chooses a text. With `fleet` the first run is of a
// campaign of `sweep`, and a daemon looks after entries (fleet_fixture.h).

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

#include "base/core/rng.h"
#include "domain/metrics/point_analysis.h"
#include "fleet_fixture.h"
#include "results/store/store.h"

namespace roofscape {
namespace {

constexpr std::int64_t kRequestsPerSlot = 25;

struct Shape {
  std::int64_t input = 0;
  std::int64_t output = 0;
};

/// One user's requests, one after the other.
void AppendSlot(const Shape& shape, std::int64_t concurrency, std::int64_t slot, Rng rng,
                spec::RequestLog& log) {
  const double users = static_cast<double>(concurrency);
  const double ttft_ns = 2e4 * static_cast<double>(shape.input) * (0.5 + 0.5 * users);
  const double tpot_ns = 2e6 * (1 + 0.16 * users);
  std::int64_t now = slot * 3'000'000;
  for (std::int64_t i = 0; i < kRequestsPerSlot; ++i) {
    spec::Request request;
    request.id = i * concurrency + slot;
    request.slot = slot;
    request.http_status = 200;
    request.intended_ns = now;
    request.sent_ns = now + 20'000;
    request.input_tokens = request.input_tokens_asked = shape.input;
    request.output_tokens = request.output_tokens_asked = shape.output;
    request.cached_tokens = 0;
    request.token_source = spec::TokenSource::kFinalUsage;
    request.first_event = static_cast<std::int64_t>(log.events.size());
    now += static_cast<std::int64_t>(ttft_ns * std::exp(0.25 * rng.Normal()));
    for (std::int64_t token = 0; token < shape.output; ++token) {
      if (token > 0) now += static_cast<std::int64_t>(tpot_ns * std::exp(0.2 * rng.Normal()));
      spec::Event event;
      event.time_ns = now;
      event.tokens = 1;
      event.chars = 4;
      event.read = static_cast<std::uint32_t>(token);
      log.events.push_back(event);
    }
    request.event_count = shape.output;
    request.end_ns = now;
    log.requests.push_back(request);
  }
}

spec::RequestLog MakeLog(const Shape& shape, std::int64_t concurrency) {
  spec::RequestLog log;
  const Rng rng(static_cast<std::uint64_t>(shape.input + concurrency));
  for (std::int64_t slot = 0; slot < concurrency; ++slot) {
    AppendSlot(shape, concurrency, slot, rng.Fork(static_cast<std::uint64_t>(slot)), log);
  }
  return log;
}

spec::RunResult MakeRun(const std::string& id, const Shape& shape, const std::string& hostile) {
  spec::RunResult run;
  run.id = id;
  run.started = {1'795'460'542'000'000};
  run.version = "0.1.0";
  run.plan.target.url = "http://127.0.0.1:8080";
  run.plan.target.api = spec::Api::kCompletions;
  run.plan.target.model = "make-believe" + hostile;
  run.plan.workload.input.tokens = shape.input;
  run.plan.workload.output.tokens = shape.output;
  run.plan.load.concurrency = {1, 2, 4, 8, 16};
  run.plan.load.requests_per_slot = kRequestsPerSlot;
  run.plan.labels = {{"site", "lab" + hostile}};
  run.plan.deployment.chip = "toy" + hostile;
  run.plan.deployment.roles.emplace_back().chips_per_worker = 2;
  run.host = {{"cpu", "Make-believe CPU" + hostile}, {"cpus", "2"}, {"memory_bytes", "8325365760"}};
  run.engine = {{"name", "fixture" + hostile}, {"version", "1"}};
  if (!hostile.empty()) run.notes = {hostile};
  return run;
}

Result<> AddPoint(store::Store& store, const spec::RunResult& run, const Shape& shape,
                  std::size_t index, const std::string& hostile) {
  spec::PointResult point;
  point.index = static_cast<std::int64_t>(index);
  point.concurrency = run.plan.load.concurrency[index];
  point.started = run.started;
  RS_ASSIGN_OR_RETURN(const store::PointId id, store.BeginPoint(run.id, point));
  const spec::RequestLog log = MakeLog(shape, point.concurrency);
  RS_RETURN_IF_ERROR(store.AppendLog(id, log));
  metrics::PointContext context;
  context.concurrency = point.concurrency;
  context.chips = 2;
  context.audit.loop_busy_fraction = 0.02;
  context.audit.coalesced_fraction = 0.0;
  context.audit.scheduled_requests = context.audit.sent_requests =
      static_cast<std::int64_t>(log.requests.size());
  metrics::PointAnalysis analysis = metrics::Analyze(log, context);
  point.complete = true;
  point.steady = analysis.steady;
  point.whole = analysis.whole;
  point.audit = context.audit;
  point.verdict = analysis.verdict;
  if (!hostile.empty()) point.verdict.server_reasons.push_back(hostile);
  return store.FinishPoint(id, point);
}

Result<> Write(const std::string& path, const std::string& hostile, bool fleet) {
  RS_ASSIGN_OR_RETURN(const auto store, store::OpenStore(path, store::OpenMode::kReadWrite));
  const std::vector<Shape> shapes = {{512, 64}, {2048, 32}};
  for (std::size_t s = 0; s < shapes.size(); ++s) {
    const std::string id = s == 0 ? "20261123-190222-aaaaaa" : "20261123-190358-bbbbbb";
    spec::RunResult run = MakeRun(id, shapes[s], hostile);
    if (fleet && s == 0) {
      RS_RETURN_IF_ERROR(WriteFleet(path, id, hostile));
      run.plan.labels["campaign"] = LabelsOfFleet().campaign;
      run.plan.labels["recipe"] = LabelsOfFleet().recipe;
    }
    RS_RETURN_IF_ERROR(store->BeginRun(run));
    for (std::size_t i = 0; i < run.plan.load.concurrency.size(); ++i) {
      RS_RETURN_IF_ERROR(AddPoint(*store, run, shapes[s], i, hostile));
    }
    const WallTime ended{run.started.unix_us + 96'000'000};
    RS_RETURN_IF_ERROR(store->FinishRun(id, spec::RunStatus::kComplete, ended, {}));
  }
  return {};
}

}  // namespace
}  // namespace roofscape

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: report_fixture DATABASE [HOSTILE [fleet]]\n");
    return 2;
  }
  const auto written = roofscape::Write(argv[1], argc > 2 ? argv[2] : "", argc > 3);
  if (!written) std::fprintf(stderr, "%s\n", written.error().message.c_str());
  return written ? 0 : 1;
}
