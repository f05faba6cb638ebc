#include "cli/regret_text.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace roofscape::cli {
namespace {

using calibrate::Choice;
using calibrate::ChoiceScope;
using calibrate::MissCause;

constexpr double kListed = 0.1;  // Choices that cost more are told one by one.

std::string Percent(double fraction) { return fmt::format("{:.1f}", 100.0 * fraction); }

void AddLines(Table& table, const RegretReport& report, ChoiceScope scope) {
  const auto& choices = scope == ChoiceScope::kSetup ? report.setups : report.scenarios;
  for (const double target : report.targets) {
    for (const char* mode : {"", "aggregated", "disaggregated"}) {
      const auto s = calibrate::SummaryOf(choices, target, mode);
      if (s.choices == 0) continue;
      const auto count = [&](MissCause cause) {
        return std::to_string(s.causes[static_cast<std::size_t>(cause)]);
      };
      table.AddRow({*mode == '\0' ? std::string(Name(scope)) : "", fmt::format("{:g}", target),
                    mode, std::to_string(s.choices), Percent(s.median), Percent(s.p90),
                    Percent(s.mean), count(MissCause::kBestBetter), count(MissCause::kChosenWorse),
                    count(MissCause::kClose)});
    }
  }
}

std::string WhatText(const Choice& c) {
  return fmt::format("{} {} {} {} {} {:.0f}/{:.0f}", c.chip, c.model, c.engine, c.precision,
                     c.mode == "disaggregated" ? "disagg" : "agg", c.input, c.output);
}

Json LayoutJson(const calibrate::ChoiceLayout& l) {
  return {{"curve", l.curve},
          {"measured_tps_per_chip", l.measured},
          {"predicted_tps_per_chip", l.predicted}};
}

Json ChoicesJson(const std::vector<Choice>& choices) {
  Json all = Json::array();
  for (const Choice& c : choices) {
    all.push_back({{"chip", c.chip},
                   {"model", c.model},
                   {"engine", c.engine},
                   {"precision", c.precision},
                   {"mode", c.mode},
                   {"input_tokens", c.input},
                   {"output_tokens", c.output},
                   {"interactivity_tps", c.interactivity_tps},
                   {"layouts", c.layouts},
                   {"regret", c.regret},
                   {"cause", Name(c.cause)},
                   {"chosen", LayoutJson(c.chosen)},
                   {"best", LayoutJson(c.best)}});
  }
  return all;
}

}  // namespace

std::string RegretText(const RegretReport& report, const Style& style) {
  Table table({{"among", Align::kLeft, false},
               {"tok/s/user"},
               {"mode", Align::kLeft, false},
               {"choices"},
               {"median\n%"},
               {"p90\n%"},
               {"mean\n%"},
               {"best\nbetter"},
               {"chosen\nworse"},
               {"close"}});
  AddLines(table, report, ChoiceScope::kSetup);
  AddLines(table, report, ChoiceScope::kScenario);
  std::string text = "Regret of the layout that the model would choose\n\n" + table.ToText(style);
  text += "\nChoices of a setup that cost more than a tenth:\n";
  Table misses({{"regret\n%"},
                {"tok/s/user"},
                {"of", Align::kLeft, false},
                {"chosen: measured\ntok/s/chip"},
                {"thought"},
                {"best: measured\ntok/s/chip"},
                {"thought"}});
  for (const Choice& c : report.setups) {
    if (c.regret <= kListed) break;
    misses.AddRow({Percent(c.regret), fmt::format("{:g}", c.interactivity_tps), WhatText(c),
                   FormatNumber(c.chosen.measured), FormatNumber(c.chosen.predicted),
                   FormatNumber(c.best.measured), FormatNumber(c.best.predicted)});
  }
  return text + (misses.row_count() == 0 ? "none\n" : misses.ToText(style));
}

Json RegretJson(const RegretReport& report) {
  return {{"schema", "roofscape-regret-1"},
          {"setup", ChoicesJson(report.setups)},
          {"scenario", ChoicesJson(report.scenarios)}};
}

}  // namespace roofscape::cli
