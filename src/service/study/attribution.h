// The gain of one way to serve a model over another, split among the layers in which they differ,
// with what is not known of coefficients and what measured rows say of it.
//
// Thread safety: no shared state.

#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/core/json.h"
#include "base/core/result.h"
#include "domain/analysis/chip_weight.h"
#include "domain/analysis/price_choice.h"
#include "model/calibrate/measured_gain.h"
#include "model/codesign/attribution.h"
#include "model/perf/lowered.h"
#include "service/study/means.h"

namespace roofscape::study {

/// One way to serve, as its file has it.
struct Description {
  std::string name, model, chip, engine, precision, mode = "aggregated";
  std::int64_t chips = 8;
  std::int64_t stages = 1;
  double token_budget = 8192.0;
  bool mtp = false;
  std::optional<perf::Layout> layout;
  analysis::PriceChoice prices;
};

/// `path` is the file's name.
Result<Description> ParseDescription(std::string_view text, const std::string& path);

struct AttributionAsk {
  Description a, b;
  double interactivity_tps = 0.0;
  double ttft_limit_s = std::numeric_limits<double>::infinity();
  double input = 1024.0, output = 1024.0;  // Nominal tokens.
  std::string objective = "chip";
  int draws = 0;  // Of coefficients, for intervals; 0: no intervals.
  std::uint64_t seed = 1;
};

/// 80 % of the draws.
struct Spread {
  double low = 0.0, high = 0.0;
};

/// What is not known of coefficients does to a split.
struct Intervals {
  Spread gain;
  std::vector<Spread> shares;  // As the layers.
  int draws = 0;
};

struct AttributionTable {
  AttributionAsk ask;
  std::string model;  // An id of the catalog.
  analysis::Spending spending;
  std::vector<std::string> layers;
  codesign::Attribution split;
  double a = 0.0, b = 0.0;  // Values.
  std::string plan_a, plan_b;
  std::optional<Intervals> intervals;
};

/// Errors: files of two models; a mixture that reaches the target in no layout.
Result<AttributionTable> ComputeAttribution(const AttributionAsk& ask, const Means& means);

/// What rows say of it.
struct Evidence {
  calibrate::MeasuredGain gain;
  std::vector<std::string> layers;  // Of each axis, joined by " x ".
  std::vector<double> modelled;     // The product of their shares.
};

/// `tput_per_chip`: as the cases.
Result<Evidence> FindEvidence(const AttributionTable& t, const catalog::Catalog& catalog,
                              std::span<const calibrate::Case> cases,
                              const std::vector<std::optional<double>>& tput_per_chip);

/// Whether rows confirm that layer, alone or with others.
bool IsMeasured(const std::optional<Evidence>& evidence, std::string_view layer);

/// Where a layer's figures are from: "published" in data sheets and price books, "fitted" to
/// measured rows, or "assumed".
std::string_view GroundOf(std::string_view layer);

Json AttributionJson(const AttributionTable& t, const std::optional<Evidence>& evidence);

}  // namespace roofscape::study
