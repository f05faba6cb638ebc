// What choosing by the model costs, choice by choice: of the layouts that were measured for one
// purpose, the one that the model would take at a speed for a user, against the best measured one.
//
// Both values are read at exactly the target, between measured loads by straight lines in
// logarithms; beyond the fastest measured load a layout does not reach it. So a layout whose load
// happened to lie just below the target is not lost. Rows that hide whether they drafted take no
// part: what was chosen there is not known. Regrets() in validate.h is the choice among rows alone.
//
// Thread safety: pure functions.

#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/calibrate/validate.h"

namespace roofscape::calibrate {

/// Among what is chosen.
enum class ChoiceScope {
  kSetup,     // Layouts of one chip, model, lengths, engine, precision, mode and drafts.
  kScenario,  // Those of one chip, model, lengths and way of sending: engines, too.
};
std::string_view Name(ChoiceScope scope);

/// Why a choice was not the best.
enum class MissCause {
  kNone,         // Regret of at most kMiss.
  kBestBetter,   // The best one gives more than 1.3 times what was thought.
  kChosenWorse,  // The chosen one gives less than that share of it, or does not reach the target.
  kClose,        // Neither: they were thought to be near one another.
};
inline constexpr double kMiss = 0.03;
inline constexpr std::size_t kMissCauses = 4;
std::string_view Name(MissCause cause);

/// Throughput of a chip at the target, tokens/s.
struct ChoiceLayout {
  std::string curve;
  double measured = 0.0;  // 0: does not reach it.
  double predicted = 0.0;
};

struct Choice {
  std::string chip, model, mode, engine, precision;  // Of the chosen one.
  double input = 0.0, output = 0.0;                  // Mean tokens.
  double interactivity_tps = 0.0;
  std::size_t layouts = 0;  // That reach the target.
  ChoiceLayout chosen, best;
  double regret = 0.0;
  MissCause cause = MissCause::kNone;
};

/// At each target, where at least two layouts reach it and the model believes it of one. Sorted by
/// regret, the largest first.
std::vector<Choice> Choices(std::span<const Judged> judged, std::span<const double> targets,
                            ChoiceScope scope);

/// Of the choices at one target that `select` lets through.
struct RegretSummary {
  std::size_t choices = 0;
  double median = 0.0, p90 = 0.0, mean = 0.0;
  std::size_t causes[kMissCauses] = {};
};
RegretSummary SummaryOf(std::span<const Choice> choices, double target, std::string_view mode);

}  // namespace roofscape::calibrate
