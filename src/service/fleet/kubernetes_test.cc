// Manifests, and what the objects of a cluster mean. Fields and words are those of Kubernetes'
// published reference of batch/v1 Job and core/v1 Pod.

#include "service/fleet/kubernetes.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "service/fleet/test_plans.h"

namespace roofscape::fleet {
namespace {

ExecutorSettings SomeSettings(const std::string& more = "") {
  const SweepPlan plan = MustParse(kSmallPlan +
                                   "[executor]\nkind = \"kubernetes\"\n"
                                   "image = \"r:1\"\ntime_limit_s = 3600\n" +
                                   more);
  return plan.executor;
}

TEST(KubernetesManifest, AJobIsNeverRepeatedByTheClusterAndEndsInTime) {
  const Json job = JobManifest({"rs-c-l-1-0", "vllm:1", 8, {}},
                               SomeSettings("chip_resource = \"nvidia.com/gpu\"\nkeep_s = 100\n"));
  EXPECT_EQ(job["apiVersion"], "batch/v1");
  EXPECT_EQ(job["spec"]["backoffLimit"], 0);
  EXPECT_EQ(job["spec"]["ttlSecondsAfterFinished"], 86'400);
  const Json& pod = job["spec"]["template"]["spec"];
  EXPECT_EQ(pod["restartPolicy"], "Never");
  EXPECT_EQ(pod["activeDeadlineSeconds"], 3700);
  EXPECT_EQ(pod["automountServiceAccountToken"], false);
  EXPECT_EQ(job["metadata"]["labels"][kJobLabel], "rs-c-l-1-0");
  EXPECT_EQ(job["metadata"]["labels"], job["spec"]["template"]["metadata"]["labels"]);
  EXPECT_EQ(job["metadata"]["labels"][kCampaignLabel], "c");
  ASSERT_EQ(pod["containers"].size(), 2U);
  const Json& engine = pod["containers"][0];
  EXPECT_EQ(engine["image"], "vllm:1");
  // Chips may only be asked for as limits, and as whole numbers.
  EXPECT_EQ(engine["resources"]["limits"]["nvidia.com/gpu"], "8");
  EXPECT_EQ(engine["resources"]["limits"], engine["resources"]["requests"]);
  const Json& worker = pod["containers"][1];
  EXPECT_EQ(worker["image"], "r:1");
  EXPECT_FALSE(worker.contains("resources"));
  EXPECT_EQ(worker["command"].back(), "/roofscape/gate");
}

TEST(KubernetesManifest, OneImageForBothIsOneContainer) {
  const Json job =
      JobManifest({"rs-c-l-1-0", "", 2, {}}, SomeSettings("chip_resource = \"amd.com/gpu\"\n"
                                                          "resources = {memory = \"64Gi\"}\n"));
  const Json& containers = job["spec"]["template"]["spec"]["containers"];
  ASSERT_EQ(containers.size(), 1U);
  EXPECT_EQ(containers[0]["resources"]["limits"], (Json{{"memory", "64Gi"}, {"amd.com/gpu", "2"}}));
  for (const Json& word : containers[0]["command"]) EXPECT_NE(word, "--gate");
}

TEST(KubernetesManifest, ThePlanSaysWhereAndWhatBesides) {
  const Json job = JobManifest({"rs-c-l-1-0", "e:1", 1, {"n1", "n2"}}, SomeSettings(R"(
namespace = "bench"
service_account = "sweeper"
node_selector = {pool = "h200"}
tolerations = [{key = "nvidia.com/gpu", operator = "Exists", effect = "NoSchedule"}]
[executor.manifest.spec]
suspend = true
[executor.manifest.spec.template.spec]
hostIPC = true
[[executor.manifest.spec.template.spec.containers]]
name = "engine"
env = [{name = "HF_HOME", value = "/models"}]
[[executor.manifest.spec.template.spec.volumes]]
name = "models"
persistentVolumeClaim = {claimName = "models"}
)"));
  EXPECT_EQ(job["metadata"]["namespace"], "bench");
  EXPECT_EQ(job["spec"]["suspend"], true);
  const Json& pod = job["spec"]["template"]["spec"];
  EXPECT_EQ(pod["serviceAccountName"], "sweeper");
  EXPECT_FALSE(pod.contains("automountServiceAccountToken"));
  EXPECT_EQ(pod["nodeSelector"]["pool"], "h200");
  EXPECT_EQ(pod["tolerations"][0]["operator"], "Exists");
  EXPECT_EQ(pod["hostIPC"], true);
  // Lists of named things are merged by name.
  ASSERT_EQ(pod["containers"].size(), 2U);
  EXPECT_EQ(pod["containers"][0]["env"][0]["name"], "HF_HOME");
  EXPECT_EQ(pod["containers"][0]["image"], "e:1");
  EXPECT_EQ(pod["volumes"].size(), 4U);
  const Json& node = pod["affinity"]["nodeAffinity"];
  const Json& terms = node["requiredDuringSchedulingIgnoredDuringExecution"]["nodeSelectorTerms"];
  ASSERT_EQ(terms.size(), 1U);  // Terms are alternatives: both nodes must stand in one.
  EXPECT_EQ(terms[0]["matchFields"].size(), 2U);
  EXPECT_TRUE(pod["affinity"].contains("podAntiAffinity"));
}

TEST(KubernetesManifest, TheInputGoesWithItsJob) {
  const Json map = ConfigMapManifest("rs-c-l-1-0", "{}", "uid-1", SomeSettings());
  EXPECT_EQ(map["data"]["job.json"], "{}");
  EXPECT_EQ(map["metadata"]["ownerReferences"][0]["uid"], "uid-1");
}

struct Seen {
  const char* what;
  const char* job;  // Empty: there is none.
  const char* pod;
  JobPhase phase;
  const char* kind;  // Of the failure; empty: none.
  bool left_over = false;
  bool can_fetch = false;
};

const char* const kActive = R"({"status":{"active":1}})";
const char* const kFailed =
    R"({"status":{"conditions":[{"type":"Failed","status":"True",
        "reason":"BackoffLimitExceeded"}]}})";

