// A row of the archive: one operating point over one window, whoever measured it. Rows that others
// published are read by results/ingest, which corrects what can be corrected and says so; the
// points of our own runs become rows by RowsOf. All comparisons over many points work on rows.
//
// Ownership: plain values. Thread safety: plain values.

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/core/clock.h"
#include "base/core/json.h"
#include "domain/spec/deployment.h"
#include "domain/spec/metric_values.h"
#include "domain/spec/run_result.h"
#include "domain/spec/workload.h"

namespace roofscape::spec {

/// One thing that was changed between what was published and what the row says.
struct Correction {
  std::string code;   // Why, by a short name that can be counted: "devices", "denominator", ...
  std::string field;  // As published.
  std::string was;    // As published; empty: it was not there.
  std::string now;    // As in the row; empty: left out.

  friend bool operator==(const Correction&, const Correction&) = default;
};

/// Where a row comes from.
struct Origin {
  std::string format;  // "inferencex", "vllm", ...; "roofscape": a run of ours.
  std::string source;  // The file, or the id of our run.
  std::string url;     // Of the run that made it; empty: unknown.
  /// Names the point in whatever file it stands: two rows of one key are two readings of one point.
  /// Made of everything that tells points apart, none of what was measured.
  std::string key;
  std::int64_t place = 0;   // Which row of the source it is, from 0.
  std::int64_t offset = 0;  // Where its text as published begins in the source, in bytes...
  std::int64_t bytes = 0;   // ...and how long it is; 0: not a piece of text.

  friend bool operator==(const Origin&, const Origin&) = default;
};

struct Row {
  Origin origin;
  WallTime measured;      // When it was; 0: unknown.
  bool day_only = false;  // Of `measured` only the day is known.
  std::string way = "measured";
  std::string protocol;  // Whose rules: "steady", "inferencex", "vllm", "aiperf", ...
  std::string window = "whole";
  Deployment deployment;
  Workload workload;
  std::int64_t concurrency = 0;  // 0: open loop, or unknown.
  std::optional<double> rate_rps;
  MetricValues values;
  std::vector<Correction> corrections;
  /// What is known besides, by the name of whoever published it: "image", "recipe_fingerprint".
  std::map<std::string, std::string> facts;
  Fitness instrument = Fitness::kValid;  // Of others' rows nothing is known; they count as valid.
  bool complete = true;

  friend bool operator==(const Row&, const Row&) = default;
};

/// A row that its reader could not understand, kept aside with the reason.
struct AsideRow {
  std::int64_t place = 0;  // As in Origin, and so the next two.
  std::int64_t offset = 0;
  std::int64_t bytes = 0;
  std::string code;    // Why, by a short name that can be counted: "unknown_chip", "no_rate", ...
  std::string reason;  // For people: which field, what it holds, what was expected.

  friend bool operator==(const AsideRow&, const AsideRow&) = default;
};

/// The points of a run, each over the window that its protocol names, else over the whole one.
std::vector<Row> RowsOf(const RunResult& run);

/// For export and `--json`.
Json ToJson(const Row& row);
Json ToJson(const Origin& origin);
Json ToJson(const std::vector<Correction>& corrections);

/// "2026-06-11" where only the day is known, else the time; "" for 0, which JSON has as null.
std::string DayOrTime(WallTime measured, bool day_only);
Json MeasuredJson(WallTime measured, bool day_only);

}  // namespace roofscape::spec
