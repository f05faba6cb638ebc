#include "cli/explore_text.h"

#include <algorithm>
#include <array>
#include <string_view>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace roofscape::cli {
namespace {

using codesign::Band;
using codesign::Candidate;
using codesign::Family;
using codesign::Plan;

std::string WithBand(const Band& b, double scale) {
  return fmt::format("{} ({} to {})", FormatNumber(b.value * scale), FormatNumber(b.low80 * scale),
                     FormatNumber(b.high80 * scale));
}

Band Scaled(const Band& b, double by) { return {b.value * by, b.low80 * by, b.high80 * by}; }

constexpr std::array<std::string_view, perf::kEngineClasses> kEngines = {"other", "vllm", "sglang",
                                                                         "trtllm"};

std::string WorkersText(std::int64_t count, const codesign::Worker& worker) {
  const std::string layout = codesign::LayoutText(worker.lowered.layout);
  return count == 1 ? layout : fmt::format("{} x {}", count, layout);
}

/// "2 x tp 1 -> 3 x tp 2": prefill to decode.
std::string LayoutsText(const codesign::Space& space, const Plan& plan) {
  const auto& workers = space.families[plan.family].workers;
  const std::string serve = WorkersText(plan.serve_workers, workers[plan.serve]);
  if (plan.prefill == codesign::kNoPrefill) return serve;
  return fmt::format(
      "{} -> {}",
      WorkersText(plan.prefill_workers, workers[static_cast<std::size_t>(plan.prefill)]), serve);
}

std::string FamilyText(const codesign::Space& space, const Plan& plan) {
  const Family& f = space.families[plan.family];
  std::string text =
      fmt::format("{} {} {}", f.chip, kEngines[f.engine], perf::Name(f.formats.experts));
  const bool budgets = std::any_of(space.families.begin(), space.families.end(),
                                   [&](const auto& o) { return o.token_budget != f.token_budget; });
  if (budgets) text += fmt::format(" budget {:.0f}", f.token_budget);
  return text;
}

Band ValueBand(const codesign::Space& space, const Candidate& c) {
  return Scaled(c.estimate.tput_per_chip, 1.0 / space.families[c.formulas.plan.family].weight);
}

std::string RankedText(const Exploration& e, const Style& style) {
  Table table({{"#"},
               {"deployment", Align::kLeft, false},
               {"layout", Align::kLeft, false},
               {"chips"},
               {"requests\nin flight"},
               {e.spending.name + "\n(80 %)"},
               {"TPOT ms\n(80 %)"},
               {"TTFT ms\nmean"},
               {"like it", Align::kLeft, false}});
  for (std::size_t i = 0; i < e.ranked.size(); ++i) {
    const Candidate& c = e.ranked[i];
    table.AddRow({std::to_string(i + 1), FamilyText(e.space, c.formulas.plan),
                  LayoutsText(e.space, c.formulas.plan),
                  std::to_string(codesign::ChipsOf(e.space, c.formulas.plan)),
                  FormatNumber(c.formulas.concurrency), WithBand(ValueBand(e.space, c), 1.0),
                  WithBand(c.estimate.tpot_s, 1e3), FormatNumber(c.estimate.ttft_s.value * 1e3),
                  c.estimate.domain});
  }
  return table.ToText(style);
}

std::string ConfirmedText(const Exploration& e, const Style& style) {
  Table table({{"#"},
               {"formulas\n" + e.spending.name},
               {"simulated"},
               {"expected"},
               {"simulated,\ncorrected"},
               {"TPOT ms\nexpected"},
               {"simulated,\ncorrected"},
               {"TTFT p99 ms\nsimulated"}});
  for (std::size_t i = 0; i < e.confirmed.size(); ++i) {
    const Candidate& c = e.ranked[i];
    const double weight = e.space.families[c.formulas.plan.family].weight;
    if (!e.confirmed[i]) {
      table.AddRow({std::to_string(i + 1), FormatNumber(c.formulas.value), "cannot run", "-", "-",
                    "-", "-", "-"});
      continue;
    }
    const Confirmation& s = *e.confirmed[i];
    table.AddRow({std::to_string(i + 1), FormatNumber(c.formulas.value),
                  FormatNumber(s.simulated.tput_per_chip / weight),
                  FormatNumber(c.estimate.tput_per_chip.value / weight), FormatNumber(s.value),
                  FormatNumber(c.estimate.tpot_s.value * 1e3), FormatNumber(s.tpot_s * 1e3),
                  FormatNumber(s.simulated.ttft_p99_s * 1e3)});
  }
  std::string text = table.ToText(style);
  if (const auto verdict = VerdictOf(e)) text += Wrap(verdict->text + ".", style.width, 0) + "\n";
  return text;
}

std::string FrontierText(const Exploration& e, const Style& style) {
  Table table({{"tokens/s/user\nat least"},
               {e.spending.name + "\n(80 %)"},
               {"deployment", Align::kLeft, false},
               {"layout", Align::kLeft, false},
               {"requests\nin flight"}});
  for (const FrontierStep& step : e.frontier) {
    if (!step.best) {
      table.AddRow({FormatNumber(step.interactivity_tps), "-", "", "", ""});
      continue;
    }
    const Plan& plan = step.best->formulas.plan;
    table.AddRow({FormatNumber(step.interactivity_tps),
                  WithBand(ValueBand(e.space, *step.best), 1.0), FamilyText(e.space, plan),
                  LayoutsText(e.space, plan), FormatNumber(step.best->formulas.concurrency)});
  }
  return table.ToText(style);
}

std::string CommandsText(const Exploration& e) {
  std::string text;
  for (const EngineCommands& engine : e.commands) {
    text += fmt::format("\n{}{}\n", engine.engine,
                        engine.refused.empty() ? ":" : ": " + engine.refused);
    for (const auto& c : engine.commands) {
      const bool alone = c.role == "serve" && c.times == 1;
      if (!alone) text += fmt::format("  # {} x {}\n", c.times, c.role);
      text += fmt::format("  {}\n", c.command);
      if (c.text.empty()) continue;
      text += fmt::format("  # {}:\n", c.file);
      std::string line;
      for (const char ch : c.text) {
        if (ch != '\n') {
          line += ch;
          continue;
        }
        text += fmt::format("  #   {}\n", line);
        line.clear();
      }
    }
  }
  if (!e.note.empty()) text += "\n" + e.note + "\n";
  return text;
}

Json BandJson(const Band& b) {
  return {{"value", b.value}, {"low80", b.low80}, {"high80", b.high80}};
}

Json WorkersJson(std::int64_t count, const codesign::Worker& worker) {
  const perf::Layout& l = worker.lowered.layout;
  return {{"workers", count}, {"tp", l.chips / l.pp / l.dp}, {"dp", l.dp}, {"ep", l.ep},
          {"pp", l.pp},       {"chips", worker.chips}};
}

Json CandidateJson(const Exploration& e, const Candidate& c) {
  const Plan& plan = c.formulas.plan;
  const Family& f = e.space.families[plan.family];
  Json json = {{"chip", f.chip},
               {"engine", kEngines[f.engine]},
               {"precision", perf::Name(f.formats.experts)},
               {"token_budget", f.token_budget},
               {"chips", codesign::ChipsOf(e.space, plan)},
               {"serve", WorkersJson(plan.serve_workers, f.workers[plan.serve])},
               {"concurrency", c.formulas.concurrency},
               {e.spending.key, BandJson(ValueBand(e.space, c))},
               {"total_tps_per_chip", BandJson(c.estimate.tput_per_chip)},
               {"tpot_mean_s", BandJson(c.estimate.tpot_s)},
               {"ttft_mean_s", BandJson(c.estimate.ttft_s)},
               {"domain", c.estimate.domain},
               {"formulas",
                {{"total_tps_per_chip", c.formulas.value * f.weight},
                 {"tpot_mean_s", c.formulas.tpot_s},
                 {"ttft_mean_s", c.formulas.ttft_s}}}};
  if (plan.prefill != codesign::kNoPrefill) {
    json["prefill"] =
        WorkersJson(plan.prefill_workers, f.workers[static_cast<std::size_t>(plan.prefill)]);
  }
  return json;
}

Json CommandsJson(const Exploration& e) {
  Json all = Json::array();
  for (const EngineCommands& engine : e.commands) {
    Json one = {{"engine", engine.engine}};
    if (!engine.refused.empty()) one["refused"] = engine.refused;
    Json commands = Json::array();
    for (const auto& c : engine.commands) {
      Json command = {{"role", c.role}, {"times", c.times}, {"command", c.command}};
      if (!c.file.empty()) command["file"] = {{"name", c.file}, {"text", c.text}};
      commands.push_back(std::move(command));
    }
    one["commands"] = std::move(commands);
    all.push_back(std::move(one));
  }
  return all;
}

Json RefusedJson(const codesign::Space& space) {
  Json all = Json::array();
  for (std::size_t i = 0; i < codesign::kRefusals; ++i) {
    const auto& count = space.refused[i];
    if (count.layouts == 0) continue;
    const auto refusal = static_cast<codesign::Refusal>(i);
    all.push_back({{"reason", codesign::Name(refusal)},
                   {"why", codesign::Why(refusal)},
                   {"layouts", count.layouts},
                   {"example", count.example}});
  }
  return all;
}

}  // namespace

