#include <algorithm>
#include <array>
#include <optional>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/core/text.h"
#include "service/fleet/kubernetes.h"

namespace roofscape::fleet {
namespace {

constexpr std::size_t kMostWords = 300;

/// A field at the end of a path of names; null where something on the way is missing.
const Json& At(const Json& json, std::initializer_list<const char*> path) {
  static const Json kNull;
  const Json* at = &json;
  for (const char* name : path) {
    if (!at->is_object()) return kNull;
    const auto found = at->find(name);
    if (found == at->end()) return kNull;
    at = &*found;
  }
  return *at;
}

/// The condition of that type, where it is true (or as `status` says).
const Json* Condition(const Json& object, std::string_view type, std::string_view status = "True") {
  for (const Json& condition : At(object, {"status", "conditions"})) {
    if (TextAt(condition, {"type"}) == type && TextAt(condition, {"status"}) == status) {
      return &condition;
    }
  }
  return nullptr;
}

const Json* Container(const Json& pod, std::string_view name) {
  for (const Json& container : At(pod, {"status", "containerStatuses"})) {
    if (TextAt(container, {"name"}) == name) return &container;
  }
  return nullptr;
}

std::string Said(const std::string& reason, const std::string& message) {
  return message.empty() ? reason : reason + ": " + Printable(message, kMostWords);
}

struct Meaning {
  std::string_view reason, kind, cure;
};

constexpr std::string_view kElsewhere =
    "a further job measures what is left elsewhere; look at the node";
constexpr std::string_view kFurther = "a further job measures what is left";

/// Why a Pod ended that was not left to end by itself: its own reason, or that of its
/// DisruptionTarget condition.
constexpr std::array<Meaning, 16> kEnds = {{
    {"Evicted", "node", kElsewhere},
    {"NodeLost", "node", kElsewhere},
    {"NodeShutdown", "node", kElsewhere},
    {"Shutdown", "node", kElsewhere},
    {"Terminated", "node", kElsewhere},
    {"UnexpectedAdmissionError", "node", kElsewhere},
    {"NodeAffinity", "node", kElsewhere},
    {"DeletionByTaintManager", "node", kElsewhere},
    {"DeletionByPodGC", "node", kElsewhere},
    {"TerminationByKubelet", "node", kElsewhere},
    {"Preempting", "cancelled", kFurther},
    {"Preempted", "cancelled", kFurther},
    {"PreemptionByScheduler", "cancelled", kFurther},
    {"PreemptionByKubeScheduler", "cancelled", kFurther},
    {"EvictionByEvictionAPI", "cancelled", kFurther},
    {"DeadlineExceeded", "limit",
     "a further job measures what is left; raise executor.time_limit_s"},
}};

/// Why a container that waits will wait for ever.
constexpr std::array<Meaning, 8> kWaits = {{
    {"ImagePullBackOff", "image",
     "check the image's name and tag, and give imagePullSecrets in [executor.manifest] where its "
     "registry wants them"},
    {"InvalidImageName", "image", "mend launch.image or executor.image"},
    {"ErrImageNeverPull", "image", "put the image on the node, or let it be pulled"},
    {"CreateContainerConfigError", "submit",
     "make what [executor.manifest] names: a secret or config map is missing"},
    {"CreateContainerError", "program", "look at the Pod's events: kubectl describe pod"},
    {"RunContainerError", "program",
     "check that the image has /bin/sh, and roofscape where executor.roofscape says"},
    {"StartError", "program",
     "check that the image has /bin/sh, and roofscape where executor.roofscape says"},
    {"CrashLoopBackOff", "worker", "leave restartPolicy at Never in [executor.manifest]"},
}};

template <std::size_t N>
const Meaning* Find(const std::array<Meaning, N>& table, const std::string& reason) {
  const auto* const found =
      std::find_if(table.begin(), table.end(), [&](const auto& m) { return m.reason == reason; });
  return found == table.end() ? nullptr : found;
}

Failure FailureOf(const Meaning& meaning, const std::string& message) {
  return {std::string(meaning.kind),
          "Kubernetes says " + Said(std::string(meaning.reason), message),
          std::string(meaning.cure)};
}

/// A container that ended badly, and by no will of its own.
std::optional<Failure> KilledContainer(const Json& pod) {
  for (const char* name : {kEngineContainer, kWorkerContainer}) {
    const Json* const container = Container(pod, name);
    if (container == nullptr) continue;
    const Json& ended = At(*container, {"state", "terminated"});
    const std::string reason = TextAt(ended, {"reason"});
    const bool engine = name == std::string_view(kEngineContainer);
    if (reason == "OOMKilled") {
      return Failure{engine ? "memory" : "worker",
                     fmt::format("Kubernetes says OOMKilled of container {}", name),
                     engine ? "raise memory in executor.resources, or use a smaller model or cache"
                            : "raise the memory of container roofscape in [executor.manifest]"};
    }
    if (const Meaning* meaning = Find(kWaits, reason)) {
      return FailureOf(*meaning, TextAt(ended, {"message"}));
    }
    if (reason == "ContainerCannotRun") {
      return Failure{"program", "Kubernetes says " + Said(reason, TextAt(ended, {"message"})),
                     "check that the image has /bin/sh, and roofscape where executor.roofscape "
                     "says"};
    }
  }
  return std::nullopt;
}

std::optional<Failure> WhyEnded(const Json& pod) {
  if (const Meaning* meaning = Find(kEnds, TextAt(pod, {"status", "reason"}))) {
    return FailureOf(*meaning, TextAt(pod, {"status", "message"}));
  }
  if (const Json* disrupted = Condition(pod, "DisruptionTarget")) {
    const Meaning* const meaning = Find(kEnds, TextAt(*disrupted, {"reason"}));
    if (meaning != nullptr) return FailureOf(*meaning, TextAt(*disrupted, {"message"}));
  }
  // "OutOfcpu", "OutOfnvidia.com/gpu": the node took it and then could not have it.
  if (const std::string reason = TextAt(pod, {"status", "reason"}); reason.starts_with("OutOf")) {
    return Failure{"node", "Kubernetes says " + Said(reason, TextAt(pod, {"status", "message"})),
                   std::string(kElsewhere)};
  }
  return KilledContainer(pod);
}

/// The Pod that counts: one that runs before one that has ended, the last one made of each.
const Json* PodOf(const std::vector<const Json*>& pods) {
  const Json* best = nullptr;
  const auto rank = [](const Json& pod) {
    const std::string phase = TextAt(pod, {"status", "phase"});
    return std::pair(phase == "Running"   ? 2
                     : phase == "Pending" ? 1
                                          : 0,
                     TextAt(pod, {"metadata", "creationTimestamp"}));
  };
  for (const Json* pod : pods) {
    if (best == nullptr || rank(*pod) > rank(*best)) best = pod;
  }
  return best;
}

void LookAtPending(const Json& pod, KubernetesLook& look) {
  if (const Json* unplaced = Condition(pod, "PodScheduled", "False")) {
    if (TextAt(*unplaced, {"reason"}) == "Unschedulable") {
      look.unplaced = Printable(TextAt(*unplaced, {"message"}), kMostWords);
    }
  }
}

/// Containers that will never begin, or a worker that is no more.
void LookAtContainers(const Json& pod, KubernetesLook& look) {
  for (const char* name : {kEngineContainer, kWorkerContainer}) {
    const Json* const container = Container(pod, name);
    if (container == nullptr) continue;
    const Json& waiting = At(*container, {"state", "waiting"});
    const Meaning* const meaning = Find(kWaits, TextAt(waiting, {"reason"}));
    if (meaning == nullptr) continue;
    look.status.failure = FailureOf(*meaning, TextAt(waiting, {"message"}));
  }
  // One that ends by itself lets the engine's container end, too; one that was killed could not.
  constexpr std::int64_t kBySignal = 128;
  const Json* const worker = Container(pod, kWorkerContainer);
  const Json* const exit =
      worker == nullptr ? nullptr : &At(*worker, {"state", "terminated", "exitCode"});
  const bool over =
      exit != nullptr && exit->is_number_integer() && exit->get<std::int64_t>() >= kBySignal;
  if (over && !look.status.failure) look.status.failure = KilledContainer(pod);
  if (over || look.status.failure) {
    look.status.phase = JobPhase::kEnded;
    look.left_over = true;
    return;
  }
  if (TextAt(pod, {"status", "phase"}) == "Running") look.status.phase = JobPhase::kRunning;
  const bool runs = worker != nullptr && At(*worker, {"state", "running"}).is_object();
  if (runs) look.pod = TextAt(pod, {"metadata", "name"});
}

}  // namespace

std::string TextAt(const Json& json, std::initializer_list<const char*> path) {
  const Json& value = At(json, path);
  return value.is_string() ? value.get<std::string>() : "";
}

KubernetesLook LookAt(const Json& job, const std::vector<const Json*>& pods) {
  KubernetesLook look;
  const Json* const pod = PodOf(pods);
  if (pod != nullptr) look.status.host = TextAt(*pod, {"spec", "nodeName"});
  const bool deleted = At(job, {"metadata", "deletionTimestamp"}).is_string();
  if (job.is_null() || deleted) {
    look.status.phase = JobPhase::kEnded;
    look.status.failure = pod != nullptr ? WhyEnded(*pod) : std::nullopt;
    if (!look.status.failure) {
      look.status.failure = Failure{"cancelled",
                                    "the Job is not there any more: somebody deleted it, or its "
                                    "executor.ttl_s were over",
                                    std::string(kFurther)};
    }
    return look;
  }
  const Json* const failed = Condition(job, "Failed");
  if (failed == nullptr) {
    const bool complete =
        Condition(job, "Complete") != nullptr || Condition(job, "SuccessCriteriaMet") != nullptr;
    if (complete) look.status.phase = JobPhase::kEnded;
    if (complete || pod == nullptr) return look;
    const std::string phase = TextAt(*pod, {"status", "phase"});
    if (phase == "Pending") LookAtPending(*pod, look);
    if (phase == "Pending" || phase == "Running") LookAtContainers(*pod, look);
    // Of a Pod that has ended the Job will know in a moment.
    return look;
  }
  look.status.phase = JobPhase::kEnded;
  if (TextAt(*failed, {"reason"}) == "DeadlineExceeded") {
    look.status.failure = FailureOf(*Find(kEnds, "DeadlineExceeded"), TextAt(*failed, {"message"}));
    return look;
  }
  if (pod != nullptr) look.status.failure = WhyEnded(*pod);
  if (pod == nullptr) {
    // Its Pod was deleted under it.
    look.status.failure = Failure{"cancelled", "the Pod is not there any more: somebody deleted it",
                                  std::string(kFurther)};
  }
  return look;
}

}  // namespace roofscape::fleet
