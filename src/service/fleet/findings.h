// What an occasion of a daemon shows against those before it: what got worse or better beyond the
// noise, what else changed with it, and records. The test is that of domain/analysis/regression.h,
// for each deployment of the plan and its workload apart: engine version, image and settings may
// differ, for that is what one wants to see.
//
// A change is reported once: what came before it takes no part any more. An older drift that never
// leaves the noise within two weeks is not seen; `trend` shows it.
//
// Thread safety: plain values and pure functions.

#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "base/core/clock.h"
#include "base/core/json.h"
#include "base/core/result.h"
#include "domain/analysis/regression.h"
#include "domain/spec/row.h"
#include "service/fleet/daemon_config.h"
#include "service/fleet/state.h"

namespace roofscape::fleet {

/// What may have changed a figure, by name: "engine version", "driver_version", "recipe: command".
using Facts = std::map<std::string, std::string>;

/// A measured point.
struct Evidence {
  std::string family;  // All that is compared has one: the deployment of the plan, its workload.
  std::string title;   // The same for people.
  spec::Row row;
  Facts facts;
};

/// Of a run of a campaign. `layout`: the one that its label names.
std::vector<Evidence> EvidenceOf(const spec::RunResult& run, const LayoutState& layout);

/// What was measured at one time.
struct Batch {
  std::int64_t occasion = 0;  // 0: not by a daemon.
  WallTime at;
  std::vector<Evidence> evidence;
};

struct FactChange {
  std::string name, was, now;

  friend bool operator==(const FactChange&, const FactChange&) = default;
};

struct MetricShift {
  std::string metric;
  analysis::Shift shift;
};

/// One family that got worse or better.
struct Change {
  std::string family, title;
  bool worse = false;
  std::vector<MetricShift> shifts;  // Those beyond the noise.
  std::vector<FactChange> changed;  // Empty: nothing that is known of.
};

/// The best of a kind (model, chip, engine, precision, workload) at an interactivity.
struct Level {
  std::string kind, title;  // The title with the layout that gave it.
  std::string metric;
  double target = 0.0;
  double value = 0.0;
  bool record = false;
  double before = 0.0;  // Of a record: the one before it.
};

struct Findings {
  std::vector<Change> changes;
  std::vector<Level> levels;
  std::vector<std::string> judged;  // Titles of families that could be.
  std::vector<std::string> alone;   // Of those with nothing before them, or fewer than two loads.
};

/// What is known from reports of earlier occasions.
struct Past {
  std::map<std::string, std::int64_t> changed;  // Family: the occasion of its last report.
  std::vector<Level> levels;                    // In order of time.
};

/// Judges the last batch against the others, which are in order of time.
Findings Judge(std::span<const Batch> batches, const Past& past, const JudgeSettings& settings);

/// "engine version 1.0, now 1.1"; of a long text only what differs.
std::string TextOf(const FactChange& change);

}  // namespace roofscape::fleet
