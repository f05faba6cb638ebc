// Points and recipes of plans.

#include "service/fleet/expand.h"

#include <set>

#include <gtest/gtest.h>

#include "service/fleet/test_plans.h"

namespace roofscape::fleet {
namespace {

std::set<std::string> Recipes(const Expansion& expansion) {
  std::set<std::string> recipes;
  for (const Point& point : expansion.points) recipes.insert(point.recipe);
  return recipes;
}

TEST(ExpandTest, EveryCombinationIsAPoint) {
  const Expansion expansion = MustExpand(kSmallPlan);
  ASSERT_EQ(expansion.layouts.size(), 3U);
  EXPECT_EQ(expansion.layouts[0].name, "a slots=1");
  EXPECT_EQ(expansion.layouts[1].start.command, "serve --port {port} --slots 2");
  ASSERT_EQ(expansion.points.size(), 12U);
  EXPECT_EQ(Recipes(expansion).size(), 6U);
  // A light load first, and all loads before the repeats.
  EXPECT_EQ(expansion.points[0].Title(), "chat, concurrency 1, repeat 1");
  EXPECT_EQ(expansion.points[1].Title(), "chat, concurrency 4, repeat 1");
  EXPECT_EQ(expansion.points[2].Title(), "chat, concurrency 1, repeat 2");
  EXPECT_EQ(expansion.points[0].recipe, expansion.points[2].recipe);
}

TEST(ExpandTest, LoadsMayBeOfSomeDeploymentsAndRulesExclude) {
  const Expansion expansion = MustExpand(kSmallPlan +
                                         "\n[[load]]\nconcurrency = [9]\ndeployments = [\"b\"]\n"
                                         "[[exclude]]\nslots = 2\nconcurrency = [4, 8]\n"
                                         "[[exclude]]\ndeployment = \"b\"\nconcurrency = 1\n");
  std::multiset<std::string> loads;
  for (const Point& point : expansion.points) {
    if (point.repeat > 0) continue;
    loads.insert(point.plan.deployment.name + " " +
                 std::to_string(point.plan.load.concurrency.front()));
  }
  EXPECT_EQ(loads, (std::multiset<std::string>{"a slots=1 1", "a slots=1 4", "a slots=2 1", "b 4",
                                               "b 9"}));
}

TEST(ExpandTest, NamesAndTimeLimitsAreNoPartOfARecipe) {
  const auto recipes = Recipes(MustExpand(kSmallPlan));
  std::string other = Replaced(kSmallPlan, "name = \"small\"", "name = \"large\"");
  other = Replaced(other, "name = \"b\"", "name = \"c\"");
  other = Replaced(other, "name = \"chat\"", "name = \"talk\"");
  other = Replaced(other, "start_timeout_s = 5", "start_timeout_s = 50");
  other = Replaced(other, "repeats = 2", "repeats = 3");
  EXPECT_EQ(Recipes(MustExpand(other)), recipes);
}

TEST(ExpandTest, WhateverDeterminesAPointChangesItsRecipe) {
  const auto recipes = Recipes(MustExpand(kSmallPlan));
  const std::pair<const char*, const char*> changes[] = {
      {"seed = 3", "seed = 4"},
      {"chip = \"chip-a\"", "chip = \"chip-b\""},
      {"input = {tokens = 16}", "input = {tokens = 17}"},
      {"requests = 10", "requests = 11"},
      {"requests = 10", "requests = 10\n[client]\nthreads = 2"},
      {"requests = 10", "requests = 10\n[request]\nextra_body = '{\"a\":1}'"},
      {"requests = 10", "requests = 10\n[timeouts]\nidle_s = 9"}};
  for (const auto& [what, by] : changes) {
    for (const std::string& recipe : Recipes(MustExpand(Replaced(kSmallPlan, what, by)))) {
      const bool may_stay = std::string_view(what).starts_with("chip");  // b has no chip.
      EXPECT_TRUE(may_stay || !recipes.contains(recipe)) << by;
    }
    EXPECT_NE(Recipes(MustExpand(Replaced(kSmallPlan, what, by))), recipes) << by;
  }
}

TEST(ExpandTest, FilesAndVersionsAreAskedOfTheSurroundings) {
  const std::string text = Replaced(kSmallPlan, "command = \"other --port {port}\"",
                                    "command = \"other --port {port}\"\nfiles = [\"s.toml\"]\n"
                                    "version_command = \"other --version\"");
  const auto wanted = WantedBy(MustParse(text), SomeEngines());
  ASSERT_TRUE(wanted);
  EXPECT_EQ(wanted->files, std::vector<std::string>{"s.toml"});
  EXPECT_EQ(wanted->version_commands, std::vector<std::string>{"other --version"});
  EXPECT_FALSE(Expand(MustParse(text), SomeEngines(), {}));
  const Surroundings first{{{"s.toml", "aa"}}, {{"other --version", "1.0"}}};
  const Surroundings newer{{{"s.toml", "aa"}}, {{"other --version", "1.1"}}};
  const Surroundings edited{{{"s.toml", "bb"}}, {{"other --version", "1.0"}}};
  const auto recipes = Recipes(MustExpand(text, first));
  EXPECT_EQ(MustExpand(text, first).layouts[2].deployment.engine_version, "1.0");
  EXPECT_EQ(Recipes(MustExpand(text, first)), recipes);
  EXPECT_NE(Recipes(MustExpand(text, newer)), recipes);
  EXPECT_NE(Recipes(MustExpand(text, edited)), recipes);
}

TEST(ExpandTest, AxesOfALayoutCountItsChips) {
  const std::string text = Replaced(kSmallPlan, "slots = [1, 2]", "tp = [1, 4]\nslots = [1]");
  const Expansion expansion = MustExpand(text);
  EXPECT_EQ(expansion.layouts[1].chips(), 4);
  EXPECT_EQ(*expansion.layouts[1].deployment.roles[0].tp, 4);
}

TEST(ExpandTest, SaysWhatMakesNoSense) {
  const std::pair<std::string, const char*> bad[] = {
      {Replaced(kSmallPlan, "slots = [1, 2]", "tp = [\"four\"]"),
       "deployment 'a': axes.tp: must be a whole number from 1 on, got 'four'"},
      {kSmallPlan + "[[load]]\nconcurrency = [4]\nrequests = 10\n", "stands twice in the plan"},
      {kSmallPlan + "[[exclude]]\nworkload = \"chat\"\n", "the plan has no point"},
      {Replaced(kSmallPlan, "other --port {port}", "other"), "must hold {port}"},
      {Replaced(kSmallPlan, "other --port {port}", "serve --port {port} --slots 2"),
       "is started exactly as another one"}};
  for (const auto& [text, message] : bad) {
    std::string plan = text;
    // The same chip, or the layouts differ by it.
    if (std::string_view(message).find("exactly") != std::string_view::npos) {
      plan = Replaced(plan, "chip = \"chip-a\"\n", "");
    }
    const auto expansion = Expand(MustParse(plan), SomeEngines(), {});
    ASSERT_FALSE(expansion) << message;
    EXPECT_NE(expansion.error().message.find(message), std::string::npos)
        << expansion.error().message;
  }
}

}  // namespace
}  // namespace roofscape::fleet
