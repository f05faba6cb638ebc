// What measured rows say of a gain: two ways to serve one model differ in chip, engine, precision,
// whether prefill and decode are apart, and drafts. Where rows hold two setups that differ in one
// of these alone, the best that each reached at a speed, whatever its layout, is that part of the
// gain as it was measured.
//
// Thread safety: pure functions.

#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/calibrate/case.h"

namespace roofscape::calibrate {

enum class SetupAxis : std::size_t { kChip, kEngine, kPrecision, kMode, kDrafts, kAxes };
inline constexpr std::size_t kSetupAxes = static_cast<std::size_t>(SetupAxis::kAxes);
/// "chip", "engine", "precision", "disaggregation", "speculation"
std::string_view Name(SetupAxis axis);

/// As Case::kinds has them: "h100-sxm", "sglang", "fp8", "aggregated", "none". Mode "any": both.
using Setup = std::array<std::string, kSetupAxes>;

struct MeasuredAsk {
  std::string model;                 // An id of the catalog.
  double input = 0.0, output = 0.0;  // Nominal tokens.
  double tpot_limit_s = 0.0;         // Means.
  double ttft_limit_s = 0.0;
  Setup a, b;
};

/// One axis: B's over A's, tokens/s a chip, over all pairs of setups between A and B that differ in
/// it alone and were both measured at the speed.
struct AxisGain {
  SetupAxis axis = SetupAxis::kChip;
  std::size_t pairs = 0;
  double low = 0.0, middle = 0.0, high = 0.0;  // Least, geometric mean, most.
};

struct MeasuredGain {
  std::optional<double> a, b;  // Tokens/s a chip; missing: not measured, or not at the speed.
  std::vector<AxisGain> axes;  // Those that differ, with a pair at least.
};

/// Rows that hide whether they drafted take no part.
MeasuredGain MeasureGain(std::span<const Case> cases, const MeasuredAsk& ask,
                         const std::vector<std::optional<double>>& tput_per_chip);

}  // namespace roofscape::calibrate
