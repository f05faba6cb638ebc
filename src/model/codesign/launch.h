// What to type to get a plan: the command lines of an engine's servers, from the flags that its
// file in the catalog lists. Nothing here knows an engine.
//
// Thread safety: pure functions.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/core/result.h"
#include "domain/catalog/engine.h"
#include "model/codesign/plan.h"

namespace roofscape::codesign {

/// A program to start, so many times.
struct LaunchCommand {
  std::string role;  // "serve", "prefill", "decode", "router"
  std::int64_t times = 1;
  std::string command;
  std::string file;  // Its file of options, where it has one: name,
  std::string text;  // and content.

  friend bool operator==(const LaunchCommand&, const LaunchCommand&) = default;
};

/// `model`: as the engine finds it. Errors: an engine without flags in the catalog, one that does
/// not offer the plan's layout, a flag of a setting that there is none of.
Result<std::vector<LaunchCommand>> LaunchCommands(const catalog::Engine& engine, const Space& space,
                                                  const Plan& plan, double concurrency,
                                                  std::string_view model, double longest_tokens);

/// What the catalog says of the layouts that an engine offers.
EngineLimits LimitsOf(const catalog::Engine& engine);

}  // namespace roofscape::codesign
