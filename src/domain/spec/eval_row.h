// A row of an eval: how many of its questions a deployment answered right while it served them. It
// says whether a configuration that is fast is still right; it is no operating point, for it knows
// neither throughput nor latency.
//
// Units: scores are shares of the questions, 0 to 1. Ownership, thread safety: plain values.

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/core/clock.h"
#include "base/core/json.h"
#include "domain/spec/deployment.h"
#include "domain/spec/row.h"

namespace roofscape::spec {

/// An interval that covers the true score in 95 of 100 repeats.
struct ScoreInterval {
  double low = 0.0;
  double high = 0.0;

  friend bool operator==(const ScoreInterval&, const ScoreInterval&) = default;
};

/// One way to judge the answers: "em_strict", "em_flexible".
struct EvalScore {
  std::string measure;  // As published.
  double score = 0.0;
  std::optional<double> error;              // Standard error, as published.
  std::optional<std::int64_t> questions;    // That were asked.
  std::optional<ScoreInterval> interval{};  // As IntervalOf gives it.

  friend bool operator==(const EvalScore&, const EvalScore&) = default;
};

struct EvalRow {
  Origin origin;
  WallTime measured;              // When it was; 0: unknown.
  bool day_only = false;          // Of `measured` only the day is known.
  Deployment deployment;          // That answered.
  std::string task;               // As published: "gsm8k".
  std::string harness;            // And its version; empty: not said.
  std::int64_t concurrency = 0;   // 0: unknown.
  std::vector<EvalScore> scores;  // By measure.
  std::vector<Correction> corrections;
  std::map<std::string, std::string> facts;

  friend bool operator==(const EvalRow&, const EvalRow&) = default;
};

/// score +- 1.96 x the published error, within 0 and 1. Where none is published, and where it is 0,
/// which all right or all wrong give, Wilson's interval of the share of n questions (E. B. Wilson,
/// 1927):
///   (p + z^2 / 2n +- z x sqrt(p (1 - p) / n + z^2 / 4n^2)) / (1 + z^2 / n), z = 1.96.
/// Missing: neither error nor questions are known.
std::optional<ScoreInterval> IntervalOf(double score, std::optional<double> error,
                                        std::optional<std::int64_t> questions);

/// For export and `--json`.
Json ToJson(const EvalRow& row);

}  // namespace roofscape::spec
