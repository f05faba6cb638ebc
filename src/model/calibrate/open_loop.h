// A deployment under an open loop, predicted: the stations of perf/open_loop.h with what measured
// rows say of them, and intervals.
//
// Rows are closed loops. Times of decoding are corrected as at the requests in service, the time to
// the first token as that of a lone request, since what rows say of TTFT under load is the burst at
// their start. An interval comes from stations that are all slower or all faster: it grows towards
// the capacity as queues do, and has no upper end where the slower deployment would be saturated.
//
// Ownership: plain values. Thread safety: const functions may run in parallel.

#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "base/core/result.h"
#include "model/calibrate/case.h"
#include "model/calibrate/model.h"
#include "model/calibrate/own_chip.h"
#include "model/perf/open_loop.h"

namespace roofscape::calibrate {

/// The deployment with so many requests in flight.
using CaseAt = std::function<Result<Case>(double concurrency)>;

/// Standard deviation over mean of lengths that are even between `low` of the longest and 1.
double LengthVariation(double low);

struct OpenPrediction {
  double rate_rps = 0.0;
  /// TTFT and TPOT, means; throughput is what comes in. The upper ends are infinite where the
  /// deployment may be saturated.
  Prediction prediction;
  perf::OpenPoint point;
  /// At the batch of the time in which there is one; power and cache are means over all time.
  Explanation why;
};

class OpenLoop {
 public:
  /// `variation`: of an answer's length, standard deviation over mean. `sequences`: that an engine
  /// admits at once in each copy of attention.
  static Result<OpenLoop> Make(CaseAt case_at, const Model& model, const OwnChip& own,
                               double variation, double sequences);

  /// Requests a second from which on it is saturated.
  const Figure& capacity_rps() const { return capacity_; }

  /// Missing: saturated. REQUIRES: rate_rps > 0.
  Result<std::optional<OpenPrediction>> At(double rate_rps) const;

 private:
  void Correct(const Case& c, const Model& model, const OwnChip& own, perf::StationState& state,
               double ttft_factor);
  perf::OpenService Shifted(double deviations) const;

  CaseAt case_at_;
  OwnChip own_;
  perf::Coefficients<double> coefficients_ = {};
  perf::OpenService service_;
  // Standard deviations of logarithms, of each state of service_.serve.
  std::vector<double> before_deviation_, after_deviation_;
  Domain domain_ = Domain::kUnknown;
  Figure capacity_;
};

}  // namespace roofscape::calibrate