std::string ExplorationText(const Exploration& e, const Style& style) {
  std::string text = fmt::format(
      "{}, {:.0f} tokens in and {:.0f} out, at {} tokens/s/user or faster{}: most {}.\n", e.model,
      e.input, e.output, FormatNumber(e.interactivity_tps),
      e.ttft_limit_s ? fmt::format(", mean TTFT up to {} ms", FormatNumber(*e.ttft_limit_s * 1e3))
                     : "",
      e.spending.name);
  if (!e.spending.source.empty()) {
    text += Wrap("Spent: " + e.spending.source + ".", style.width, 0) + "\n";
  }
  std::size_t workers = 0;
  for (const Family& f : e.space.families) workers += f.workers.size();
  text +=
      Wrap(fmt::format("{} of {} layouts of a worker are legal; of {} deployments at {} loads "
                       "the bounds left {} to compute.",
                       workers, e.space.layouts, e.plans, e.space.concurrencies.size(), e.computed),
           style.width, 0) +
      "\n\n";
  if (e.ranked.empty()) {
    text += "Nothing is expected to reach the target.";
    if (e.fastest_tps) {
      text += fmt::format(" The fastest gives a user {} tokens/s.", FormatNumber(*e.fastest_tps));
    }
    return text + " See --why-not.\n";
  }
  text += RankedText(e, style);
  if (!e.confirmed.empty()) text += "\nRequest by request:\n" + ConfirmedText(e, style);
  text += "\nThe best at each speed:\n" + FrontierText(e, style);
  return text + "\nTo run the first:\n" + CommandsText(e);
}

