#include "model/codesign/launch.h"

#include <gtest/gtest.h>

#include "model/codesign/test_spaces.h"
#include "model/perf/testing/test_machines.h"

namespace roofscape::codesign {
namespace {

catalog::Engine TestEngine() {
  catalog::Engine engine;
  engine.entry.id = "test";
  engine.entry.name = "Test";
  engine.entry.file = "engines/test.toml";
  catalog::Launch launch;
  launch.command = "serve {model}";
  launch.file = "options.yaml";
  launch.file_flag = "--options {}";
  launch.router = "router --to {}";
  launch.flags = {{"group", "--tp {}", 1.0, false},
                  {"copies", "copies: {}", 1.0, true},
                  {"sequences", "--sequences {}", 0.0, false},
                  {"decode", "--role decode", 0.0, false},
                  {"drafts", "--draft '{\"n\":{}}'", 0.0, false}};
  engine.launch = launch;
  return engine;
}

/// Workers on up to 4 chips, with 2 drafts.
Space DraftingSpace() {
  static const catalog::Model model = [] {
    catalog::Model m = perf::RoutedModel();
    m.precision = "bf16";
    m.mtp_layers = 1;
    return m;
  }();
  Wish wish = TestWish();
  wish.model = &model;
  wish.drafts = 2.0;
  return TestSpace(wish, false);
}

std::uint32_t WorkerOf(const Space& space, const std::string& layout) {
  const auto& workers = space.families[0].workers;
  for (std::uint32_t w = 0; w < workers.size(); ++w) {
    if (LayoutText(workers[w].lowered.layout) == layout) return w;
  }
  ADD_FAILURE() << "no worker " << layout;
  return 0;
}

TEST(Launch, WritesTheFlagsOfWhatIsNotPlain) {
  const Space space = DraftingSpace();
  const Plan plan{0, WorkerOf(space, "tp 2 dp 2 ep 4"), kNoPrefill, 1, 0};
  const auto commands = LaunchCommands(TestEngine(), space, plan, 32.0, "org/Model", 2048.0);
  ASSERT_TRUE(commands);
  ASSERT_EQ(commands->size(), 1U);
  const LaunchCommand& c = (*commands)[0];
  EXPECT_EQ(c.role, "serve");
  // 32 users in two copies, and an eighth to spare.
  EXPECT_EQ(c.command,
            "serve org/Model --tp 2 --sequences 19 --draft '{\"n\":2}' --options options.yaml");
  EXPECT_EQ(c.text, "copies: 2\n");
}

TEST(Launch, TwoRolesAndARouter) {
  const Space space = DraftingSpace();
  const auto prefill = WorkerOf(space, "tp 2 dp 2");
  const Plan plan{0, WorkerOf(space, "tp 2"), static_cast<std::int32_t>(prefill), 1, 2};
  const auto commands = LaunchCommands(TestEngine(), space, plan, 8.0, "m", 2048.0);
  ASSERT_TRUE(commands);
  ASSERT_EQ(commands->size(), 3U);
  EXPECT_EQ((*commands)[0].role, "prefill");
  EXPECT_EQ((*commands)[0].times, 2);
  EXPECT_EQ((*commands)[0].command.find("--role"), std::string::npos);
  EXPECT_EQ((*commands)[0].file, "prefill-options.yaml");
  EXPECT_NE((*commands)[1].command.find("--tp 2"), std::string::npos);
  EXPECT_NE((*commands)[1].command.find("--role decode"), std::string::npos);
  EXPECT_EQ((*commands)[2].command, "router --to {}");
}

TEST(Launch, RefusesWhatAnEngineDoesNotOfferOrDoNotSay) {
  const Space space = DraftingSpace();
  const Plan plan{0, WorkerOf(space, "tp 2 dp 2 ep 2"), kNoPrefill, 1, 0};
  catalog::Engine engine = TestEngine();
  engine.launch->experts = "all";
  auto commands = LaunchCommands(engine, space, plan, 8.0, "m", 2048.0);
  ASSERT_FALSE(commands);
  EXPECT_NE(commands.error().message.find("does not offer tp 2 dp 2 ep 2"), std::string::npos);
  engine = TestEngine();
  engine.launch->flags.push_back({"speed", "--fast", 0.0, false});
  commands = LaunchCommands(engine, space, plan, 8.0, "m", 2048.0);
  ASSERT_FALSE(commands);
  EXPECT_NE(commands.error().message.find("'speed', which is no setting"), std::string::npos);
  engine.launch.reset();
  commands = LaunchCommands(engine, space, plan, 8.0, "m", 2048.0);
  ASSERT_FALSE(commands);
  EXPECT_NE(commands.error().message.find("[launch]"), std::string::npos);
}

}  // namespace
}  // namespace roofscape::codesign
