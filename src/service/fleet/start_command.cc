#include "service/fleet/start_command.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "service/fleet/process.h"

namespace roofscape::fleet {
namespace {

Error Wrong(const spec::Deployment& deployment, std::string_view reason) {
  return {ErrorCode::kInvalidArgument, fmt::format("deployment '{}': {}", deployment.name, reason)};
}

std::string WithNumber(std::string text, const std::string& number) {
  for (std::size_t at = text.find("{}"); at != std::string::npos;
       at = text.find("{}", at + number.size())) {
    text.replace(at, 2, number);
  }
  return text;
}

/// The numbers of the layout by the names of the catalog's settings, then those that the plan
/// gives.
std::map<std::string, std::string> SettingsOf(const spec::Deployment& deployment,
                                              const Launch& launch) {
  std::map<std::string, std::string> settings;
  if (!deployment.roles.empty()) {
    const spec::Role& role = deployment.roles.front();
    const std::int64_t pp = role.pp.value_or(1);
    const std::int64_t dp = role.dp.value_or(1);
    // With data parallel attention the degree of tp counts all of its chips.
    const bool within = role.dp_attention.value_or(false);
    const std::int64_t tp = role.tp.value_or(1);
    settings["group"] = std::to_string(within ? std::max<std::int64_t>(tp / dp, 1) : tp);
    settings["stage"] = std::to_string(within ? tp : tp * dp);
    settings["copies"] = std::to_string(dp);
    settings["ranks"] = std::to_string(role.ep.value_or(1));
    settings["stages"] = std::to_string(pp);
  }
  for (const auto& [name, value] : launch.settings) settings[name] = value;
  return settings;
}

Result<std::string> FlagsOf(const spec::Deployment& deployment, const Launch& launch,
                            const catalog::Launch& known) {
  std::map<std::string, std::string> settings = SettingsOf(deployment, launch);
  std::string flags;
  std::map<std::string, bool> used;
  for (const catalog::LaunchFlag& flag : known.flags) {
    const auto found = settings.find(flag.of);
    if (found == settings.end()) continue;
    used[flag.of] = true;
    double number = 0;
    const std::string& text = found->second;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size()) {
      return Wrong(deployment,
                   fmt::format("launch.settings.{}: must be a number, got '{}'", flag.of, text));
    }
    if (number <= flag.above) continue;
    if (flag.in_file) {
      return Wrong(deployment,
                   fmt::format("setting '{}' stands in a file of options of this engine: write the "
                               "file and give the whole launch.command",
                               flag.of));
    }
    flags += " " + WithNumber(flag.write, text);
  }
  for (const auto& [name, value] : launch.settings) {
    if (used.contains(name)) continue;
    return Wrong(deployment, fmt::format("launch.settings.{}: the catalog knows no flag of {} for "
                                         "it: put the flag into launch.arguments",
                                         name, deployment.engine));
  }
  return flags;
}

/// Null where nothing is known.
struct Found {
  const catalog::Engine* engine = nullptr;
  const catalog::Serve* serve = nullptr;
};

Found EngineOf(const spec::Deployment& deployment, const KnownEngines& engines) {
  Found found;
  if (deployment.engine.empty()) return found;
  const auto engine = catalog::FindEngine(engines.catalog, deployment.engine);
  if (!engine) return found;
  found.engine = *engine;
  const auto serve = engines.serving.find(found.engine->entry.id);
  if (serve != engines.serving.end()) found.serve = &serve->second;
  return found;
}

Result<std::string> CatalogCommand(const spec::Deployment& deployment, const Launch& launch,
                                   const Found& found) {
  if (deployment.roles.size() > 1) {
    return Wrong(deployment,
                 "has several roles, which sweep does not start by itself: give a launch.command "
                 "that starts them all, and the router at {port}");
  }
  if (deployment.model.empty()) return Wrong(deployment, "model is missing: what is to be served?");
  const catalog::Engine& engine = *found.engine;
  const bool whole = found.serve != nullptr && !found.serve->command.empty();
  if (found.serve == nullptr || (!whole && !engine.launch)) {
    return Wrong(deployment,
                 fmt::format("the catalog does not say how a server of {} is started: give "
                             "launch.command, with {{port}} in it",
                             engine.entry.name));
  }
  std::string command = whole ? found.serve->command : engine.launch->command;
  if (engine.launch) {
    RS_ASSIGN_OR_RETURN(const std::string flags, FlagsOf(deployment, launch, *engine.launch));
    command += flags;
  }
  return command + " " + found.serve->listen;
}

/// A container shares the host's network, so that {port} is the host's.
Result<std::string> InContainer(const Launch& launch, const std::string& command) {
  if (launch.runtime == "apptainer") {
    return fmt::format("apptainer exec {} {} {}", launch.runtime_arguments,
                       ShellQuoted(launch.image), command);
  }
  std::string env;
  for (const auto& [name, value] : launch.env) env += fmt::format(" --env {}", ShellQuoted(name));
  return fmt::format("{} run --rm --name {{name}} --network host{} {} {} {}", launch.runtime, env,
                     launch.runtime_arguments, ShellQuoted(launch.image), command);
}

}  // namespace

