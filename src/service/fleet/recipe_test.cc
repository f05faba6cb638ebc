// Recipes: what the script writes is a plan of the same recipe, with the same files.

#include "service/fleet/recipe.h"

#include <gtest/gtest.h>

#include "base/core/clock.h"
#include "service/fleet/file.h"
#include "service/fleet/prepare.h"
#include "service/fleet/process.h"
#include "service/fleet/test_folder.h"
#include "service/fleet/test_plans.h"

namespace roofscape::fleet {
namespace {

CampaignState StateOf(const Expansion& expansion) {
  store::SweepRecord record;
  for (const Layout& layout : expansion.layouts) {
    record.layouts.push_back(StoredLayout(layout, "/plan"));
  }
  for (const Point& point : expansion.points) record.points.push_back(StoredPoint(point, 0, 1.0));
  auto state = CampaignState::Of(record);
  EXPECT_TRUE(state) << state.error().message;
  return *std::move(state);
}

TEST(RecipeTest, TheScriptsPlanHasTheSameRecipe) {
  const SystemClock clock;
  const std::string texts[] = {"a = 1\nROOFSCAPE_END\n", "no end of line", "tab\t'\xc3\xa9\n"};
  const std::pair<const char*, const char*> loads[] = {
      {"concurrency = [4, 1]", "concurrency = [4, 1]"},
      {"concurrency = [4, 1]", "arrivals = \"poisson\"\nrates_rps = [2.5]"},
      {"requests = 10", "duration_s = 3.0"}};
  for (std::size_t i = 0; i < 3; ++i) {
    const std::string plan = Replaced(Replaced(kSmallPlan, loads[i].first, loads[i].second),
                                      "command = \"other --port {port}\"",
                                      "command = \"other --port {port} '\\\"{x}'\"\nfiles = "
                                      "[\"deep/s.toml\"]\nenv = {A = \"b'c\"}");
    const Surroundings around{{{"deep/s.toml", texts[i]}}, {}};
    const CampaignState state = StateOf(MustExpand(plan, around));
    const PointState& point = state.points().back();
    const TestFolder folder;
    const std::string script =
        RecipeScript(point, state.layouts().at(point.layout), "run-1", 3, "1");
    EXPECT_EQ(RecipeOfScript(script), point.recipe);
    // With `true` in place of the program the script only writes its files.
    const auto ran = RunCommand(
        {"env", "ROOFSCAPE=true", "ROOFSCAPE_RECIPE_FOLDER=" + folder.path(), "sh", "-c", script},
        "", std::chrono::seconds(20), clock);
    ASSERT_TRUE(ran);
    EXPECT_EQ(ran->status, 0) << ran->err;
    std::vector<std::string> notes;
    const auto written = ReadFile(folder.path() + "/plan.json");
    ASSERT_TRUE(written);
    const auto again = ParseSweepPlan(*written, "plan.json");
    ASSERT_TRUE(again) << again.error().message;
    const auto wanted = WantedBy(*again, SomeEngines());
    const auto found = LookAround(*wanted, folder.path(), notes, clock);
    ASSERT_TRUE(found) << found.error().message;
    const auto expansion = Expand(*again, SomeEngines(), *found);
    ASSERT_TRUE(expansion) << expansion.error().message;
    ASSERT_EQ(expansion->points.size(), 3U);
    EXPECT_EQ(expansion->points.front().recipe, point.recipe) << script;
  }
}

}  // namespace
}  // namespace roofscape::fleet
