// Plans of sweeps, which people write, and journals of jobs, which a kill may cut anywhere.
// Whatever is read as a plan is expanded; an error must name the source.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/core/check.h"
#include "service/fleet/expand.h"
#include "service/fleet/job.h"
#include "service/fleet/plan.h"

using namespace roofscape;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // Bytes are what the fuzzer gives and text is what is read.
  const std::string_view text(reinterpret_cast<const char*>(data), size);  // NOLINT
  for (const fleet::JournalLine& line : fleet::ParseJournal(text)) {
    const auto again = fleet::ParseJournal(fleet::JournalText(line) + "\n");
    RS_CHECK(again.size() == 1);
  }
  const auto plan = fleet::ParseSweepPlan(text, "plan.toml");
  if (!plan) {
    RS_CHECK(plan.error().message.find("plan.toml") != std::string::npos);
    return 0;
  }
  // Combinations multiply: a short text may ask for more points than memory has.
  std::size_t points = static_cast<std::size_t>(plan->repeats);
  for (const fleet::PlannedLoad& load : plan->loads) {
    points *= load.load.concurrency.size() + load.load.rates_rps.size() + 1;
  }
  for (const fleet::PlannedDeployment& deployment : plan->deployments) {
    for (const auto& [axis, values] : deployment.axes) points *= values.size();
  }
  if (points * plan->workloads.size() > 10'000) return 0;
  const auto expansion = fleet::Expand(*plan, fleet::KnownEngines(), {});
  RS_CHECK(!expansion || !expansion->points.empty());
  return 0;
}
