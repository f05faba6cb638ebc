#include "model/calibrate/regret.h"

#include <algorithm>
#include <cmath>
#include <map>

#include <fmt/format.h>

#include "model/calibrate/within.h"

namespace roofscape::calibrate {
namespace {

constexpr double kFar = 1.3;  // Beyond it a value is not what was thought.

struct Layout {
  const Case* any = nullptr;
  std::vector<MeasuredLoad> measured, predicted;
};
using Layouts = std::map<std::string, Layout>;  // By curve.

std::string Key(const Case& c, ChoiceScope scope) {
  std::string key;
  const auto add = [&](Kind kind) { key += c.kinds[kind] + "|"; };
  for (const Kind k : {kChipKind, kModelKind, kProtocolKind}) add(k);
  if (scope == ChoiceScope::kSetup) {
    for (const Kind k : {kEngineKind, kPrecisionKind, kModeKind, kSpeculationKind}) add(k);
  }
  return key + fmt::format("{}|{}", c.load.input, c.load.output);
}

MissCause CauseOf(const Choice& c) {
  if (c.regret <= kMiss) return MissCause::kNone;
  if (c.chosen.measured * kFar < c.chosen.predicted) return MissCause::kChosenWorse;
  if (c.best.measured > kFar * c.best.predicted) return MissCause::kBestBetter;
  return MissCause::kClose;
}

/// Is there a choice, and what comes of it?
bool Choose(const Layouts& layouts, double target, Choice& out) {
  const Case* any = nullptr;
  for (const auto& [curve, layout] : layouts) {
    const double limit_s = 1.0 / target;
    const ChoiceLayout here{curve, MostWithin(layout.measured, limit_s),
                            MostWithin(layout.predicted, limit_s)};
    out.layouts += here.measured > 0.0 ? 1U : 0U;
    if (here.measured > out.best.measured) out.best = here;
    if (here.predicted > out.chosen.predicted) {
      out.chosen = here;
      any = layout.any;
    }
  }
  if (out.layouts < 2 || any == nullptr) return false;
  out.chip = any->kinds[kChipKind];
  out.model = any->kinds[kModelKind];
  out.mode = any->kinds[kModeKind];
  out.engine = any->kinds[kEngineKind];
  out.precision = any->kinds[kPrecisionKind];
  out.input = any->load.input;
  out.output = any->load.output;
  out.interactivity_tps = target;
  out.regret = 1.0 - out.chosen.measured / out.best.measured;
  out.cause = CauseOf(out);
  return true;
}

double Quantile(const std::vector<double>& sorted, double p) {
  const double rank = static_cast<double>(sorted.size() - 1) * p;
  const auto low = static_cast<std::size_t>(rank);
  const std::size_t high = std::min(low + 1, sorted.size() - 1);
  return sorted[low] + (rank - static_cast<double>(low)) * (sorted[high] - sorted[low]);
}

}  // namespace

std::string_view Name(ChoiceScope scope) {
  return scope == ChoiceScope::kSetup ? "setup" : "scenario";
}

std::string_view Name(MissCause cause) {
  switch (cause) {
    case MissCause::kNone: return "none";
    case MissCause::kBestBetter: return "the best gives more than thought";
    case MissCause::kChosenWorse: return "the chosen gives less than thought";
    case MissCause::kClose: return "near one another";
  }
  return "";
}

std::vector<Choice> Choices(std::span<const Judged> judged, std::span<const double> targets,
                            ChoiceScope scope) {
  std::map<std::string, Layouts> groups;
  for (const Judged& j : judged) {
    const Case& c = *j.row;
    if (c.tpot_s <= 0.0 || c.ttft_s <= 0.0) continue;
    if (c.kinds[kSpeculationKind].starts_with("unknown(none")) continue;
    // Layouts of different engines or drafts are different choices.
    std::string name = c.kinds[kCurveKind] + " " + c.kinds[kSpeculationKind];
    Layout& layout = groups[Key(c, scope)][name];
    layout.any = &c;
    layout.measured.push_back(
        {c.tpot_s, j.measured_tput.value_or(WholeWindowTput(c, c.ttft_s, c.tpot_s))});
    layout.predicted.push_back({j.prediction.tpot_s.value, j.prediction.tput_per_chip.value});
  }
  std::vector<Choice> out;
  for (const double target : targets) {
    for (const auto& [key, layouts] : groups) {
      Choice choice;
      if (Choose(layouts, target, choice)) out.push_back(std::move(choice));
    }
  }
  std::stable_sort(out.begin(), out.end(),
                   [](const Choice& a, const Choice& b) { return a.regret > b.regret; });
  return out;
}

RegretSummary SummaryOf(std::span<const Choice> choices, double target, std::string_view mode) {
  RegretSummary out;
  std::vector<double> regrets;
  for (const Choice& c : choices) {
    if (c.interactivity_tps != target || (!mode.empty() && c.mode != mode)) continue;
    regrets.push_back(c.regret);
    out.mean += c.regret;
    ++out.causes[static_cast<std::size_t>(c.cause)];
  }
  out.choices = regrets.size();
  if (regrets.empty()) return out;
  std::sort(regrets.begin(), regrets.end());
  out.median = Quantile(regrets, 0.5);
  out.p90 = Quantile(regrets, 0.9);
  out.mean /= static_cast<double>(regrets.size());
  return out;
}

}  // namespace roofscape::calibrate
