#include "service/fleet/plan.h"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "base/core/names.h"
#include "base/core/text.h"
#include "domain/spec/load_rules.h"
#include "domain/spec/plan_parts.h"
#include "service/fleet/failure.h"
#include "service/fleet/telemetry_plan.h"

namespace roofscape::fleet {
namespace {

constexpr std::array<std::string_view, 4> kExecutors = {"local", "slurm", "kubernetes", "ssh"};
constexpr std::array<std::string_view, 4> kRuntimes = {"podman", "docker", "apptainer", "pod"};
constexpr std::array<std::string_view, 2> kDrifts = {"warn", "refuse"};
constexpr std::int64_t kMostRepeats = 1000;

/// What `table` does not say itself, of `below`.
void MergeBelow(Json& table, const Json& below) {
  for (const auto& [key, value] : below.items()) {
    if (!table.contains(key)) {
      table[key] = value;
    } else if (table[key].is_object() && value.is_object()) {
      MergeBelow(table[key], value);
    }
  }
}

Result<> MergePresets(const Document& document, Json& root, const char* section) {
  const auto tables = root.find(section);
  if (tables == root.end() || !tables->is_array()) return {};
  for (std::size_t i = 0; i < tables->size(); ++i) {
    Json& table = (*tables)[i];
    if (!table.is_object() || !table.contains("preset")) continue;
    const Json names = table["preset"].is_array() ? table["preset"] : Json{table["preset"]};
    for (const Json& name : names) {
      const std::string where = fmt::format("/{}/{}/preset", section, i);
      if (!name.is_string()) return document.ErrorAt(where, "must be the name of a [preset.NAME]");
      const auto presets = root.find("preset");
      const bool known = presets != root.end() && presets->is_object() &&
                         presets->contains(name.get<std::string>()) &&
                         (*presets)[name.get<std::string>()].is_object();
      if (!known) {
        std::vector<std::string> all;
        if (presets != root.end() && presets->is_object()) {
          for (const auto& [key, value] : presets->items()) all.push_back(key);
        }
        return document.ErrorAt(where,
                                fmt::format("'{}' is no preset of this plan.{} Add [preset.{}]",
                                            Printable(name.get<std::string>(), 40),
                                            DidYouMean(name.get<std::string>(), all),
                                            Printable(name.get<std::string>(), 40)));
      }
      MergeBelow(table, (*presets)[name.get<std::string>()]);
    }
    table.erase("preset");
  }
  return {};
}

/// The values of a field as texts: of one value or a list, of texts, numbers or truth values.
std::vector<std::string> Texts(ObjectReader& reader, std::string_view name) {
  const Json* raw = reader.Raw(name);
  if (raw == nullptr) return {};
  std::vector<std::string> texts;
  const Json list = raw->is_array() ? *raw : Json{*raw};
  for (const Json& value : list) {
    if (value.is_string()) {
      texts.push_back(value.get<std::string>());
    } else if (value.is_number() || value.is_boolean()) {
      texts.push_back(value.dump());
    } else {
      reader.Fail(name, "must hold texts or numbers");
    }
  }
  if (texts.empty()) reader.Fail(name, "must have a value: leave it out, or give one");
  return texts;
}

/// All fields of an inner table, as texts.
std::map<std::string, std::vector<std::string>> TextTable(ObjectReader& reader,
                                                          std::string_view name) {
  std::map<std::string, std::vector<std::string>> table;
  const Json* raw = reader.Raw(name);
  if (raw == nullptr) return table;
  if (!raw->is_object()) {
    reader.Fail(name, "must be a table");
    return table;
  }
  reader.ReadInside(name, [&](ObjectReader& inside) {
    for (const auto& [key, value] : raw->items()) table[key] = Texts(inside, key);
  });
  return table;
}

void OneOf(ObjectReader& reader, std::string_view field, std::span<const std::string_view> known,
           const std::string& value) {
  if (std::find(known.begin(), known.end(), value) == known.end()) {
    reader.Fail(field, UnknownName(Printable(value, 40), known));
  }
}

void Above0(ObjectReader& reader, std::string_view field, const std::optional<double>& value) {
  if (value && !(*value > 0)) reader.Fail(field, "must be above 0");
}

Launch ReadLaunch(ObjectReader& reader) {
  Launch launch;
  reader.Optional("command", launch.command);
  reader.Optional("arguments", launch.arguments);
  reader.Optional("runtime", launch.runtime);
  reader.Optional("image", launch.image);
  reader.Optional("runtime_arguments", launch.runtime_arguments);
  reader.Optional("env", launch.env);
  reader.Optional("files", launch.files);
  for (const auto& [name, values] : TextTable(reader, "settings")) {
    if (values.size() != 1) reader.Fail("settings", name + ": one value; several make an axis");
    launch.settings[name] = values.empty() ? "" : values.front();
  }
  reader.Optional("health", launch.health);
  reader.Optional("remove", launch.remove);
  reader.Optional("version_command", launch.version_command);
  reader.Optional("start_timeout_s", launch.start_timeout_s);
  Above0(reader, "start_timeout_s", launch.start_timeout_s);
  if (!launch.health.empty() && launch.health.front() != '/') {
    reader.Fail("health", "must be a path, e.g. \"/health\"");
  }
  if (!launch.runtime.empty()) OneOf(reader, "runtime", kRuntimes, launch.runtime);
  if (launch.runtime.empty() != launch.image.empty()) {
    reader.Fail("image", "and runtime belong together: give both for a container, or neither");
  }
  return launch;
}

PlannedDeployment ReadPlannedDeployment(ObjectReader& reader) {
  PlannedDeployment planned;
  planned.deployment = spec::ReadDeployment(reader);
  reader.ReadInside("launch", [&](ObjectReader& inside) { planned.launch = ReadLaunch(inside); });
  planned.axes = TextTable(reader, "axes");
  if (planned.deployment.name.empty()) reader.Fail("name", "is missing: loads name it");
  if (planned.launch.command.empty() && planned.deployment.engine.empty()) {
    reader.Fail("launch", "give launch.command, or an engine that the catalog can start");
  }
  return planned;
}

spec::Workload ReadPlannedWorkload(ObjectReader& reader) {
  spec::Workload workload = spec::ReadWorkload(reader);
  if (workload.name.empty()) workload.name = spec::ShapeName(workload);
  return workload;
}

PlannedLoad ReadPlannedLoad(ObjectReader& reader) {
  PlannedLoad planned;
  if (!reader.Has("concurrency") && (reader.Has("rates_rps") || reader.Has("arrivals"))) {
    planned.load = spec::ReadLoad(reader);
    planned.load.concurrency.clear();  // The default is for closed loops.
  } else {
    planned.load = spec::ReadLoad(reader);
  }
  if (planned.load.repeat != 1) {
    reader.Fail("repeat", "stands once, for the whole plan: repeats");
  }
  reader.Optional("deployments", planned.deployments);
  reader.Optional("workloads", planned.workloads);
  spec::Plan plan;
  plan.load = planned.load;
  if (const Result<> valid = spec::Validate(plan); !valid) {
    reader.Fail(plan.load.concurrency.empty() ? "rates_rps" : "concurrency", valid.error().message);
  }
  if (const Result<> busy = spec::RefuseIdleUsers(plan.load); !busy) {
    reader.Fail("concurrency", busy.error().message);
  }
  return planned;
}

Budget ReadBudget(ObjectReader& reader) {
  Budget budget;
  reader.Optional("wall_hours", budget.wall_hours);
  reader.Optional("device_hours", budget.device_hours);
  reader.Optional("usd", budget.usd);
  reader.Optional("usd_per_device_hour", budget.usd_per_device_hour);
  Above0(reader, "wall_hours", budget.wall_hours);
  Above0(reader, "device_hours", budget.device_hours);
  Above0(reader, "usd", budget.usd);
  if (budget.usd_per_device_hour.value_or(0) < 0) {
    reader.Fail("usd_per_device_hour", "must be 0 or more");
  }
  return budget;
}

/// A part of a manifest as it is, for Kubernetes to read.
std::string RawJson(ObjectReader& reader, std::string_view name, bool list) {
  const Json* const raw = reader.Raw(name);
  if (raw == nullptr) return "";
  if (list ? !raw->is_array() : !raw->is_object()) {
    reader.Fail(name, list ? "must be a list of tables" : "must be a table");
    return "";
  }
  return raw->dump(-1, ' ', false, Json::error_handler_t::replace);
}

KubernetesSettings ReadKubernetes(ObjectReader& reader) {
  KubernetesSettings settings;
  reader.Optional("kubectl", settings.kubectl);
  reader.Optional("namespace", settings.name_space);
  reader.Optional("image", settings.image);
  reader.Optional("chip_resource", settings.chip_resource);
  reader.Optional("resources", settings.resources);
  reader.Optional("node_selector", settings.node_selector);
  reader.Optional("service_account", settings.service_account);
  settings.tolerations = RawJson(reader, "tolerations", /*list=*/true);
  settings.manifest = RawJson(reader, "manifest", /*list=*/false);
  reader.Optional("alone", settings.alone);
  reader.Optional("keep_s", settings.keep_s);
  reader.Optional("ttl_s", settings.ttl_s);
  reader.Optional("schedule_timeout_s", settings.schedule_timeout_s);
  if (settings.kubectl.empty()) reader.Fail("kubectl", "must name a program, e.g. [\"kubectl\"]");
  constexpr double kYear = 366 * 86'400.0;
  for (const auto& [name, seconds] :
       {std::pair("keep_s", settings.keep_s), std::pair("ttl_s", settings.ttl_s),
        std::pair("schedule_timeout_s", settings.schedule_timeout_s)}) {
    if (!(seconds >= 0 && seconds <= kYear)) reader.Fail(name, "must lie between 0 and a year");
  }
  return settings;
}

ExecutorSettings ReadExecutor(ObjectReader& reader) {
  ExecutorSettings executor;
  reader.Optional("kind", executor.kind);
  reader.Optional("parallel", executor.parallel);
  reader.Optional("options", executor.options);
  reader.Optional("hosts", executor.hosts);
  reader.Optional("ssh", executor.ssh);
  reader.Optional("roofscape", executor.roofscape);
  reader.Optional("remote_folder", executor.remote_folder);
  reader.Optional("time_limit_s", executor.time_limit_s);
  executor.kubernetes = ReadKubernetes(reader);
  OneOf(reader, "kind", kExecutors, executor.kind);
  if (executor.parallel < 1 || executor.parallel > 10'000) {
    reader.Fail("parallel", "must lie between 1 and 10000");
  }
  if (executor.ssh.empty()) reader.Fail("ssh", "must name a program, e.g. [\"ssh\"]");
  if (!(executor.time_limit_s >= 60)) reader.Fail("time_limit_s", "must be 60 or more");
  return executor;
}

/// Whether drift is refused.
bool ReadDrift(ObjectReader& reader) {
  std::string drift = "warn";
  reader.Optional("drift", drift);
  OneOf(reader, "drift", kDrifts, drift);
  return drift == "refuse";
}

std::map<std::string, std::int64_t> ReadRetries(ObjectReader& reader) {
  std::map<std::string, std::int64_t> retries;
  for (const std::string_view name : FailureClasses()) {
    if (!reader.Has(name)) continue;
    std::int64_t& times = retries[std::string(name)];
    reader.Optional(name, times);
    if (times < 0 || times > 1000) reader.Fail(name, "must lie between 0 and 1000");
  }
  return retries;
}

spec::Target ReadRequestForm(ObjectReader& reader) {
  spec::Target target;
  std::string api(spec::Name(target.api));
  std::string counts(spec::Name(target.token_counts));
  reader.Optional("api", api);
  reader.Optional("token_counts", counts);
  reader.Optional("model", target.model);
  reader.Optional("extra_body", target.extra_body);
  if (const auto parsed = spec::ParseApi(api)) {
    target.api = *parsed;
  } else {
    reader.Fail("api", parsed.error().message);
  }
  if (const auto parsed = spec::ParseTokenCounts(counts)) {
    target.token_counts = *parsed;
  } else {
    reader.Fail("token_counts", parsed.error().message);
  }
  return target;
}

/// Names that stand twice, or that nothing has.
Result<> CheckNames(const SweepPlan& plan, const Document& document) {
  std::vector<std::string> deployments;
  std::vector<std::string> workloads;
  for (std::size_t i = 0; i < plan.deployments.size(); ++i) {
    const std::string& name = plan.deployments[i].deployment.name;
    if (std::find(deployments.begin(), deployments.end(), name) != deployments.end()) {
      return document.ErrorAt(fmt::format("/deployment/{}/name", i),
                              fmt::format("'{}' stands twice: give each its own", name));
    }
    deployments.push_back(name);
  }
  for (std::size_t i = 0; i < plan.workloads.size(); ++i) {
    const std::string& name = plan.workloads[i].name;
    if (std::find(workloads.begin(), workloads.end(), name) != workloads.end()) {
      return document.ErrorAt(fmt::format("/workload/{}", i),
                              fmt::format("name '{}' stands twice: give each its own", name));
    }
    workloads.push_back(name);
  }
  const auto check = [&](std::size_t i, const char* field, const std::vector<std::string>& names,
                         const std::vector<std::string>& known) -> Result<> {
    for (const std::string& name : names) {
      if (std::find(known.begin(), known.end(), name) != known.end()) continue;
      return document.ErrorAt(
          fmt::format("/load/{}/{}", i, field),
          fmt::format("'{}' is in no [[{}]].{} There are: {}", Printable(name, 40),
                      std::string_view(field).substr(0, std::string_view(field).size() - 1),
                      DidYouMean(name, known), fmt::join(known, ", ")));
    }
    return {};
  };
  for (std::size_t i = 0; i < plan.loads.size(); ++i) {
    RS_RETURN_IF_ERROR(check(i, "deployments", plan.loads[i].deployments, deployments));
    RS_RETURN_IF_ERROR(check(i, "workloads", plan.loads[i].workloads, workloads));
  }
  return {};
}

/// An exclusion of a name that no point has would exclude nothing, silently.
Result<> CheckExclusions(const SweepPlan& plan, const Document& document) {
  std::set<std::string> known = {"deployment", "workload", "concurrency", "rate_rps"};
  for (const PlannedDeployment& planned : plan.deployments) {
    for (const auto& [name, values] : planned.axes) known.insert(name);
  }
  const std::vector<std::string> names(known.begin(), known.end());
  for (std::size_t i = 0; i < plan.exclusions.size(); ++i) {
    for (const auto& [name, values] : plan.exclusions[i]) {
      if (known.contains(name)) continue;
      return document.ErrorAt(
          fmt::format("/exclude/{}/{}", i, name),
          fmt::format("is neither an axis nor anything else a point has.{} There are: {}",
                      DidYouMean(name, names), fmt::join(names, ", ")));
    }
  }
  return {};
}

Exclusion ReadExclusion(const Document& document, ObjectReader& reader, std::size_t index) {
  Exclusion exclusion;
  const Json& table = document.value()["exclude"][index];
  for (const auto& [name, value] : table.items()) exclusion[name] = Texts(reader, name);
  if (exclusion.empty()) reader.Fail("deployment", "or something else must stand here");
  return exclusion;
}

void ReadTop(ObjectReader& reader, SweepPlan& plan) {
  std::int64_t version = 0;
  reader.Required("schema_version", version);
  if (version != kSweepSchemaVersion) {
    reader.Fail("schema_version",
                fmt::format("is {}, this Roofscape reads {}: update Roofscape, or the plan",
                            version, kSweepSchemaVersion));
  }
  reader.Required("name", plan.name);
  if (plan.name.empty()) reader.Fail("name", "must not be empty: it names the campaign");
  reader.Optional("purpose", plan.purpose);
  reader.Optional("seed", plan.seed);
  reader.Optional("repeats", plan.repeats);
  reader.Optional("max_age_days", plan.max_age_days);
  reader.Optional("start_estimate_s", plan.start_estimate_s);
  reader.Optional("point_estimate_s", plan.point_estimate_s);
  if (plan.seed < 0) reader.Fail("seed", "must be 0 or more");
  if (plan.repeats < 1 || plan.repeats > kMostRepeats) {
    reader.Fail("repeats", fmt::format("must lie between 1 and {}", kMostRepeats));
  }
  if (plan.max_age_days.value_or(0) < 0) reader.Fail("max_age_days", "must be 0 or more");
  Above0(reader, "start_estimate_s", plan.start_estimate_s);
  Above0(reader, "point_estimate_s", plan.point_estimate_s);
}

/// The place of a field as errors have it, "load[1].name", as a JSON pointer.
std::string PointerOf(std::string_view field) {
  std::string pointer = "/";
  for (const char c : field) {
    if (c == '.' || c == '[') {
      pointer += '/';
    } else if (c != ']') {
      pointer += c;
    }
  }
  return pointer;
}

/// The same error with the line on which its field stands in the file: presets were merged into
/// what was read, so its reader knows no lines.
Error WithLine(const Error& error, const Document& file) {
  const std::string head = file.source() + ": ";
  const std::size_t end = error.message.find(": ", head.size());
  if (!error.message.starts_with(head) || end == std::string::npos) return error;
  const std::string field = error.message.substr(head.size(), end - head.size());
  if (field.find(' ') != std::string::npos) return error;
  return file.ErrorAt(PointerOf(field), error.message.substr(end + 2));
}

Result<SweepPlan> ReadPlan(const Document& document) {
  SweepPlan plan;
  ObjectReader reader(document);
  ReadTop(reader, plan);
  reader.Raw("preset");
  plan.deployments = reader.ReadEach("deployment", ReadPlannedDeployment);
  plan.workloads = reader.ReadEach("workload", ReadPlannedWorkload);
  plan.loads = reader.ReadEach("load", ReadPlannedLoad);
  std::size_t index = 0;
  plan.exclusions = reader.ReadEach(
      "exclude", [&](ObjectReader& inside) { return ReadExclusion(document, inside, index++); });
  reader.ReadInside("request", [&](ObjectReader& r) { plan.target = ReadRequestForm(r); });
  reader.ReadInside("timeouts", [&](ObjectReader& r) { plan.timeouts = spec::ReadTimeouts(r); });
  reader.ReadInside("client", [&](ObjectReader& r) { plan.client = spec::ReadClient(r); });
  reader.ReadInside("budget", [&](ObjectReader& r) { plan.budget = ReadBudget(r); });
  reader.ReadInside("executor", [&](ObjectReader& r) { plan.executor = ReadExecutor(r); });
  reader.ReadInside("retries", [&](ObjectReader& r) { plan.retries = ReadRetries(r); });
  reader.ReadInside("telemetry", [&](ObjectReader& r) { plan.telemetry = ReadTelemetry(r); });
  reader.ReadInside("environment", [&](ObjectReader& r) { plan.refuse_drift = ReadDrift(r); });
  if (plan.deployments.empty()) reader.Fail("deployment", "is missing: add a [[deployment]]");
  if (plan.workloads.empty()) reader.Fail("workload", "is missing: add a [[workload]]");
  if (plan.loads.empty()) reader.Fail("load", "is missing: add a [[load]]");
  RS_RETURN_IF_ERROR(reader.Finish());
  RS_RETURN_IF_ERROR(CheckNames(plan, document));
  RS_RETURN_IF_ERROR(CheckExclusions(plan, document));
  return plan;
}

Error ExecutorError(std::string_view text) {
  return {ErrorCode::kInvalidArgument, fmt::format("executor.{}", text)};
}

}  // namespace

Result<> CheckExecutor(const SweepPlan& plan) {
  const ExecutorSettings& executor = plan.executor;
  const bool kubernetes = executor.kind == "kubernetes";
  if (executor.kind == "ssh" && executor.hosts.empty()) {
    return ExecutorError("hosts: is missing: name the machines that ssh reaches");
  }
  if (kubernetes && executor.kubernetes.image.empty()) {
    return ExecutorError("image: is missing: name an image with roofscape, a shell and tar in it");
  }
  for (const PlannedDeployment& planned : plan.deployments) {
    const std::string& runtime = planned.launch.runtime;
    if (kubernetes ? runtime.empty() || runtime == "pod" : runtime != "pod") continue;
    return ExecutorError(
        fmt::format("kind: '{}' does not go with launch.runtime '{}' of deployment '{}': {}",
                    executor.kind, runtime, planned.deployment.name,
                    kubernetes ? "in a cluster an image is started by runtime = \"pod\""
                               : "a pod is made by kind = \"kubernetes\""));
  }
  return {};
}

Result<SweepPlan> ParseSweepPlan(std::string_view text, const std::string& source) {
  RS_ASSIGN_OR_RETURN(const Document file, source.ends_with(".json") ? ParseJson(text, source)
                                                                     : ParseToml(text, source));
  Json merged = file.value();
  if (merged.is_object()) {
    for (const char* section : {"deployment", "workload", "load"}) {
      RS_RETURN_IF_ERROR(MergePresets(file, merged, section));
    }
  }
  auto plan = ReadPlan(Document(std::move(merged), source));
  if (!plan) return WithLine(plan.error(), file);
  return plan;
}

}  // namespace roofscape::fleet
