// How far predictions are from measured rows: by group, with the share of rows inside the 80 %
// interval, the error of predicting each row by its repeats, and the regret of the layouts that the
// model would choose. Cross-validation refits without what it judges by.
//
// Thread safety: pure functions.

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/calibrate/model.h"

namespace roofscape::calibrate {

/// Errors are |predicted / measured - 1|; bias is the median of predicted / measured - 1.
struct ErrorSummary {
  std::size_t rows = 0;
  double median = 0.0, p75 = 0.0, mean = 0.0, p90 = 0.0, bias = 0.0;
  double coverage80 = 0.0;
};

struct GroupErrors {
  std::string by;    // "all", "mode", "chip", "model", "engine", "precision"
  std::string name;  // "aggregated", "h200-sxm"
  ErrorSummary tpot, ttft, tput;
};

/// A row with what was predicted for it.
struct Judged {
  const Case* row = nullptr;
  std::optional<double> measured_tput;
  Prediction prediction;
};

std::vector<GroupErrors> Summarize(std::span<const Judged> judged);

/// Each row predicted by the median of the other rows of its deployment and load: what no model can
/// beat. Rows without repeats take no part.
struct RepeatOracle {
  ErrorSummary tpot, ttft;
};
RepeatOracle RepeatErrors(std::span<const Case> cases);

/// What choosing by the model costs: 1 - measured throughput of the layout that the model prefers ÷
/// the best measured one, among rows of one chip, model, engine, precision and shape that reach the
/// interactivity.
struct Regret {
  double interactivity_tps = 0.0;
  std::size_t choices = 0;  // Groups with at least two layouts that reach it.
  double median = 0.0, p90 = 0.0;
};
std::vector<Regret> Regrets(std::span<const Judged> judged, std::span<const double> targets);

enum class Holdout {
  kCurves,  // Ten folds over whole curves.
  kModels,  // One model at a time.
  kChips,   // One chip at a time.
  kTime,    // The latest fifth of the dated rows, by what was measured before.
};
std::string_view Name(Holdout holdout);
Result<Holdout> ParseHoldout(std::string_view name);

/// Folds: for each, which cases are held out (1).
std::vector<std::vector<char>> Folds(std::span<const Case> cases, std::span<const ServingRow> rows,
                                     Holdout holdout);

/// Predicts every case by a model that was fitted without its fold. A row that is in no fold (time:
/// the earlier ones) is not judged.
std::vector<Judged> CrossValidate(std::span<const Case> cases, std::span<const ServingRow> rows,
                                  Holdout holdout, const Ablation& parts);

}  // namespace roofscape::calibrate