std::string FillIn(std::string_view text, const std::map<std::string, std::string>& words) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text[at] == '{' ? text.find('}', at) : std::string_view::npos;
    const auto word = end == std::string_view::npos
                          ? words.end()
                          : words.find(std::string(text.substr(at + 1, end - at - 1)));
    if (word == words.end()) {
      out += text[at++];
    } else {
      out += word->second;
      at = end + 1;
    }
  }
  return out;
}

Result<ServerStart> ServerStartOf(const spec::Deployment& deployment, const Launch& launch,
                                  const std::map<std::string, std::string>& words,
                                  const KnownEngines& engines) {
  ServerStart start;
  const Found found = EngineOf(deployment, engines);
  std::string command = launch.command;
  if (command.empty()) {
    if (found.engine == nullptr) {
      const auto unknown = catalog::FindEngine(engines.catalog, deployment.engine);
      return Wrong(deployment, unknown.error().message + ". Or give launch.command");
    }
    RS_ASSIGN_OR_RETURN(command, CatalogCommand(deployment, launch, found));
  }
  if (!launch.arguments.empty()) command += " " + launch.arguments;
  if (launch.runtime == "pod") {
    start.image = launch.image;
  } else if (!launch.runtime.empty()) {
    RS_ASSIGN_OR_RETURN(command, InContainer(launch, command));
    if (launch.runtime != "apptainer") start.remove = launch.runtime + " rm -f {name}";
  }
  std::map<std::string, std::string> known = words;
  for (const auto& [name, value] : launch.settings) known.emplace(name, value);
  known.emplace("model", deployment.model);
  start.command = FillIn(command, known);
  if (!launch.remove.empty()) start.remove = FillIn(launch.remove, known);
  for (const auto& [name, value] : launch.env) start.env[name] = FillIn(value, known);
  if (start.command.find("{port}") == std::string::npos) {
    return Wrong(
        deployment,
        "launch.command: must hold {port}: the sweep looks for a free port and says which");
  }
  start.health = launch.health;
  if (start.health.empty() && found.serve != nullptr) start.health = found.serve->health;
  if (start.health.empty()) start.health = "/health";
  start.start_timeout_s = launch.start_timeout_s;
  if (found.serve != nullptr) start.failures = found.serve->failures;
  return start;
}

std::string VersionCommandOf(const spec::Deployment& deployment, const Launch& launch,
                             const KnownEngines& engines) {
  if (!launch.version_command.empty()) return launch.version_command;
  // Of a command of the plan's own, the catalog's may ask another installation.
  if (!launch.command.empty()) return "";
  const catalog::Serve* serve = EngineOf(deployment, engines).serve;
  if (serve == nullptr || serve->version.empty()) return "";
  if (launch.runtime.empty()) return serve->version;
  if (launch.runtime == "pod") return "";  // It is not on this machine.
  if (launch.runtime == "apptainer") {
    return fmt::format("apptainer exec {} {}", ShellQuoted(launch.image), serve->version);
  }
  return fmt::format("{} run --rm {} {}", launch.runtime, ShellQuoted(launch.image),
                     serve->version);
}

}  // namespace roofscape::fleet
