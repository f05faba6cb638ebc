#include "results/store/test_data.h"

#include <cstdlib>
#include <filesystem>
#include <string>
#include <system_error>

#include "base/core/check.h"

namespace roofscape::store {
namespace {

spec::PointMetrics SomeMetrics(Rng& rng) {
  spec::PointMetrics metrics;
  metrics.window = {1'000, 1'000'000'000 + static_cast<std::int64_t>(rng.Below(1'000'000))};
  metrics.requests = 20 + static_cast<std::int64_t>(rng.Below(100));
  metrics.successes = metrics.requests;
  metrics.output_tokens = 1'000 + static_cast<std::int64_t>(rng.Below(100'000));
  metrics.output_tps = rng.Uniform() * 1'000.0;
  metrics.total_tps = rng.Uniform() * 5'000.0;
  metrics.ttft_s.count = metrics.successes;
  metrics.ttft_s.p50 = rng.Uniform();
  metrics.ttft_s.p99 = rng.Uniform();
  return metrics;
}

spec::Request SomeRequest(Rng& rng, std::int64_t id, spec::RequestLog& log) {
  spec::Request request;
  request.id = id;
  request.slot = id % 4;
  request.intended_ns = id * 1'000'000;
  request.sent_ns = request.intended_ns + static_cast<std::int64_t>(rng.Below(100'000));
  request.http_status = 200;
  request.first_event = static_cast<std::int64_t>(log.events.size());
  request.event_count = static_cast<std::int64_t>(rng.Below(30));
  std::int64_t now = request.sent_ns;
  for (std::int64_t i = 0; i < request.event_count; ++i) {
    now += static_cast<std::int64_t>(rng.Below(10'000'000));
    log.events.push_back({.time_ns = now,
                          .uncertainty_ns = static_cast<std::uint32_t>(rng.Below(1'000)),
                          .read = static_cast<std::uint32_t>(i),
                          .chars = 4,
                          .tokens = 1,
                          .kind = spec::EventKind::kAnswer});
  }
  request.end_ns = now;
  if (rng.Below(10) == 0) {
    request.outcome = spec::Outcome::kReset;
    request.message = static_cast<std::int64_t>(log.strings.size());
    log.strings.push_back("connection reset after " + std::to_string(rng.Below(100)) + " bytes");
  }
  return request;
}

}  // namespace

spec::RunResult SomeRun(const std::string& id, std::vector<std::int64_t> concurrencies) {
  spec::RunResult run;
  run.id = id;
  run.started = WallTime{1'764'000'000'000'000};
  run.version = "0.1.0";
  run.plan.target.url = "http://127.0.0.1:8080";
  run.plan.deployment.model = "tiny-llama";
  run.plan.deployment.engine = "llama.cpp";
  run.plan.deployment.chip = "cpu";
  run.plan.deployment.roles = {spec::Role{}};
  run.plan.load.concurrency = std::move(concurrencies);
  run.plan.seed = 42;
  run.plan.labels = {{"site", "lab"}, {"trial", "1"}};
  run.host = {{"cpu", "a processor"}, {"kernel", "6.1"}};
  run.engine = {{"name", "llama.cpp"}, {"version", "b1"}};
  run.notes = {"a warning from the start"};
  return run;
}

spec::PointResult SomePoint(std::int64_t index, std::uint64_t seed) {
  Rng rng(seed);
  spec::PointResult point;
  point.index = index;
  point.concurrency = std::int64_t{1} << index;
  point.started = WallTime{1'764'000'000'000'000 + index * 1'000'000};
  point.complete = true;
  point.steady = SomeMetrics(rng);
  point.whole = SomeMetrics(rng);
  point.failures_by_kind = {{"reset", static_cast<std::int64_t>(rng.Below(5))}};
  point.audit.loop_busy_fraction = rng.Uniform();
  point.verdict.server_reasons = {"1 request failed: reset"};
  return point;
}

spec::RequestLog SomeLog(std::uint64_t seed, std::int64_t requests) {
  Rng rng(seed);
  spec::RequestLog log;
  for (std::int64_t id = 0; id < requests; ++id) {
    log.requests.push_back(SomeRequest(rng, id, log));
  }
  return log;
}

TemporaryFolder::TemporaryFolder() {
  std::string pattern = std::filesystem::temp_directory_path() / "roofscape-store-XXXXXX";
  RS_CHECK(mkdtemp(pattern.data()) != nullptr);
  path_ = pattern;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace roofscape::store
