// A job as an object of Kubernetes: the manifest that makes it, and what its Job and its Pod say of
// it. One Job has one Pod: the engine in a container of its own with the worker beside it, or one
// container whose image holds both.
//
// Fields: batch/v1 Job and core/v1 Pod as Kubernetes 1.27 to 1.37 publish them.
// Thread safety: pure functions.

#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

#include "base/core/json.h"
#include "service/fleet/executor.h"

namespace roofscape::fleet {

struct KubernetesJob {
  std::string name;
  std::string image;  // Of the engine; empty: executor.image holds it.
  std::int64_t chips = 1;
  std::vector<std::string> not_on;  // Nodes.
};

/// The Job. Its input comes from the ConfigMap of the same name.
Json JobManifest(const KubernetesJob& job, const ExecutorSettings& settings);

/// With `job_text` as its file; goes with the Job of that uid.
Json ConfigMapManifest(const std::string& name, const std::string& job_text,
                       const std::string& job_uid, const ExecutorSettings& settings);

/// What `kubectl get jobs,pods` says of one job.
struct KubernetesLook {
  JobStatus status;
  std::string pod;            // To fetch from; empty: there is none whose worker runs.
  bool left_over = false;     // It has ended for us, but not by itself: it is to be deleted.
  std::string unplaced = {};  // Why no node takes it, in the scheduler's words.
};

/// `job`: null where there is none of the name; `pods`: those of the job.
KubernetesLook LookAt(const Json& job, const std::vector<const Json*>& pods);

/// The text at the end of a path of fields; empty where there is none.
std::string TextAt(const Json& json, std::initializer_list<const char*> path);

/// By which ours are found.
inline constexpr const char* kManagedBy = "app.kubernetes.io/managed-by";
inline constexpr const char* kJobLabel = "roofscape/job";
inline constexpr const char* kCampaignLabel = "roofscape/campaign";
/// A part of the job's name that all jobs of a campaign share.
std::string CampaignLabelOf(const std::string& job_name);

inline constexpr const char* kWorkerContainer = "roofscape";
inline constexpr const char* kEngineContainer = "engine";
inline constexpr const char* kPodJobFolder = "/roofscape/job";
/// In the job's folder: the worker need not wait for us any longer.
inline constexpr const char* kFetchedFile = "fetched";

}  // namespace roofscape::fleet
