#include "service/fleet/recipe.h"

#include <algorithm>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/core/text.h"
#include "domain/spec/plan_parts.h"
#include "service/fleet/job.h"

namespace roofscape::fleet {
namespace {

constexpr std::string_view kRecipeMark = "# recipe ";
constexpr std::string_view kPlanName = "plan.json";

std::string Quoted(std::string_view text) {
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

/// For a comment of one line.
std::string WithoutLineEnds(std::string text) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

/// Shell that writes a text, byte by byte as it is.
std::string Writing(const std::string& path, const std::string& text) {
  std::string out;
  if (const std::size_t slash = path.rfind('/'); slash != std::string::npos) {
    out += fmt::format("mkdir -p {}\n", Quoted(path.substr(0, slash)));
  }
  const bool plain =
      !text.empty() && text.back() == '\n' && std::all_of(text.begin(), text.end(), [](char c) {
        return c == '\n' || c == '\t' || (c >= ' ' && c != 0x7f);
      });
  if (plain) {
    std::string end = "ROOFSCAPE_END";
    while (text.find(end) != std::string::npos) end += "_";
    return out + fmt::format("cat > {} <<'{}'\n{}{}\n", Quoted(path), end, text, end);
  }
  out += fmt::format(": > {}\n", Quoted(path));
  constexpr std::size_t kBytesALine = 20;
  for (std::size_t at = 0; at < text.size(); at += kBytesALine) {
    out += "printf '";
    for (const char c : text.substr(at, kBytesALine)) {
      out += fmt::format("\\{:03o}", static_cast<unsigned char>(c));
    }
    out += fmt::format("' >> {}\n", Quoted(path));
  }
  return out;
}

Json LaunchJson(const LayoutState& layout) {
  Json files = Json::array();
  for (const auto& [path, digest] : layout.digests) files.push_back(path);
  Json launch = {{"command", layout.start.command},
                 {"env", Json(layout.start.env)},
                 {"files", std::move(files)},
                 {"health", layout.start.health},
                 {"start_timeout_s", layout.start.start_timeout_s}};
  if (!layout.start.remove.empty()) launch["remove"] = layout.start.remove;
  return launch;
}

/// A sweep plan of this one point.
Json PlanJson(const PointState& point, const LayoutState& layout, std::int64_t repeats) {
  const spec::Plan& plan = point.plan;
  Json deployment = spec::ToJson(plan.deployment);
  deployment["launch"] = LaunchJson(layout);
  Json workload = spec::ToJson(plan.workload);
  Json load = spec::ToJson(plan.load);
  load.erase("repeat");
  if (plan.load.concurrency.empty()) load.erase("concurrency");
  if (plan.load.rates_rps.empty()) load.erase("rates_rps");
  Json target = {{"api", spec::Name(plan.target.api)},
                 {"token_counts", spec::Name(plan.target.token_counts)},
                 {"model", plan.target.model},
                 {"extra_body", plan.target.extra_body}};
  return {{"schema_version", kSweepSchemaVersion},
          {"name", "recipe-" + point.recipe.substr(0, 12)},
          {"seed", plan.seed},
          {"repeats", repeats},
          {"deployment", Json::array({std::move(deployment)})},
          {"workload", Json::array({std::move(workload)})},
          {"load", Json::array({std::move(load)})},
          {"request", std::move(target)},
          {"timeouts", spec::ToJson(plan.timeouts)},
          {"client", spec::ToJson(plan.client)}};
}

}  // namespace

const PointState* PointOfRun(const CampaignState& state, const std::string& run) {
  for (const PointState& point : state.points()) {
    const auto& kept = point.kept_runs;
    if (point.run == run || std::find(kept.begin(), kept.end(), run) != kept.end()) return &point;
  }
  return nullptr;
}

std::string RecipeOfScript(const std::string& script) {
  const std::size_t at = script.find(kRecipeMark);
  if (at == std::string::npos) return "";
  const std::size_t begin = at + kRecipeMark.size();
  return script.substr(begin, script.find('\n', begin) - begin);
}

std::string RecipeScript(const PointState& point, const LayoutState& layout, const std::string& run,
                         std::int64_t repeats, const std::string& version) {
  std::string script = fmt::format(
      "#!/bin/sh\n"
      "# {}: {}\n"
      "# Repeats run {}. Made by Roofscape {}.\n"
      "{}{}\n"
      "#\n"
      "#   sh THIS-FILE [FLAGS OF roofscape sweep]\n"
      "#\n"
      "# $ROOFSCAPE: the program (roofscape). $ROOFSCAPE_DB: where results go (a new file).\n"
      "set -eu\n"
      "program=${{ROOFSCAPE:-roofscape}}\n"
      "folder=${{ROOFSCAPE_RECIPE_FOLDER:-$PWD/recipe-{}}}\n"
      "mkdir -p \"$folder\"\n"
      "cd \"$folder\"\n",
      WithoutLineEnds(layout.name), WithoutLineEnds(point.title), run, version, kRecipeMark,
      point.recipe, point.recipe.substr(0, 12));
  for (const auto& [path, digest] : layout.digests) {
    const auto text = layout.files.find(path);
    if (text != layout.files.end() && !path.starts_with('/')) {
      script += Writing(path, text->second);
      continue;
    }
    script +=
        fmt::format("[ -r {0} ] || {{ echo \"put here: \"{0}\", SHA-256 {1}\" >&2; exit 1; }}\n",
                    Quoted(path), digest);
  }
  const Json plan = PlanJson(point, layout, repeats);
  script += Writing(std::string(kPlanName),
                    plan.dump(1, ' ', false, Json::error_handler_t::replace) + "\n");
  script += fmt::format(
      "exec \"$program\" sweep {} --db \"${{ROOFSCAPE_DB:-$folder/recipe.db}}\" \"$@\"\n",
      kPlanName);
  return script;
}

}  // namespace roofscape::fleet
