#include "domain/spec/plan.h"

#include <gtest/gtest.h>

#include <functional>
#include <nlohmann/json.hpp>
#include <vector>

#include "base/core/document.h"

namespace roofscape::spec {
namespace {

Plan Example() {
  Plan plan;
  plan.target.url = "http://127.0.0.1:8080";
  plan.target.api = Api::kCompletions;
  plan.target.header_names = {"X-Team"};
  plan.target.extra_body = R"({"top_k":1})";
  plan.deployment.engine = "llama.cpp";
  plan.deployment.chip = "cpu";
  plan.deployment.roles.push_back({});
  plan.deployment.roles[0].tp = 2;
  plan.workload.input = {512, 0.8};
  plan.workload.output = {128, 1.0};
  plan.load.concurrency = {1, 2, 4};
  plan.load.duration_s = 30;
  plan.seed = 42;
  plan.labels = {{"team", "a"}};
  return plan;
}

TEST(PlanTest, ReadsWhatItWrites) {
  const Plan plan = Example();
  const auto document = ParseJson(ToJson(plan).dump(2), "plan.json");
  ASSERT_TRUE(document) << document.error().message;
  const auto read = PlanFromDocument(*document);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(*read, plan);
}

struct BadPlan {
  const char* text;
  const char* message;  // a part of it
};

class BadPlanTest : public testing::TestWithParam<BadPlan> {};

TEST_P(BadPlanTest, IsRefusedWithLineAndField) {
  const auto document = ParseJson(GetParam().text, "p.json");
  ASSERT_TRUE(document) << document.error().message;
  const auto plan = PlanFromDocument(*document);
  ASSERT_FALSE(plan);
  EXPECT_NE(plan.error().message.find(GetParam().message), std::string::npos)
      << plan.error().message;
}

INSTANTIATE_TEST_SUITE_P(
    Cases, BadPlanTest,
    testing::Values(
        BadPlan{R"({"schema_version":1})", "target: is missing"},
        BadPlan{"{\"schema_version\":9,\n\"target\":{\"url\":\"x\"}}", "line 1: schema_version"},
        BadPlan{"{\"schema_version\":1,\n\"target\":{\"url\":\"x\"},\n\"lod\":{}}",
                "line 3: lod: unknown field. Did you mean 'load'?"},
        BadPlan{"{\"schema_version\":1,\"target\":{\"url\":\"x\"},\n"
                "\"load\":{\"concurrency\":[1,\n\"many\"]}}",
                "line 3: load.concurrency[1]: must be an integer, got 'many'"},
        BadPlan{R"({"schema_version":1,"target":{"url":"x"},"load":{"concurrency":[0]}})",
                "concurrency: must lie between 1 and"},
        BadPlan{R"({"schema_version":1,"target":{"url":"x"},"load":{"concurrency":[]}})",
                "concurrency: give at least one"},
        BadPlan{R"({"schema_version":1,"target":{"url":"x","api":"grpc"}})",
                "Use one of: completions, chat"},
        BadPlan{R"({"schema_version":1,"target":{"url":"x"},"workload":{"input":{"tokens":0}}})",
                "workload.input.tokens: must be 1 or more"},
        BadPlan{R"({"schema_version":1,"target":{"url":"x"},"load":{"requests":5,"duration_s":3}})",
                "both say when to stop"},
        BadPlan{R"({"schema_version":1,"target":{"url":"x","extra_body":"[1]"}})",
                "must be a JSON object"}));

TEST(PlanTest, TomlNamesTheLineToo) {
  const auto deployment =
      ParseDeployment("engine = \"vllm\"\n[[roles]]\nname = \"decode\"\nworkers = 0\n", "d.toml");
  ASSERT_FALSE(deployment);
  EXPECT_NE(deployment.error().message.find(
                "d.toml: line 4: roles[0].workers: must lie between 1 and 1000000"),
            std::string::npos)
      << deployment.error().message;
}

TEST(PlanTest, ChipsAreDevicesOfAllRoles) {
  const auto deployment = ParseDeployment(
      "[[roles]]\nname=\"prefill\"\nworkers=2\nchips_per_worker=4\n"
      "[[roles]]\nname=\"decode\"\nworkers=1\nchips_per_worker=8\ntp=8\nep=8\n",
      "d.toml");
  ASSERT_TRUE(deployment) << deployment.error().message;
  EXPECT_EQ(ChipCount(*deployment), 16);
  EXPECT_EQ(ChipCount(Deployment()), std::nullopt);
}

TEST(PlanTest, RequestsAndWarmupFollowTheConcurrency) {
  Load load;
  EXPECT_EQ(RequestsAt(load, 8), 160);
  EXPECT_EQ(WarmupAt(load, 8), 8);
  load.requests = 5;
  load.warmup = 0;
  EXPECT_EQ(RequestsAt(load, 8), 5);
  EXPECT_EQ(WarmupAt(load, 8), 0);
  load.requests.reset();
  load.duration_s = 10;
  EXPECT_EQ(RequestsAt(load, 8), std::nullopt);
}

TEST(PlanTest, ShapeNameShowsASpread) {
  Workload workload;
  workload.input = {512, 0.8};
  workload.output = {64, 1.0};
  EXPECT_EQ(ShapeName(workload), "512*0.8/64");
}

TEST(PlanTest, OpenLoopsAreChecked) {
  struct Case {
    std::function<void(Load&)> change;
    const char* says;
  };
  const auto open = [](Load& load) {
    load.concurrency.clear();
    load.arrivals = Arrivals::kPoisson;
    load.rates_rps = {5};
    load.duration_s = 10;
  };
  Plan good;
  good.target.url = "http://h";
  open(good.load);
  EXPECT_TRUE(Validate(good));
  const std::vector<Case> cases = {
      {[](Load& l) { l.concurrency = {1}; }, "closed loop"},
      {[](Load& l) { l.rates_rps = {0}; }, "above 0"},
      {[](Load& l) { l.rates_rps.clear(); }, "give at least one"},
      {[](Load& l) {
         l.rates_rps = {1e6};
         l.duration_s = 1e5;
       },
       "more than"},
      {[](Load& l) { l.duration_s.reset(); }, "must be given"},
      {[](Load& l) {
         l.duration_s.reset();
         l.requests = 1'000'000'000;
       },
       "at most"},
      {[](Load& l) {
         l.duration_s.reset();
         l.requests = 20;
         l.rates_rps = {1e-9};
       },
       "a year"},
      {[](Load& l) { l.requests_per_slot = 3; }, "closed loop"},
      {[](Load& l) { l.protocol = Protocol::kInferencex; }, "closed loop"},
      {[](Load& l) { l.arrivals = Arrivals::kBurst; }, "leave it out"},
      {[](Load& l) { l.arrivals = Arrivals::kClosed; }, "open loop"},
  };
  for (const Case& c : cases) {
    Plan plan = good;
    c.change(plan.load);
    const Result<> valid = Validate(plan);
    ASSERT_FALSE(valid) << c.says;
    EXPECT_NE(valid.error().message.find(c.says), std::string::npos) << valid.error().message;
  }
}

TEST(PlanTest, InferencexSaysItselfHowMuch) {
  Plan plan;
  plan.target.url = "http://h";
  plan.load.protocol = Protocol::kInferencex;
  plan.load.concurrency = {8};
  EXPECT_TRUE(Validate(plan));
  EXPECT_EQ(RequestsAt(plan.load, 8), 80);
  EXPECT_EQ(WarmupAt(plan.load, 8), 16);
  plan.load.warmup = 0;
  EXPECT_FALSE(Validate(plan));
}

TEST(PlanTest, EachThreadNeedsItsCpu) {
  Plan plan;
  plan.target.url = "http://h";
  plan.client.threads = 2;
  plan.client.cpu_affinity = {3};
  EXPECT_FALSE(Validate(plan));
  plan.client.cpu_affinity = {3, 4};
  EXPECT_TRUE(Validate(plan));
}

}  // namespace
}  // namespace roofscape::spec
