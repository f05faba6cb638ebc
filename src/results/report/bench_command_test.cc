#include "results/report/bench_command.h"

#include <gtest/gtest.h>

namespace roofscape::report {
namespace {

TEST(BenchCommandTest, ShellQuoteCases) {
  EXPECT_EQ(ShellQuote("http://127.0.0.1:8080"), "http://127.0.0.1:8080");
  EXPECT_EQ(ShellQuote(""), "''");
  EXPECT_EQ(ShellQuote("a b"), "'a b'");
  EXPECT_EQ(ShellQuote("it's"), "'it'\\''s'");
  EXPECT_EQ(ShellQuote("$(rm -rf /)"), "'$(rm -rf /)'");
}

TEST(BenchCommandTest, SaysEverythingThatIsNotADefault) {
  spec::Plan plan;
  plan.target.url = "http://h:1";
  plan.target.api = spec::Api::kCompletions;
  plan.target.model = "my model";
  plan.target.header_names = {"X-Team"};
  plan.target.extra_body = R"({"top_k":1})";
  plan.workload.input = {512, 0.8};
  plan.workload.output = {128, 0.8};
  plan.load.concurrency = {1, 8};
  plan.load.requests = 100;
  plan.load.warmup = 4;
  plan.load.repeat = 3;
  plan.seed = 42;
  plan.deployment.chip = "h200";
  plan.deployment.roles.emplace_back().chips_per_worker = 8;
  plan.labels = {{"team", "a b"}};
  EXPECT_EQ(BenchCommand(plan),
            "roofscape bench http://h:1 \\\n"
            "  --api completions --model 'my model' --header 'X-Team: ...' "
            "--extra-body '{\"top_k\":1}' \\\n"
            "  --input-tokens 512 --output-tokens 128 --length-spread 0.8 \\\n"
            "  --concurrency 1,8 --requests 100 --warmup 4 --repeat 3 --seed 42 \\\n"
            "  --chip h200 --chips 8 \\\n"
            "  --label 'team=a b'");
}

TEST(BenchCommandTest, SwitchesLimitsAndDeploymentsThatFlagsCannotSay) {
  spec::Plan plan;
  plan.target.url = "http://h:1";
  plan.workload.ignore_eos = false;
  plan.workload.prompt_cache = true;
  plan.workload.prompt_form = spec::PromptForm::kText;
  plan.load.requests_per_slot = 30;
  plan.load.duration_s = 2.5;
  plan.timeouts.idle_s = 7;
  plan.keep_text = true;
  plan.deployment.precision = "fp8";
  EXPECT_EQ(BenchCommand(plan),
            "roofscape bench http://h:1 \\\n"
            "  --api chat \\\n"
            "  --input-tokens 1024 --output-tokens 1024 --prompt-form text --may-stop-early "
            "--prompt-cache \\\n"
            "  --concurrency 1 --duration 2.5 --requests-per-slot 30 --seed 1 \\\n"
            "  --deployment deployment.json \\\n"
            "  --idle-timeout 7 --keep-text");
}

}  // namespace
}  // namespace roofscape::report
