// Command lines of servers.

#include "service/fleet/start_command.h"

#include <gtest/gtest.h>

#include "service/fleet/test_plans.h"

namespace roofscape::fleet {
namespace {

spec::Deployment OnX(std::int64_t tp) {
  spec::Deployment deployment;
  deployment.name = "d";
  deployment.model = "m";
  deployment.engine = "engine-x";
  deployment.roles.push_back({.tp = tp});
  return deployment;
}

std::string CommandOf(const spec::Deployment& deployment, const Launch& launch) {
  const auto start = ServerStartOf(deployment, launch, {}, SomeEngines());
  return start ? start->command : start.error().message;
}

TEST(StartCommandTest, IsMadeOfTheCatalogsFlags) {
  Launch launch;
  launch.settings["sequences"] = "64";
  launch.arguments = "--extra {model}";
  EXPECT_EQ(CommandOf(OnX(4), launch),
            "x serve m --tp 4 --max-seqs 64 --host {host} --port {port} --extra m");
  EXPECT_EQ(CommandOf(OnX(1), {}), "x serve m --host {host} --port {port}");
  const auto start = ServerStartOf(OnX(1), {}, {}, SomeEngines());
  EXPECT_EQ(start->health, "/ready");
  ASSERT_EQ(start->failures.size(), 1U);
  EXPECT_EQ(VersionCommandOf(OnX(1), {}, SomeEngines()), "x --version");
}

TEST(StartCommandTest, ContainersArePrefixes) {
  Launch launch;
  launch.runtime = "podman";
  launch.image = "hub/x:1";
  launch.runtime_arguments = "--device a";
  launch.env["KEY"] = "v";
  EXPECT_EQ(CommandOf(OnX(1), launch),
            "podman run --rm --name {name} --network host --env 'KEY' --device a 'hub/x:1' "
            "x serve m --host {host} --port {port}");
  EXPECT_EQ(ServerStartOf(OnX(1), launch, {}, SomeEngines())->remove, "podman rm -f {name}");
  launch.runtime = "apptainer";
  EXPECT_EQ(CommandOf(OnX(1), launch),
            "apptainer exec --device a 'hub/x:1' x serve m --host {host} --port {port}");
  EXPECT_EQ(ServerStartOf(OnX(1), launch, {}, SomeEngines())->remove, "");
}

TEST(StartCommandTest, SaysWhatItCannotWrite) {
  Launch unknown;
  unknown.settings["colour"] = "3";
  Launch word;
  word.settings["sequences"] = "many";
  spec::Deployment copies = OnX(1);
  copies.roles[0].dp = 2;
  spec::Deployment two = OnX(1);
  two.roles.push_back({.name = "decode"});
  spec::Deployment y = OnX(1);
  y.engine = "engine-y";
  spec::Deployment no_model = OnX(1);
  no_model.model.clear();
  const std::pair<std::string, const char*> cases[] = {
      {CommandOf(OnX(1), unknown), "launch.settings.colour: the catalog knows no flag"},
      {CommandOf(OnX(1), word), "launch.settings.sequences: must be a number, got 'many'"},
      {CommandOf(copies, {}), "stands in a file of options"},
      {CommandOf(two, {}), "has several roles"},
      {CommandOf(y, {}), "does not say how a server of Engine Y is started"},
      {CommandOf(no_model, {}), "model is missing"}};
  for (const auto& [message, part] : cases) {
    EXPECT_EQ(message.rfind("deployment 'd': ", 0), 0U) << message;
    EXPECT_NE(message.find(part), std::string::npos) << message;
  }
}

TEST(StartCommandTest, OnlyKnownWordsAreFilledIn) {
  EXPECT_EQ(FillIn("a {b} '{\"b\":{x}}' {", {{"b", "1"}, {"x", "2"}}), "a 1 '{\"b\":2}' {");
}

}  // namespace
}  // namespace roofscape::fleet
