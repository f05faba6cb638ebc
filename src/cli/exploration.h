// One exploration as its command makes it and its texts show it.
//
// Thread safety: plain values.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "domain/analysis/chip_weight.h"
#include "model/codesign/confirm.h"
#include "model/codesign/launch.h"
#include "model/codesign/refine.h"

namespace roofscape::cli {

using analysis::Spending;

/// The best at one speed for a user.
struct FrontierStep {
  double interactivity_tps = 0.0;
  std::optional<codesign::Candidate> best;  // Missing: nothing is expected to reach it.
};

/// A candidate played request by request.
struct Confirmation {
  codesign::Simulated simulated;
  // What the simulator says, moved as rows move the formulas at the same point.
  double ttft_s = 0.0, tpot_s = 0.0, tput_per_chip = 0.0;
  double value = 0.0;
};

struct EngineCommands {
  std::string engine;   // For people.
  std::string refused;  // Why there are none; empty: there are.
  std::vector<codesign::LaunchCommand> commands;
};

struct Exploration {
  std::string model;  // For people.
  double input = 0.0, output = 0.0;
  double interactivity_tps = 0.0;
  std::optional<double> ttft_limit_s;
  Spending spending;
  codesign::Space space;
  std::uint64_t plans = 0, configurations = 0, computed = 0;
  std::vector<codesign::Candidate> ranked;
  std::vector<std::optional<Confirmation>> confirmed;  // Of the first of them.
  std::vector<FrontierStep> frontier;
  std::vector<EngineCommands> commands;
  std::optional<double> fastest_tps;  // That any layout is expected to reach, where none is ranked.
  std::string note;                   // On the weights that commands name.
};

/// Did the simulator leave the winner in its place? It must meet the target within 5 %, and none of
/// the others that were played may do so with 3 % more.
struct Verdict {
  bool confirmed = false;
  std::string text;
};
std::optional<Verdict> VerdictOf(const Exploration& e);

}  // namespace roofscape::cli