class KubernetesLookTest : public testing::TestWithParam<Seen> {};

TEST_P(KubernetesLookTest, MeansAPhaseAndAClass) {
  const Seen& seen = GetParam();
  const Json job = *seen.job == '\0' ? Json() : Json::parse(seen.job);
  const Json pod = *seen.pod == '\0' ? Json() : Json::parse(seen.pod);
  std::vector<const Json*> pods;
  if (!pod.is_null()) pods.push_back(&pod);
  const KubernetesLook look = LookAt(job, pods);
  EXPECT_EQ(look.status.phase, seen.phase);
  EXPECT_EQ(look.status.failure ? look.status.failure->kind : "", seen.kind);
  if (look.status.failure) {
    EXPECT_FALSE(look.status.failure->cure.empty());
    const auto classes = FailureClasses();
    EXPECT_NE(std::find(classes.begin(), classes.end(), look.status.failure->kind), classes.end());
  }
  EXPECT_EQ(look.left_over, seen.left_over);
  EXPECT_EQ(!look.pod.empty(), seen.can_fetch);
}

INSTANTIATE_TEST_SUITE_P(
    Objects, KubernetesLookTest,
    testing::Values(
        Seen{"queued", R"({"spec":{"suspend":true}})", "", JobPhase::kWaiting, ""},
        Seen{"placed", kActive,
             R"({"metadata":{"name":"p"},"spec":{"nodeName":"n1"},"status":{"phase":"Pending",
               "containerStatuses":[{"name":"roofscape","state":{"waiting":{"reason":
               "ContainerCreating"}}}]}})",
             JobPhase::kWaiting, ""},
        Seen{"runs", kActive,
             R"({"metadata":{"name":"p"},"spec":{"nodeName":"n1"},"status":{"phase":"Running",
               "containerStatuses":[{"name":"roofscape","state":{"running":{}}}]}})",
             JobPhase::kRunning, "", false, true},
        Seen{"pull", kActive,
             R"({"metadata":{"name":"p"},"status":{"phase":"Pending","containerStatuses":
               [{"name":"engine","state":{"waiting":{"reason":"ImagePullBackOff","message":
               "Back-off pulling image"}}}]}})",
             JobPhase::kEnded, "image", true},
        Seen{"first try of a pull", kActive,
             R"({"metadata":{"name":"p"},"status":{"phase":"Pending","containerStatuses":
               [{"name":"engine","state":{"waiting":{"reason":"ErrImagePull"}}}]}})",
             JobPhase::kWaiting, ""},
        Seen{"no shell", kActive,
             R"({"metadata":{"name":"p"},"status":{"phase":"Running","containerStatuses":
               [{"name":"engine","state":{"waiting":{"reason":"RunContainerError"}}},
                {"name":"roofscape","state":{"running":{}}}]}})",
             JobPhase::kEnded, "program", true},
        Seen{"worker killed", kActive,
             R"({"metadata":{"name":"p"},"status":{"phase":"Running","containerStatuses":
               [{"name":"engine","state":{"running":{}}},{"name":"roofscape","state":{"terminated":
               {"exitCode":137,"reason":"OOMKilled"}}}]}})",
             JobPhase::kEnded, "worker", true},
        Seen{"worker ended, the engine's container not yet", kActive,
             R"({"metadata":{"name":"p"},"status":{"phase":"Running","containerStatuses":
               [{"name":"engine","state":{"running":{}}},{"name":"roofscape","state":{"terminated":
               {"exitCode":0,"reason":"Completed"}}}]}})",
             JobPhase::kRunning, ""},
        Seen{"complete", R"({"status":{"conditions":[{"type":"Complete","status":"True"}]}})",
             R"({"status":{"phase":"Succeeded"}})", JobPhase::kEnded, ""},
        Seen{"failed by itself", kFailed, R"({"status":{"phase":"Failed","containerStatuses":
               [{"name":"roofscape","state":{"terminated":{"exitCode":1,"reason":"Error"}}}]}})",
             JobPhase::kEnded, ""},
        Seen{"evicted", kFailed,
             R"({"status":{"phase":"Failed","reason":"Evicted","message":"low on memory"}})",
             JobPhase::kEnded, "node"},
        Seen{
            "preempted", kFailed,
            R"({"status":{"phase":"Failed","conditions":[{"type":"DisruptionTarget","status":"True",
               "reason":"PreemptionByScheduler"}]}})",
            JobPhase::kEnded, "cancelled"},
        Seen{
            "drained", kFailed,
            R"({"status":{"phase":"Failed","conditions":[{"type":"DisruptionTarget","status":"True",
               "reason":"EvictionByEvictionAPI"}]}})",
            JobPhase::kEnded, "cancelled"},
        Seen{
            "node gone", kFailed,
            R"({"status":{"phase":"Failed","conditions":[{"type":"DisruptionTarget","status":"True",
               "reason":"DeletionByPodGC"}]}})",
            JobPhase::kEnded, "node"},
        Seen{"admission", kFailed,
             R"({"status":{"phase":"Failed","reason":"OutOfnvidia.com/gpu"}})", JobPhase::kEnded,
             "node"},
        Seen{"time", kFailed, R"({"status":{"phase":"Failed","reason":"DeadlineExceeded"}})",
             JobPhase::kEnded, "limit"},
        Seen{"time of the Job",
             R"({"status":{"conditions":[{"type":"Failed","status":"True","reason":
               "DeadlineExceeded"}]}})",
             "", JobPhase::kEnded, "limit"},
        Seen{"engine out of memory", kFailed,
             R"({"status":{"phase":"Failed","containerStatuses":[{"name":"engine","state":
               {"terminated":{"exitCode":137,"reason":"OOMKilled"}}}]}})",
             JobPhase::kEnded, "memory"},
        Seen{"pod deleted", kFailed, "", JobPhase::kEnded, "cancelled"},
        Seen{"job deleted", "", "", JobPhase::kEnded, "cancelled"},
        Seen{"job being deleted", R"({"metadata":{"deletionTimestamp":"2026-11-29T00:00:00Z"}})",
             "", JobPhase::kEnded, "cancelled"},
        Seen{"nonsense", R"({"status":[1,2]})", R"({"status":"x","metadata":7})",
             JobPhase::kWaiting, ""}),
    [](const auto& seen) {
      std::string name = seen.param.what;
      for (char& c : name) {
        if (c < 'a' || c > 'z') c = '_';
      }
      return name;
    });

