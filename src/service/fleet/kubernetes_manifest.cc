#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "service/fleet/gate.h"
#include "service/fleet/job.h"
#include "service/fleet/kubernetes.h"

namespace roofscape::fleet {
namespace {

constexpr const char* kShared = "/roofscape";
constexpr const char* kGateFolder = "/roofscape/gate";
constexpr const char* kInput = "/roofscape-input";
constexpr std::int64_t kGrace_s = 60;  // A worker ends its server within 20 s.

Json Metadata(const std::string& name, const ExecutorSettings& settings) {
  Json metadata = {
      {"name", name},
      {"labels",
       {{kManagedBy, "roofscape"}, {kCampaignLabel, CampaignLabelOf(name)}, {kJobLabel, name}}}};
  if (!settings.kubernetes.name_space.empty()) {
    metadata["namespace"] = settings.kubernetes.name_space;
  }
  return metadata;
}

/// What the container that computes asks for.
Json Resources(const KubernetesJob& job, const KubernetesSettings& settings) {
  Json asked = Json(settings.resources);
  if (asked.is_null()) asked = Json::object();
  if (!settings.chip_resource.empty()) asked[settings.chip_resource] = std::to_string(job.chips);
  if (asked.empty()) return Json::object();
  return {{"requests", asked}, {"limits", asked}};
}

Json Mount(const char* volume, const char* path) { return {{"name", volume}, {"mountPath", path}}; }

/// Chips talk to one another through /dev/shm, of which a container has 64 MiB by itself.
Json ComputingMounts() {
  return Json::array({Mount("roofscape", kShared), Mount("shm", "/dev/shm")});
}

Json EngineContainer(const KubernetesJob& job, const KubernetesSettings& settings) {
  return {{"name", kEngineContainer},
          {"image", job.image},
          {"command", Json::array({"/bin/sh", "-c", GateScript(), "gate", kGateFolder})},
          {"resources", Resources(job, settings)},
          {"volumeMounts", ComputingMounts()}};
}

Json WorkerContainer(const KubernetesJob& job, const ExecutorSettings& settings) {
  const std::string program = settings.roofscape.empty() ? "roofscape" : settings.roofscape;
  Json command = Json::array({program, kWorkerCommand, kPodJobFolder, "--input",
                              fmt::format("{}/{}", kInput, kJobFile), "--keep",
                              fmt::format("{:.0f}", settings.kubernetes.keep_s)});
  const bool beside = !job.image.empty();
  if (beside) {
    command.push_back("--gate");
    command.push_back(kGateFolder);
  }
  Json mounts = beside ? Json::array({Mount("roofscape", kShared)}) : ComputingMounts();
  mounts.push_back({{"name", "input"}, {"mountPath", kInput}, {"readOnly", true}});
  Json container = {{"name", kWorkerContainer},
                    {"image", settings.kubernetes.image},
                    {"command", std::move(command)},
                    {"volumeMounts", std::move(mounts)}};
  if (!beside) container["resources"] = Resources(job, settings.kubernetes);
  return container;
}

Json Affinity(const KubernetesJob& job, const KubernetesSettings& settings) {
  Json affinity = Json::object();
  if (!job.not_on.empty()) {
    // A field takes one value a rule; rules of a term hold together.
    Json rules = Json::array();
    for (const std::string& node : job.not_on) {
      rules.push_back(
          {{"key", "metadata.name"}, {"operator", "NotIn"}, {"values", Json::array({node})}});
    }
    Json term = {{"matchFields", std::move(rules)}};
    Json terms = {{"nodeSelectorTerms", Json::array({std::move(term)})}};
    affinity["nodeAffinity"] = {
        {"requiredDuringSchedulingIgnoredDuringExecution", std::move(terms)}};
  }
  if (settings.alone) {
    Json term = {{"labelSelector", {{"matchLabels", {{kManagedBy, "roofscape"}}}}},
                 {"topologyKey", "kubernetes.io/hostname"}};
    affinity["podAntiAffinity"] = {
        {"requiredDuringSchedulingIgnoredDuringExecution", Json::array({std::move(term)})}};
  }
  return affinity;
}

Json PodSpec(const KubernetesJob& job, const ExecutorSettings& settings) {
  const KubernetesSettings& ours = settings.kubernetes;
  Json spec = {
      {"restartPolicy", "Never"},
      {"terminationGracePeriodSeconds", kGrace_s},
      // Of the Pod and not of the Job, whose time runs while it waits for a node.
      {"activeDeadlineSeconds", static_cast<std::int64_t>(settings.time_limit_s + ours.keep_s)},
      {"enableServiceLinks", false}};
  if (ours.service_account.empty()) {
    spec["automountServiceAccountToken"] = false;
  } else {
    spec["serviceAccountName"] = ours.service_account;
  }
  if (!ours.node_selector.empty()) spec["nodeSelector"] = Json(ours.node_selector);
  if (!ours.tolerations.empty()) spec["tolerations"] = Json::parse(ours.tolerations);
  if (Json affinity = Affinity(job, ours); !affinity.empty()) {
    spec["affinity"] = std::move(affinity);
  }
  Json containers = Json::array();
  // The engine's first: images are had and containers started in this order.
  if (!job.image.empty()) containers.push_back(EngineContainer(job, ours));
  containers.push_back(WorkerContainer(job, settings));
  spec["containers"] = std::move(containers);
  spec["volumes"] = Json::array({{{"name", "roofscape"}, {"emptyDir", Json::object()}},
                                 {{"name", "shm"}, {"emptyDir", {{"medium", "Memory"}}}},
                                 {{"name", "input"}, {"configMap", {{"name", job.name}}}}});
  return spec;
}

bool Named(const Json& list) {
  return list.is_array() && std::all_of(list.begin(), list.end(), [](const Json& item) {
           return item.is_object() && item.contains("name") && item["name"].is_string();
         });
}

/// Puts what `more` says into `base`: tables field by field, lists of named things by name.
void MergeInto(Json& base, const Json& more) {
  if (base.is_object() && more.is_object()) {
    for (const auto& [key, value] : more.items()) {
      if (base.contains(key)) {
        MergeInto(base[key], value);
      } else {
        base[key] = value;
      }
    }
    return;
  }
  if (!Named(base) || !Named(more)) {
    base = more;
    return;
  }
  for (const Json& item : more) {
    const auto same = std::find_if(base.begin(), base.end(),
                                   [&](const Json& one) { return one["name"] == item["name"]; });
    if (same == base.end()) {
      base.push_back(item);
    } else {
      MergeInto(*same, item);
    }
  }
}

}  // namespace

std::string CampaignLabelOf(const std::string& job_name) {
  // "rs-CAMPAIGN-LAYOUT-...".
  const std::size_t first = job_name.find('-');
  if (first == std::string::npos) return job_name;
  return job_name.substr(first + 1, job_name.find('-', first + 1) - first - 1);
}

Json JobManifest(const KubernetesJob& job, const ExecutorSettings& settings) {
  Json metadata = Metadata(job.name, settings);
  const Json pod = {{"metadata", {{"labels", metadata["labels"]}}},
                    {"spec", PodSpec(job, settings)}};
  Json manifest = {
      {"apiVersion", "batch/v1"},
      {"kind", "Job"},
      {"metadata", std::move(metadata)},
      {"spec",
       {{"backoffLimit", 0},
        {"ttlSecondsAfterFinished", static_cast<std::int64_t>(settings.kubernetes.ttl_s)},
        {"template", pod}}}};
  if (!settings.kubernetes.manifest.empty()) {
    MergeInto(manifest, Json::parse(settings.kubernetes.manifest));
  }
  return manifest;
}

Json ConfigMapManifest(const std::string& name, const std::string& job_text,
                       const std::string& job_uid, const ExecutorSettings& settings) {
  Json metadata = Metadata(name, settings);
  metadata["ownerReferences"] = Json::array(
      {{{"apiVersion", "batch/v1"}, {"kind", "Job"}, {"name", name}, {"uid", job_uid}}});
  return {{"apiVersion", "v1"},
          {"kind", "ConfigMap"},
          {"metadata", std::move(metadata)},
          {"data", {{kJobFile, job_text}}}};
}

}  // namespace roofscape::fleet
