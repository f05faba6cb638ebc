#include "point.h"

#include <utility>

#include "base/core/check.h"
#include "base/core/clock.h"

namespace roofscape::bench {

spec::Plan SmallPlan(std::int64_t output_tokens) {
  spec::Plan plan;
  plan.target.api = spec::Api::kCompletions;
  plan.workload.input = {8, 1.0};
  plan.workload.output = {output_tokens, 1.0};
  plan.load.warmup = 0;
  plan.client.cpu_affinity = {0};
  return plan;
}

load::PointRecord MeasurePoint(spec::Plan plan, const net::Url& url, const Level& level) {
  const SystemClock clock;
  load::Dialect dialect;
  dialect.model = "golden";
  dialect.alphabet = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
  plan.target.url = url.Origin();
  load::PointProgress progress;
  load::PointSettings settings;
  settings.concurrency = level.concurrency;
  settings.rate_rps = level.rate_rps;
  settings.expected_e2e = level.expected_e2e;
  settings.progress = &progress;
  auto record = load::RunPoint(plan, url, {}, dialect, settings, clock);
  if (!record) CheckFailed(record.error().message.c_str(), __FILE__, __LINE__);
  return *std::move(record);
}

void RequireSuccess(const load::PointRecord& record) {
  if (record.aborted) CheckFailed(record.aborted->message.c_str(), __FILE__, __LINE__);
  for (const spec::Request& request : record.log.requests) {
    if (request.outcome == spec::Outcome::kOk) continue;
    const std::string message(record.log.StringAt(request.message));
    CheckFailed(message.c_str(), __FILE__, __LINE__);
  }
}

}  // namespace roofscape::bench
