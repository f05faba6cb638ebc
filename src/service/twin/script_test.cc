#include "service/twin/script.h"

#include <gtest/gtest.h>

namespace roofscape::twin {
namespace {

TEST(ScriptTest, EmptyIsTheUsual) {
  const auto script = ParseScript("", "s.toml");
  ASSERT_TRUE(script) << script.error().message;
  EXPECT_EQ(*script, Script());
}

TEST(ScriptTest, ReadsEverything) {
  const auto script = ParseScript(R"(
model = "m"
seed = 9
ttft_ms = {uniform = [20, 30]}
gap_ms = {lognormal = [10, 0.5]}
tokens_per_event = {cycle = [1, 2, 3]}
reasoning_tokens = 4
output_tokens = 12
events_per_write = 2
split_bytes = [3, 17]
split_gap_ms = 0.5
hold_back = 5
comment_every_ms = 100
role = "null"
finish = "separate"
usage = "every_chunk"
text = "escapes"
token_ids = true
head_early = false
done = false
dialect = "sglang"
line_end = "crlf"
data_space = false
event_name = true
incremental = true
tool_call = true
cached_tokens = 3
refuses = ["min_tokens", "ignore_eos"]
stall_after = 3
stall_ms = 50
[[exception]]
every = 10
reset_after = 2
[[exception]]
share = 0.25
error_status = 503
data_space = true
[[freeze]]
from_s = 1.0
to_s = 2.0
)",
                                  "s.toml");
  ASSERT_TRUE(script) << script.error().message;
  const Behaviour& b = script->usual;
  EXPECT_EQ(b.ttft_ms.kind, Draw::Kind::kUniform);
  EXPECT_EQ(b.gap_ms.high, 0.5);
  EXPECT_EQ(b.tokens_per_event.values.size(), 3u);
  EXPECT_EQ(b.split_bytes, (std::vector<std::int64_t>{3, 17}));
  EXPECT_EQ(b.role, RoleStyle::kNull);
  EXPECT_EQ(b.usage, UsageStyle::kEveryChunk);
  EXPECT_EQ(script->dialect, DialectName::kSglang);
  EXPECT_EQ(b.line_end, LineEnd::kCrLf);
  EXPECT_EQ(b.data_space, false);
  EXPECT_EQ(b.event_name, true);
  EXPECT_EQ(b.done, false);
  EXPECT_TRUE(b.incremental && b.tool_call);
  EXPECT_EQ(b.cached_tokens, 3);
  EXPECT_EQ(b.refuses, (std::vector<std::string>{"min_tokens", "ignore_eos"}));
  ASSERT_EQ(script->exceptions.size(), 2u);
  // What an exception does not say is as usual.
  EXPECT_EQ(script->exceptions[0].behaviour.hold_back, 5);
  EXPECT_EQ(script->exceptions[0].behaviour.reset_after, 2);
  EXPECT_EQ(script->exceptions[1].behaviour.error_status, 503);
  EXPECT_EQ(script->exceptions[1].behaviour.data_space, true);
  EXPECT_EQ(script->exceptions[1].behaviour.line_end, LineEnd::kCrLf);
  EXPECT_EQ(script->freezes.size(), 1u);
  EXPECT_EQ(ParseScript(R"({"ttft_ms": 5, "role": "none"})", "s.json")->usual.role,
            RoleStyle::kNone);
}

TEST(ScriptTest, AnExceptionEndsInItsOwnWay) {
  const auto script = ParseScript(
      "error_after = 5\nstall_after = 1\nstall_ms = 9\n[[exception]]\nevery = 2\n"
      "reset_after = 3\nstall_ms = 0",
      "s.toml");
  ASSERT_TRUE(script) << script.error().message;
  const Behaviour& b = script->exceptions[0].behaviour;
  EXPECT_EQ(b.reset_after, 3);
  EXPECT_EQ(b.error_after, std::nullopt);
  EXPECT_EQ(b.stall_ms, 0);
}

TEST(ScriptTest, WrongScriptsNameTheFieldAndTheCure) {
  struct Case {
    const char* text;
    const char* says;
  };
  for (const Case& c :
       {Case{"ttft = 5", "ttft"},
        Case{"ttft_ms = -1", "must lie between"},
        Case{"ttft_ms = {uniform = [5]}", "uniform = [low, high]"},
        Case{"ttft_ms = {uniform = [5, 2]}", "second number"},
        Case{"gap_ms = {lognormal = [10, nan]}", "sigma between 0 and 5"},
        Case{"gap_ms = {lognormal = [10, 500]}", "sigma between 0 and 5"},
        Case{"gap_ms = {lognormal = [10, -1]}", "sigma between 0 and 5"},
        Case{"gap_ms = {lognormal = [0, 1]}", "median must be above 0"},
        Case{"gap_ms = \"x\"", "must be a number"},
        Case{"tokens_per_event = 0", "must lie between 1"},
        Case{"ttft_ms = {uniform = [1, 2], cycle = [100]}", "drawn in two ways"},
        Case{"stall_after = 3", "give both"},
        Case{"stall_ms = 3", "give both"},
        Case{"error_after = 1\nclose_after = 2", "each end the answer"},
        Case{"tokens_per_event = 1.5", "1.5 is no number of tokens"},
        Case{"reasoning_tokens = {cycle = [1, 2.5]}", "2.5 is no number of tokens"},
        Case{"model = \"\"", "must not be empty"},
        Case{"[[exception]]\nevery = 2\ndialect = \"vllm\"", "belongs to the whole server"},
        Case{"[[exception]]\nevery = 2\nread_bytes = 5", "belongs to the whole server"},
        Case{"role = \"loud\"", "none, empty, null"},
        Case{"dialect = \"ollama\"", "vllm, sglang"},
        Case{"line_end = \"nl\"", "lf, crlf, cr"},
        Case{"data_space = 1", "data_space"},
        Case{"cached_tokens = -1", "must lie between"},
        Case{"split_bytes = [5, 3]", "rising order"},
        Case{"error_status = 200", "from 400 to 599"},
        Case{"[[exception]]\nreset_after = 1", "either share"},
        Case{"[[exception]]\nshare = 2.0", "between 0 and 1"},
        Case{"[[freeze]]\nfrom_s = 2.0\nto_s = 1.0", "more than from_s"},
        Case{"ttft_ms = nan", "must lie between"},
        Case{"x = [", "s.toml"}}) {
    const auto script = ParseScript(c.text, "s.toml");
    ASSERT_FALSE(script) << c.text;
    EXPECT_NE(script.error().message.find(c.says), std::string::npos) << script.error().message;
  }
}

TEST(ScriptTest, ExceptionsPickByArrivalAndByHash) {
  Script script;
  script.exceptions.push_back({0, 4, {}});
  script.exceptions.push_back({0.25, 0, {}});
  int shared = 0;
  for (int i = 0; i < 4000; ++i) {
    const std::uint64_t hash = HashOf("id-" + std::to_string(i));
    const Behaviour* b = &BehaviourOf(script, hash, i);
    EXPECT_EQ(b == &script.exceptions[0].behaviour, i % 4 == 3);
    if (b == &script.exceptions[1].behaviour) ++shared;
    // The same id is picked whenever it comes, if its arrival is not.
    if (i % 4 != 3) {
      EXPECT_EQ(b, &BehaviourOf(script, hash, i + 4));
    }
  }
  EXPECT_NEAR(shared, 750, 90);
}

TEST(DrawTest, DrawsWhatItSays) {
  Rng rng(5);
  const Draw cycle{Draw::Kind::kCycle, 1, 3, {1, 2, 3}};
  EXPECT_EQ(cycle.Next(rng, 0), 1);
  EXPECT_EQ(cycle.Next(rng, 4), 2);
  const Draw uniform{Draw::Kind::kUniform, 10, 20, {}};
  const Draw lognormal{Draw::Kind::kLognormal, 10, 0.5, {}};
  double sum = 0;
  int below = 0;
  for (int i = 0; i < 10'000; ++i) {
    const double u = uniform.Next(rng, i);
    EXPECT_GE(u, 10);
    EXPECT_LT(u, 20);
    sum += u;
    if (lognormal.Next(rng, i) < 10) ++below;
  }
  EXPECT_NEAR(sum / 10'000, 15, 0.2);
  EXPECT_NEAR(below, 5000, 200);
}

}  // namespace
}  // namespace roofscape::twin
