// The fitted model: coefficients, what the formulas missed, and how far its intervals reach. Made
// by Calibrate() from measured rows, kept as a JSON file (docs/reference/validate.md), used to
// predict any deployment that a Case describes.
//
// Ownership: plain values. Thread safety: const functions may run in parallel.

#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "base/core/json.h"
#include "base/core/result.h"
#include "model/calibrate/case.h"
#include "model/calibrate/figure.h"
#include "model/calibrate/fit.h"
#include "model/calibrate/residual.h"

namespace roofscape::calibrate {

/// How near a prediction is to what was measured.
enum class Domain {
  kKnown,     // The model was measured on this chip under this engine.
  kPartly,    // Model, chip and engine were, but not together; or one of them is new.
  kUnknown,   // Nothing like it was measured.
  kProbed,    // The chip measured its own kernels, and no row of it is known.
  kAnchored,  // The same, and one measured point was learned.
};
std::string_view Name(Domain domain);

struct Prediction {
  Figure ttft_s, tpot_s;
  Figure tput_per_chip;  // Input and output tokens a second and chip, whole window.
  Domain domain = Domain::kUnknown;
};

/// Why a prediction is what it is, by the formulas (before the correction that rows teach).
struct Explanation {
  perf::StepTimes<double> decode = {};   // One step of the sequences that decode, seconds.
  perf::StepTimes<double> prefill = {};  // One prompt alone, seconds.
  double decoding = 0.0;                 // Sequences that decode in an attention group.
  double admitted = 0.0;                 // That its cache holds at once.
  double memory = 0.0;                   // Of a chip, bytes.
  double weights = 0.0;                  // That a chip holds.
  double cache = 0.0;                    // That sequences of the load fill.
  double cache_room = 0.0;               // That is left for them.
  double decode_clock = 1.0;             // That a power cap leaves in a decode step,
  double prompt_clock = 1.0;             // and in a prompt, of the full one.
  double gained = 1.0;                   // Tokens of a sequence a step.
  std::optional<double> formula_tpot_s;  // Before the correction by rows; of a closed loop.
  std::optional<double> chip_w;          // Mean draw; missing: the chip's TDP is not known.
};

/// Parts that can be left out, to see what each carries.
struct Ablation {
  bool residual = true;
  bool fitted = true;  // Else priors.
};

Explanation Explain(const Case& c, const perf::Coefficients<double>& coefficients);
/// The same at a steady state that is known.
Explanation Explain(const Case& c, const perf::Coefficients<double>& coefficients,
                    const perf::Point<double>& point);

class Model {
 public:
  /// From rows whose place in `used` is not 0. Deterministic.
  static Model Calibrate(std::span<const Case> cases, std::span<const char> used);

  static Result<Model> FromJson(const Json& json);
  /// The one that the program carries. An error is a fault of the build.
  static Result<Model> Shipped();
  Json ToJson() const;

  Prediction Predict(const Case& c) const { return Predict(c, Ablation{}); }
  Prediction Predict(const Case& c, const Ablation& parts) const;

  Explanation Explain(const Case& c) const;

  /// Worth it before thousands of predictions: how the anchors covary by twos, computed once. The
  /// predictions are the same.
  void ExpectMany();

  /// What the rows nearest to a case say of the formulas there: their figures times these are what
  /// Predict gives.
  struct Factors {
    double ttft = 1.0;
    double tpot = 1.0;
  };
  Factors FactorsOf(const Case& c) const;

  /// Coefficients for a case; for a setting, of aggregated deployments. SI units.
  perf::Coefficients<double> CoefficientsOf(const Case& c) const;
  perf::Coefficients<double> CoefficientsOf(const perf::Setting& setting) const;
  /// Was a row of this curve among those fitted?
  bool Fitted(const Case& c) const;
  std::size_t rows() const { return rows_; }

 private:
  static constexpr std::size_t kModes = 2;    // Aggregated; disaggregated or drafts not known.
  static constexpr std::size_t kOutputs = 2;  // TPOT, TTFT.
  static constexpr std::size_t kDomains = 3;

  void ScaleIntervals(std::span<const Case> cases, std::span<const char> used);
  Domain DomainOf(const Site& site) const;
  Correction Corrected(std::size_t output, const Site& site, Domain domain, std::size_t mode) const;

  std::size_t rows_ = 0;
  std::vector<double> fitted_;  // Of aggregated deployments, then of disaggregated ones.
  Names names_;
  std::vector<Site> sites_;
  std::array<std::vector<double>, kOutputs> errors_;
  std::vector<Residual> residuals_;                               // One an output.
  std::array<double, kOutputs * kModes * kDomains> scales_ = {};  // Of standard deviations.
  std::unordered_set<std::string> curves_;
};

/// The file of Model::Shipped(): fitted to the open rows that NOTICE names.
std::span<const std::uint8_t> EmbeddedModel();

/// Throughput by Little's law over the whole window, ramp and tail included (law 3 of the rows):
/// k x concurrency x (input + output) / E2E / chips.
double WholeWindowTput(const Case& c, double ttft_s, double tpot_s);

}  // namespace roofscape::calibrate
