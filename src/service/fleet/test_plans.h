// Plans and catalogs for the tests of this room.

#pragma once

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "domain/catalog/catalog.h"
#include "service/fleet/expand.h"
#include "service/fleet/plan.h"

namespace roofscape::fleet {

/// Two deployments, one with an axis of two; two loads; two repeats: 3 layouts, 12 points.
inline const std::string kSmallPlan = R"(schema_version = 1
name = "small"
seed = 3
repeats = 2

[preset.one]
chip = "chip-a"
[preset.one.launch]
start_timeout_s = 5

[[deployment]]
name = "a"
preset = "one"
[deployment.launch]
command = "serve --port {port} --slots {slots}"
[deployment.axes]
slots = [1, 2]

[[deployment]]
name = "b"
[deployment.launch]
command = "other --port {port}"

[[workload]]
name = "chat"
input = {tokens = 16}
output = {tokens = 8}

[[load]]
concurrency = [4, 1]
requests = 10
)";

inline SweepPlan MustParse(const std::string& text) {
  auto plan = ParseSweepPlan(text, "plan.toml");
  EXPECT_TRUE(plan) << plan.error().message;
  return plan ? *std::move(plan) : SweepPlan();
}

/// An engine with flags, and one that is only known by name.
inline KnownEngines SomeEngines() {
  const std::vector<catalog::CatalogFile> files = {
      {"engines/engine-x.toml", R"(id = "engine-x"
name = "Engine X"
collected = 2026-01-02
[source.manual]
text = "a manual"
date = 2026-01-02
confidence = "high"
of = ["launch", "serve"]
[launch]
command = "x serve {model}"
[[launch.flag]]
of = "group"
write = "--tp {}"
above = 1
[[launch.flag]]
of = "sequences"
write = "--max-seqs {}"
[[launch.flag]]
of = "copies"
write = "copies: {}"
above = 1
in_file = true
[serve]
listen = "--host {host} --port {port}"
health = "/ready"
version = "x --version"
[[serve.failure]]
log = "cache blocks"
kind = "memory"
cure = "take more chips"
)"},
      {"engines/engine-y.toml",
       "id = \"engine-y\"\nname = \"Engine Y\"\ncollected = 2026-01-02\n"}};
  auto catalog = catalog::ParseCatalog(files);
  EXPECT_TRUE(catalog) << catalog.error().message;
  auto serving = catalog::ParseServing(files);
  EXPECT_TRUE(serving) << serving.error().message;
  if (!catalog || !serving) return {};
  return {*std::move(catalog), *std::move(serving)};
}

inline Expansion MustExpand(const std::string& text, const Surroundings& around = {}) {
  auto expansion = Expand(MustParse(text), SomeEngines(), around);
  EXPECT_TRUE(expansion) << expansion.error().message;
  return expansion ? *std::move(expansion) : Expansion();
}

inline std::string Replaced(std::string text, const std::string& what, const std::string& by) {
  const std::size_t at = text.find(what);
  EXPECT_NE(at, std::string::npos) << what;
  return at == std::string::npos ? text : text.replace(at, what.size(), by);
}

}  // namespace roofscape::fleet
