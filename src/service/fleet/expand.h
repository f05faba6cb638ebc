// From a plan to points: every deployment with every combination of its axes, every workload, every
// load, every repeat, less the exclusions. Points of one start of a server make a layout.
//
// A point's recipe is the SHA-256 of all that determines what is measured, in a canonical form:
// names, labels, who runs it and how long one waits for a server do not count. Two plans that ask
// the same have the same recipes.
//
// Thread safety: pure functions.

#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/core/result.h"
#include "service/fleet/plan.h"
#include "service/fleet/start_command.h"

namespace roofscape::fleet {

/// One start of a server.
struct Layout {
  std::string id;    // SHA-256 of what determines it: 64 hexadecimal digits.
  std::string name;  // "tp-sweep tp=4"
  spec::Deployment deployment;
  ServerStart start;
  std::map<std::string, std::string> files;  // launch.files and their texts.

  std::int64_t chips() const { return spec::ChipCount(deployment).value_or(1); }
};

/// One measurement: a plan of one load and one repeat, without a URL.
struct Point {
  std::string recipe;       // 64 hexadecimal digits.
  std::int64_t repeat = 0;  // 0 .. repeats - 1
  std::string layout;       // Its id.
  spec::Plan plan;

  /// "chat 512/128, concurrency 4, repeat 2"
  std::string Title() const;
};

struct Expansion {
  std::vector<Layout> layouts;
  std::vector<Point> points;  // Layout by layout, light loads first.
};

/// What is outside the plan but part of a recipe: texts of files by path as the plan writes it, and
/// versions of engines where the plan leaves them open.
struct Surroundings {
  std::map<std::string, std::string> files;
  std::map<std::string, std::string> engine_versions;  // By version command.
};

/// All files and version commands that Expand() asks `Surroundings` about.
struct Wanted {
  std::vector<std::string> files;
  std::vector<std::string> version_commands;
};
Result<Wanted> WantedBy(const SweepPlan& plan, const KnownEngines& engines);

/// Errors: kInvalidArgument for an axis whose value does not fit, a deployment that cannot be
/// started, a plan of which nothing is left.
Result<Expansion> Expand(const SweepPlan& plan, const KnownEngines& engines,
                         const Surroundings& surroundings);

}  // namespace roofscape::fleet
