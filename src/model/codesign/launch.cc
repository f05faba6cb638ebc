#include "model/codesign/launch.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "model/codesign/confirm.h"

namespace roofscape::codesign {
namespace {

constexpr std::string_view kPrefill = "prefill";
constexpr std::string_view kDecode = "decode";

Error Wrong(std::string message) { return {ErrorCode::kInvalidArgument, std::move(message)}; }

std::string Replaced(std::string text, std::string_view what, std::string_view by) {
  for (std::size_t at = text.find(what); at != std::string::npos;
       at = text.find(what, at + by.size())) {
    text.replace(at, what.size(), by);
  }
  return text;
}

/// The numbers of one worker's settings.
using Settings = std::vector<std::pair<std::string_view, double>>;

Settings SettingsOf(const Space& space, const Plan& plan, const Worker& worker, double concurrency,
                    double longest_tokens, std::string_view role) {
  const Family& family = space.families[plan.family];
  const perf::Layout& l = worker.lowered.layout;
  const double stage = l.chips / l.pp;
  const auto sequences =
      static_cast<double>(PolicyOf(space, plan, concurrency).max_sequences) * l.pp;
  const auto flag = [](bool on) { return on ? 1.0 : 0.0; };
  return {{"group", stage / l.dp},
          {"stage", stage},
          {"copies", l.dp},
          {"ranks", l.ep},
          {"stages", l.pp},
          {"sequences", sequences},
          {"worker_sequences", sequences * l.dp},
          {"tokens", family.token_budget},
          {"worker_tokens", family.token_budget * l.dp},
          {"length", std::ceil(longest_tokens)},
          {"drafts", space.drafts},
          {"narrow_cache", flag(family.formats.cache_bytes < 2.0)},
          {"disaggregated", flag(plan.prefill != kNoPrefill)},
          {kPrefill, flag(role == kPrefill)},
          {kDecode, flag(role == kDecode)}};
}

Result<LaunchCommand> CommandOf(const catalog::Engine& engine, const Settings& settings,
                                std::string_view model, std::string_view role) {
  const catalog::Launch& launch = *engine.launch;
  LaunchCommand out;
  out.role = role;
  out.command = Replaced(launch.command, "{model}", model);
  for (const catalog::LaunchFlag& flag : launch.flags) {
    const auto found = std::find_if(settings.begin(), settings.end(),
                                    [&](const auto& s) { return s.first == flag.of; });
    if (found == settings.end()) {
      std::vector<std::string_view> known;
      for (const auto& [name, number] : settings) known.push_back(name);
      return Wrong(fmt::format("{}: a launch flag of '{}', which is no setting; settings are {}",
                               engine.entry.file, flag.of, fmt::join(known, ", ")));
    }
    if (found->second <= flag.above) continue;
    const std::string text = Replaced(flag.write, "{}", fmt::format("{:.0f}", found->second));
    if (flag.in_file) {
      out.text += text + "\n";
    } else {
      out.command += " " + text;
    }
  }
  if (!out.text.empty()) {
    out.file = role == "serve" ? launch.file : fmt::format("{}-{}", role, launch.file);
    out.command += " " + Replaced(launch.file_flag, "{}", out.file);
  }
  return out;
}

bool Offers(const EngineLimits& limits, const perf::Layout& l) {
  const double stage = l.chips / l.pp;
  const bool experts = !limits.experts_all_or_none || l.ep == 1.0 || l.ep == stage;
  const bool copies = !limits.copies_all_or_none || l.dp == 1.0 || l.dp == stage;
  return experts && copies;
}

}  // namespace

EngineLimits LimitsOf(const catalog::Engine& engine) {
  if (!engine.launch) return {};
  return {engine.launch->experts == "all", engine.launch->copies == "all"};
}

Result<std::vector<LaunchCommand>> LaunchCommands(const catalog::Engine& engine, const Space& space,
                                                  const Plan& plan, double concurrency,
                                                  std::string_view model, double longest_tokens) {
  if (!engine.launch) {
    return Wrong(
        fmt::format("engine '{}': the catalog does not say how it is started; add "
                    "[launch] to its file",
                    engine.entry.id));
  }
  const auto& workers = space.families[plan.family].workers;
  struct Role {
    std::string_view name;
    const Worker* worker;
    std::int64_t times;
  };
  std::vector<Role> roles;
  const Worker& serve = workers[plan.serve];
  if (plan.prefill == kNoPrefill) {
    roles = {{"serve", &serve, plan.serve_workers}};
  } else {
    const Worker& prefill = workers[static_cast<std::size_t>(plan.prefill)];
    roles = {{kPrefill, &prefill, plan.prefill_workers}, {kDecode, &serve, plan.serve_workers}};
  }
  std::vector<LaunchCommand> commands;
  for (const Role& role : roles) {
    if (!Offers(LimitsOf(engine), role.worker->lowered.layout)) {
      return Wrong(fmt::format("{} does not offer {}", engine.entry.name,
                               LayoutText(role.worker->lowered.layout)));
    }
    const Settings settings =
        SettingsOf(space, plan, *role.worker, concurrency, longest_tokens, role.name);
    RS_ASSIGN_OR_RETURN(LaunchCommand command, CommandOf(engine, settings, model, role.name));
    command.times = role.times;
    commands.push_back(std::move(command));
  }
  if (plan.prefill != kNoPrefill && !engine.launch->router.empty()) {
    commands.push_back({"router", 1, engine.launch->router, "", ""});
  }
  return commands;
}

}  // namespace roofscape::codesign
