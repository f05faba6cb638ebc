// A processor that measured its own kernels (`roofscape probe`), predicted: no measured serving
// rows stand behind it, only what its kernels take and judged priors of the rest. Four numbers are
// not known well, each a factor with a spread: what kernels take inside an engine, what those of
// prompts take beside that, what host and elementwise work take, what a request costs outside of
// the engine's steps. One measured point tells them better (the most probable factors, given two
// measured times).
//
// Intervals come from the same four: how far a prediction moves with each, by how far each may be
// off, and beside them what the formulas themselves miss.
//
// Ownership: plain values. Thread safety: const functions may run in parallel.

#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include "model/calibrate/case.h"
#include "model/calibrate/model.h"

namespace roofscape::calibrate {

/// One point as it was measured, means.
struct MeasuredPoint {
  double concurrency = 1.0;
  double ttft_s = 0.0;
  double tpot_s = 0.0;
};

class OwnChip {
 public:
  static constexpr std::size_t kFactors = 4;
  static constexpr std::array<std::string_view, kFactors> kNames = {"kernels", "prompts", "host",
                                                                    "requests"};

  /// Priors alone.
  OwnChip();

  /// Learns from a measured point. `c`: that deployment under that load.
  /// REQUIRES: c.own; both times positive.
  void Learn(const Case& c, const MeasuredPoint& point);

  /// REQUIRES: c.own.
  Prediction Predict(const Case& c) const;
  Explanation Explain(const Case& c) const;
  /// The case with what was learned worked in. REQUIRES: c.own.
  Case Learned(const Case& c) const { return At(c, logs_); }

  bool learned() const { return learned_; }
  /// 1 where nothing was learned.
  double factor(std::size_t i) const;

 private:
  using Vector = std::array<double, kFactors>;
  /// log TPOT, log TTFT and log throughput, with what each factor's logarithm moves them by.
  struct Response {
    std::array<double, 3> value = {};
    std::array<Vector, 3> slope = {};
  };

  static Case At(const Case& c, const Vector& logs);
  static std::array<double, 3> ValuesAt(const Case& c, const Vector& logs);
  static Response ResponseAt(const Case& c, const Vector& logs);

  Vector logs_ = {};
  std::array<Vector, kFactors> covariance_ = {};
  bool learned_ = false;
};

}  // namespace roofscape::calibrate
