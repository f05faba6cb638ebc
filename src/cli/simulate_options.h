// The flags of `simulate` that say how an engine schedules and what is asked of it.
//
// Thread safety: plain values.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/core/result.h"
#include "cli/command.h"
#include "cli/deployment_options.h"
#include "cli/flags.h"
#include "domain/workload/trace.h"
#include "model/calibrate/model.h"
#include "model/sim/cluster.h"
#include "model/sim/workloads.h"

namespace roofscape::cli {

struct SimulateOptions : DeploymentOptions {
  // What serves, beyond what predict asks.
  std::optional<std::int64_t> replicas;  // Missing: --workers, of one role.
  std::string router = "least-loaded";
  std::optional<std::int64_t> token_budget, max_sequences, block_tokens;
  std::string reserve;
  std::string prompts;
  bool whole_prompts = false;
  bool prefix_cache = false;
  std::vector<double> acceptance;
  std::vector<std::string> failures;
  bool corrected = true;  // Times as measured rows correct them, as predict has them.
  double host_gb = 0.0;
  double host_gbps = 50.0;

  // What is asked.
  std::vector<std::int64_t> concurrency;
  std::vector<double> rates;
  std::string arrivals;
  double variation = 1.0;
  std::int64_t input = 1024;
  std::int64_t output = 1024;
  double spread = 0.8;
  std::optional<std::int64_t> requests;
  std::int64_t requests_per_slot = 10;
  std::optional<double> duration_s;
  std::string trace;
  std::string run, db;  // A stored one, replayed.
  double trace_speed = 1.0;
  std::uint64_t seed = 1;

  // What comes out.
  std::string requests_csv, series;
  double series_interval_s = 0.1;
  bool json = false;
};

void AddPolicyOptions(Command& command, SimulateOptions& options);
void AddWorkloadOptions(Command& command, SimulateOptions& options);

/// The deployment as the simulator takes it, and its chips.
struct SimulatedDeployment {
  sim::Cluster cluster;
  double chips = 1.0;
  std::int64_t context_tokens = 0;  // That the model takes, at most.
};
Result<SimulatedDeployment> MakeDeployment(const SimulateOptions& options,
                                           std::int64_t chunk_tokens);

/// What the performance model predicts of so many users at once.
Result<calibrate::Prediction> PredictLoad(const SimulateOptions& options, double concurrency);

/// One load to simulate.
struct SimulatedLoad {
  std::int64_t concurrency = 0;
  std::optional<double> rate_rps;
};

/// The loads that the flags name. Refuses flags that exclude each other.
Result<std::vector<SimulatedLoad>> LoadsOf(const SimulateOptions& options);

/// `trace`: the one of `--trace`, or empty; it must live as long as the source.
std::unique_ptr<sim::RequestSource> MakeSource(const SimulateOptions& options,
                                               const SimulatedLoad& load,
                                               const std::optional<workload::Trace>& trace);

/// `--run`: the requests of a stored run, as a table against what was measured.
Result<> SimulateRun(SimulateOptions options);

/// About how many requests there will be, and how many tokens will come out.
double RequestsOf(const SimulateOptions& options, const SimulatedLoad& load,
                  const std::optional<workload::Trace>& trace);
double TokensOf(const SimulateOptions& options, const SimulatedLoad& load,
                const std::optional<workload::Trace>& trace);

}  // namespace roofscape::cli
