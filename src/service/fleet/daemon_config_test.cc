#include "service/fleet/daemon_config.h"

#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "service/fleet/test_plans.h"

namespace roofscape::fleet {
namespace {

const std::string kConfig = R"(schema_version = 1
time_zone = "Europe/Berlin"

[[entry]]
name = "nightly"
plan = "nightly.toml"
schedule = "30 2 * * *"
[entry.release]
command = "cat digest"
every_s = 60
[entry.judge]
record_at = [50]
[entry.publish]
folder = "site"
[entry.tell]
on = ["regression", "done"]
webhook_env = "HOOK"
junit = "junit.xml"

[[entry]]
name = "weekly"
plan = "weekly.toml"
schedule = "@weekly"
time_zone = "UTC"
measure = "changed"
)";

TEST(DaemonConfig, IsReadWholly) {
  const auto config = ParseDaemonConfig(kConfig, "daemon.toml");
  ASSERT_TRUE(config) << config.error().message;
  ASSERT_EQ(config->entries.size(), 2U);
  const DaemonEntry& nightly = config->entries[0];
  EXPECT_EQ(nightly.time_zone, "Europe/Berlin");
  EXPECT_EQ(nightly.schedule->text(), "30 2 * * *");
  EXPECT_EQ(nightly.release->every_s, 60);
  EXPECT_EQ(nightly.judge.metrics.size(), 3U);
  EXPECT_EQ(nightly.judge.record_at, std::vector<double>{50});
  EXPECT_EQ(nightly.publish.folder, "site");
  EXPECT_EQ(nightly.tell.on, (std::vector<News>{News::kRegression, News::kDone}));
  EXPECT_TRUE(nightly.measure_all);
  const DaemonEntry& weekly = config->entries[1];
  EXPECT_EQ(weekly.time_zone, "UTC");
  EXPECT_FALSE(weekly.measure_all);
  EXPECT_EQ(weekly.tell.on.size(), 4U);
}

TEST(DaemonConfig, WhatIsWrongIsNamedWithLineAndCure) {
  const std::pair<std::pair<const char*, const char*>, const char*> cases[] = {
      {{"schema_version = 1", "schema_version = 2"}, "schema_version: must be 1"},
      {{"name = \"nightly\"", "name = \"a/b\""}, "name: must be 1 to 100 letters"},
      {{"name = \"weekly\"", "name = \"nightly\""}, "is the name of another entry"},
      {{"30 2 * * *", "30 25 * * *"}, "hour: '25'"},
      {{"schedule = \"@weekly\"\n", ""}, "nothing would start a run"},
      {{"measure = \"changed\"", "measure = \"some\""}, "measure: must be \"all\" or"},
      {{"record_at = [50]", "metrics = [\"nonsense\"]"}, "metrics: "},
      {{"record_at = [50]", "metrics = [\"e2e_p50_s\"]"}, "is not known"},
      {{"\"done\"]", "\"dnoe\"]"}, "'dnoe': must be one of regression"},
      {{"webhook_env = \"HOOK\"", "webhook = \"ftp://x\""}, "must begin with http://"},
      {{"every_s = 60", "every_s = 0"}, "every_s: must be 1 or more"},
      {{"junit = ", "junitt = "}, "junitt"},
      {{"plan = \"nightly.toml\"\n", ""}, "plan: is missing"},
  };
  for (const auto& [change, message] : cases) {
    const auto config =
        ParseDaemonConfig(Replaced(kConfig, change.first, change.second), "daemon.toml");
    ASSERT_FALSE(config) << message;
    EXPECT_EQ(config.error().message.find("daemon.toml"), 0U) << config.error().message;
    EXPECT_NE(config.error().message.find(message), std::string::npos) << config.error().message;
  }
}

}  // namespace
}  // namespace roofscape::fleet