TEST(KubernetesLook, APodThatNoNodeTakesSaysWhy) {
  const Json pod = Json::parse(R"({"status":{"phase":"Pending","conditions":[{"type":"PodScheduled",
      "status":"False","reason":"Unschedulable",
      "message":"0/4 nodes are available: 4 Insufficient nvidia.com/gpu."}]}})");
  const KubernetesLook look = LookAt(Json::parse(kActive), {&pod});
  EXPECT_EQ(look.status.phase, JobPhase::kWaiting);
  EXPECT_EQ(look.unplaced, "0/4 nodes are available: 4 Insufficient nvidia.com/gpu.");
}

TEST(KubernetesLook, OfSeveralPodsTheOneThatRunsCounts) {
  const Json ended = Json::parse(R"({"metadata":{"name":"a","creationTimestamp":"2026-02-02"},
      "status":{"phase":"Failed"}})");
  const Json runs = Json::parse(R"({"metadata":{"name":"b","creationTimestamp":"2026-02-01"},
      "status":{"phase":"Running",
      "containerStatuses":[{"name":"roofscape","state":{"running":{}}}]}})");
  EXPECT_EQ(LookAt(Json::parse(kActive), {&ended, &runs}).pod, "b");
}

}  // namespace
}  // namespace roofscape::fleet
