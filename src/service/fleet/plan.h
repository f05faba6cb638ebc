// What a campaign measures: deployments x workloads x loads x repeats, and by whom, how long, for
// how much. A plan is a TOML file (schema/sweep.schema.json, docs/reference/sweep.md); expand.h
// makes points of it.
//
// Ownership: plain values. Thread safety: pure functions.

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/core/result.h"
#include "domain/spec/plan.h"
#include "measure/host/telemetry_settings.h"

namespace roofscape::fleet {

inline constexpr std::int64_t kSweepSchemaVersion = 1;

/// How the server of a deployment is started. Texts may hold {port}, {host}, {name} (of the job,
/// unique), {roofscape} (this program), {model} and the name of an axis or setting in braces.
struct Launch {
  std::string command;    // Empty: as the catalog says of the engine.
  std::string arguments;  // Put behind the command.
  std::string runtime;  // podman, docker, apptainer; pod: the executor makes it. Empty: a process.
  std::string image;
  std::string runtime_arguments;                // Behind `podman run`.
  std::map<std::string, std::string> env;       // No secrets: it is stored.
  std::vector<std::string> files;               // Their contents are part of the recipe.
  std::map<std::string, std::string> settings;  // By the catalog's names: sequences, length, ...
  std::string health;  // Path that answers 200 when it is ready; empty: as the
                       // catalog says, else "/health".
  std::string remove;  // Ends what a killed start of {name} has left. Containers need none.
  std::string version_command;  // Prints the engine's version.
  double start_timeout_s = 1800;

  friend bool operator==(const Launch&, const Launch&) = default;
};

/// A deployment, or with axes several: one for each combination of their values. An axis is a field
/// of the deployment (precision, engine_version, ...), of its role (tp, pp, ep, dp, workers,
/// chips_per_worker), or else a setting.
struct PlannedDeployment {
  spec::Deployment deployment;
  Launch launch;
  std::map<std::string, std::vector<std::string>> axes;
};

/// Loads for the named deployments and workloads; for all where none is named.
struct PlannedLoad {
  spec::Load load;
  std::vector<std::string> deployments;
  std::vector<std::string> workloads;
};

/// Leaves out the points in which every named thing has one of its values: "deployment",
/// "workload", "concurrency", "rate_rps", or an axis.
using Exclusion = std::map<std::string, std::vector<std::string>>;

/// Of the whole campaign; what is not begun when one is used up is skipped.
struct Budget {
  std::optional<double> wall_hours;
  std::optional<double> device_hours;
  std::optional<double> usd;
  std::optional<double> usd_per_device_hour;  // Missing: of the price book.

  friend bool operator==(const Budget&, const Budget&) = default;
};

/// Of [executor] with kind kubernetes.
struct KubernetesSettings {
  std::vector<std::string> kubectl = {"kubectl"};
  std::string name_space;     // Empty: as kubectl's context says.
  std::string image;          // That has roofscape in it, and the engine where launch has no image.
  std::string chip_resource;  // "nvidia.com/gpu"; empty: chips are not asked for.
  std::map<std::string, std::string> resources;  // Besides, of the container that computes.
  std::map<std::string, std::string> node_selector;
  std::string service_account;
  std::string tolerations;  // JSON, as a Pod has them.
  std::string manifest;     // JSON, merged into the Job.
  bool alone = true;        // No two Pods of ours on a node.
  double keep_s = 600;      // A finished worker waits so long until its results are fetched.
  double ttl_s = 86'400;    // A finished Job is kept so long.
  double schedule_timeout_s = 3600;  // A Pod that no node takes is given up after it.

  friend bool operator==(const KubernetesSettings&, const KubernetesSettings&) = default;
};

/// Who starts the jobs; a job is one start of a server with all its points.
struct ExecutorSettings {
  std::string kind = "local";        // local, slurm, kubernetes, ssh
  std::int64_t parallel = 1;         // Jobs at a time.
  std::vector<std::string> options;  // Of sbatch, e.g. "--partition=bench".
  std::vector<std::string> hosts;    // Of ssh.
  std::vector<std::string> ssh = {"ssh", "-o", "BatchMode=yes"};
  std::string roofscape;      // The program there; empty: this one's path.
  std::string remote_folder;  // On ssh hosts.
  KubernetesSettings kubernetes;
  double time_limit_s = 4 * 3600;  // Of a job; what is left is done by a further one.

  friend bool operator==(const ExecutorSettings&, const ExecutorSettings&) = default;
};

struct SweepPlan {
  std::string name;  // Of the campaign.
  std::string purpose;
  std::int64_t seed = 1;
  std::int64_t repeats = 1;
  spec::Target target;  // Without its URL.
  spec::Timeouts timeouts;
  spec::ClientSettings client;
  std::vector<PlannedDeployment> deployments;
  std::vector<spec::Workload> workloads;
  std::vector<PlannedLoad> loads;
  std::vector<Exclusion> exclusions;
  Budget budget;
  ExecutorSettings executor;
  std::optional<double> max_age_days;  // Older points are measured again; missing: never.
  double start_estimate_s = 120;       // Of a server, where nothing is known.
  double point_estimate_s = 60;
  std::map<std::string, std::int64_t> retries;  // By class of failure; see failure.h.
  host::TelemetrySettings telemetry;
  bool refuse_drift = false;  // A job whose environment is not that of the campaign's first one.
};

/// Reads and checks a plan. Presets are merged: `preset = "x"` takes what [preset.x] says and the
/// table itself does not. Errors: kInvalidArgument with source, line, field and cure.
Result<SweepPlan> ParseSweepPlan(std::string_view text, const std::string& source);

/// Whether the plan has what its executor needs. Apart, since a flag may name another executor.
Result<> CheckExecutor(const SweepPlan& plan);

}  // namespace roofscape::fleet
