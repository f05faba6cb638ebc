// What plans are read as, and what is said of those that make no sense.

#include "service/fleet/plan.h"

#include <gtest/gtest.h>

#include "service/fleet/test_plans.h"

namespace roofscape::fleet {
namespace {

TEST(SweepPlanTest, ReadsAllPartsAndFillsFromPresets) {
  const SweepPlan plan = MustParse(kSmallPlan);
  EXPECT_EQ(plan.name, "small");
  ASSERT_EQ(plan.deployments.size(), 2U);
  EXPECT_EQ(plan.deployments[0].deployment.chip, "chip-a");
  EXPECT_EQ(plan.deployments[0].launch.start_timeout_s, 5);
  EXPECT_EQ(plan.deployments[0].launch.command, "serve --port {port} --slots {slots}");
  EXPECT_EQ(plan.deployments[0].axes.at("slots"), (std::vector<std::string>{"1", "2"}));
  EXPECT_EQ(plan.deployments[1].launch.start_timeout_s, 1800);
  EXPECT_EQ(plan.loads[0].load.concurrency, (std::vector<std::int64_t>{4, 1}));
}

TEST(SweepPlanTest, OpenLoopsNeedNoConcurrency) {
  const SweepPlan plan = MustParse(
      Replaced(kSmallPlan, "concurrency = [4, 1]", "arrivals = \"poisson\"\nrates_rps = [2, 4]"));
  EXPECT_TRUE(plan.loads[0].load.concurrency.empty());
  EXPECT_EQ(plan.loads[0].load.rates_rps.size(), 2U);
}

struct Bad {
  const char* what;
  const char* by;
  const char* message;  // A part of what is said.
};

class BadPlanTest : public testing::TestWithParam<Bad> {};

TEST_P(BadPlanTest, IsRefusedWithPlaceAndCure) {
  const auto plan =
      ParseSweepPlan(Replaced(kSmallPlan, GetParam().what, GetParam().by), "plan.toml");
  ASSERT_FALSE(plan);
  EXPECT_EQ(plan.error().code, ErrorCode::kInvalidArgument);
  EXPECT_NE(plan.error().message.find(GetParam().message), std::string::npos)
      << plan.error().message;
}

INSTANTIATE_TEST_SUITE_P(
    Plans, BadPlanTest,
    testing::Values(
        Bad{"schema_version = 1", "schema_version = 9",
            "plan.toml: line 1: schema_version: is 9, this Roofscape reads 1: update"},
        Bad{"repeats = 2", "repeats = 0", "line 4: repeats: must lie between 1 and 1000"},
        Bad{"repeats = 2", "repeets = 2", "repeets"},
        Bad{"[[workload]]", "[telemetry]\ninterval_s = 9\n[[workload]]", "between 0.02 and 3"},
        Bad{"[[workload]]", "[telemetry]\nmetrics = {a = \"b\"}\n[[workload]]", "'b' is no metric"},
        Bad{"[[workload]]", "[environment]\ndrift = \"mend\"\n[[workload]]", "drift"},
        Bad{"[[workload]]", "[executor]\ntolerations = {}\n[[workload]]",
            "tolerations: must be a list"},
        Bad{"[[workload]]", "[executor]\nmanifest = 3\n[[workload]]", "manifest: must be a table"},
        Bad{"name = \"small\"", "name = \"\"", "name: must not be empty"},
        Bad{"preset = \"one\"", "preset = \"on\"",
            "line 13: deployment[0].preset: 'on' is no preset of this plan. Did you mean 'one'?"},
        Bad{"name = \"b\"", "name = \"a\"", "deployment[1].name: 'a' stands twice"},
        Bad{"command = \"other --port {port}\"", "health = \"ready\"", "must be a path"},
        Bad{"command = \"other --port {port}\"", "", "give launch.command, or an engine"},
        Bad{"command = \"other --port {port}\"", "command = \"x {port}\"\nimage = \"i\"",
            "image: and runtime belong together"},
        Bad{"command = \"other --port {port}\"",
            "command = \"x {port}\"\nimage = \"i\"\nruntime = \"podmn\"",
            "runtime: 'podmn' is unknown. Did you mean 'podman'?"},
        Bad{"requests = 10", "workloads = [\"chta\"]",
            "load[0].workloads: 'chta' is in no [[workload]]. Did you mean 'chat'?"},
        Bad{"concurrency = [4, 1]", "concurrency = [0]", "must lie between 1 and"},
        Bad{"requests = 10", "repeat = 3", "load[0].repeat: stands once"},
        Bad{"requests = 10", "requests = 1", "requests: 1 are too few for concurrency"},
        Bad{"requests = 10", "[[exclude]]\nsolts = 1",
            "exclude[0].solts: is neither an axis nor anything else a point has. Did you mean "
            "'slots'?"},
        Bad{"requests = 10", "[budget]\nusd = -1", "budget.usd: must be above 0"},
        Bad{"requests = 10", "[executor]\nkind = \"slrum\"",
            "executor.kind: 'slrum' is unknown. Did you mean 'slurm'?"},
        Bad{"requests = 10", "[retries]\nmemroy = 1", "retries.memroy"},
        Bad{"requests = 10", "[request]\napi = \"grpc\"", "request.api: api 'grpc' is unknown"}));

}  // namespace
}  // namespace roofscape::fleet
