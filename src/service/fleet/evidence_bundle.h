// What goes into an evidence bundle, and how it is read back. One file holds all that a campaign or
// some runs rest on:
//
//   manifest.json            names every file with its SHA-256 (results/store/bundle_file.h)
//   plan.toml or plan.json   of the campaign
//   campaign/*.jsonl         layouts, points and events of the sweep, a line each
//   runs/ID/run.json         plan, host, engine, points, metrics, verdicts (schema/run.schema.json)
//   runs/ID/requests-N.rsrl  the request log of point N (docs/reference/request-log.md)
//   runs/ID/series.json      what was sampled beside it
//   runs/ID/recipe.sh        measures it again
//   jobs/NAME/...            job.json, journal.jsonl, server.log, worker.log where they are still
//   there
//
// Errors: of the store, and as bundle_file.h. Thread safety: as Store.

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/core/clock.h"
#include "base/core/result.h"
#include "results/store/bundle_file.h"
#include "results/store/bundle_log.h"
#include "results/store/store.h"
#include "results/store/sweep_log.h"

namespace roofscape::fleet {

struct EvidenceRequest {
  std::string campaign;           // With its plan and state; empty: none.
  std::vector<std::string> runs;  // Full ids, each once.
  bool logs = true;               // Of servers and workers.
  std::string version;            // Of Roofscape.
};

struct Evidences {
  std::string manifest;
  std::map<std::string, std::string> files;
  std::vector<std::string> missing;  // Job folders that are no longer there.
};

/// Reads all of it into memory. `log`: null where the store has no campaigns.
Result<Evidences> CollectEvidence(store::Store& store, store::SweepLog* log,
                                  const EvidenceRequest& request);

/// The runs of a bundle, written into a new database at `path`, and its campaign. Every run is read
/// again and held against its file.
struct BundleContent {
  std::vector<std::string> runs;
  std::optional<store::Campaign> campaign;
  std::optional<store::SweepRecord> sweep;
};
Result<BundleContent> UnpackBundle(const store::Bundle& bundle, const std::string& source,
                                   const std::string& path);

/// Joins the runs to the campaign, with its plan and events where these fit what is here. False:
/// the campaign here has another history, which stays as it is.
Result<bool> JoinBundleCampaign(const std::string& path, const BundleContent& content);

/// Of runs that were here before: those of which the store says something else than the bundle.
Result<std::vector<std::string>> DifferingRuns(store::Store& store, const store::Bundle& bundle,
                                               const std::vector<std::string>& runs);

}  // namespace roofscape::fleet