std::string RefusalText(const codesign::Space& space, const Style& style) {
  Table table({{"layouts"},
               {"refused because", Align::kLeft, false},
               {"for example", Align::kLeft, false}});
  for (std::size_t i = 0; i < codesign::kRefusals; ++i) {
    const auto& count = space.refused[i];
    if (count.layouts == 0) continue;
    table.AddRow({std::to_string(count.layouts),
                  std::string(codesign::Why(static_cast<codesign::Refusal>(i))), count.example});
  }
  return table.ToText(style);
}

Json ExplorationJson(const Exploration& e) {
  Json ranked = Json::array();
  for (std::size_t i = 0; i < e.ranked.size(); ++i) {
    Json one = CandidateJson(e, e.ranked[i]);
    if (i < e.confirmed.size() && e.confirmed[i]) {
      const Confirmation& s = *e.confirmed[i];
      one["simulated"] = {{"total_tps_per_chip", s.simulated.tput_per_chip},
                          {"tpot_mean_s", s.simulated.tpot_s},
                          {"ttft_mean_s", s.simulated.ttft_s},
                          {"ttft_p99_s", s.simulated.ttft_p99_s},
                          {"requests", s.simulated.requests},
                          {"preemptions", s.simulated.preemptions},
                          {"corrected",
                           {{"total_tps_per_chip", s.tput_per_chip},
                            {"tpot_mean_s", s.tpot_s},
                            {"ttft_mean_s", s.ttft_s}}}};
    }
    ranked.push_back(std::move(one));
  }
  Json frontier = Json::array();
  for (const FrontierStep& step : e.frontier) {
    frontier.push_back({{"interactivity_tps", step.interactivity_tps},
                        {"best", step.best ? CandidateJson(e, *step.best) : Json(nullptr)}});
  }
  Json json = {{"schema", "roofscape-exploration-1"},
               {"model", e.model},
               {"input_tokens", e.input},
               {"output_tokens", e.output},
               {"interactivity_tps", e.interactivity_tps},
               {"objective", e.spending.key},
               {"layouts", e.space.layouts},
               {"deployments", e.plans},
               {"configurations", e.configurations},
               {"computed", e.computed},
               {"refused", RefusedJson(e.space)},
               {"ranked", std::move(ranked)},
               {"frontier", std::move(frontier)},
               {"launch", CommandsJson(e)}};
  if (e.ttft_limit_s) json["ttft_limit_s"] = *e.ttft_limit_s;
  if (!e.spending.source.empty()) json["spent"] = e.spending.source;
  if (e.fastest_tps) json["fastest_tps"] = *e.fastest_tps;
  if (!e.note.empty()) json["note"] = e.note;
  if (const auto verdict = VerdictOf(e)) {
    json["confirmed"] = verdict->confirmed;
    json["verdict"] = verdict->text;
  }
  return json;
}

}  // namespace roofscape::cli
