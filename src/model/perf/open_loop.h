// The steady state of a deployment to which requests come at a rate, whatever is still in flight
// (an open loop of Poisson arrivals): mean TTFT and TPOT, how many are served at once, how long
// they wait to be admitted, and the rate that it cannot keep up with.
//
// A chain of births and deaths over requests in service. With n of them a deployment completes
// X(n) = n / E2E(n) a second, E2E(n) being that of a closed loop of n (mean_field.h): the flow of
// an equivalent server. At most as many are admitted as cache and engine take; the others wait in
// turn. Requests that share steps leave the chain's distribution nearly as it is whatever their
// lengths; the wait of those that are not admitted depends on them, by (1 + cv^2) / 2.
//
// A disaggregated deployment is two such stations one behind the other, taken as independent.
// Doubles only: no fit needs derivatives of it. Thread safety: pure functions.

#pragma once

#include <optional>
#include <vector>

#include "model/perf/mean_field.h"

namespace roofscape::perf {

/// A station with so many requests in service, means of one of them.
struct StationState {
  double requests = 1.0;
  double before_s = 0.0;  // From admission to the first token,
  double after_s = 0.0;   // and from there to the last.
};

struct Station {
  /// By rising requests: from 1 to the most that are in service at once; between them times are
  /// linear. At least one.
  std::vector<StationState> states;
  /// Of the wait for admission that exponential service would give.
  double wait_share = 1.0;
  /// Workers, or copies of attention, among which requests in service are spread evenly.
  double groups = 1.0;
};

struct StationPoint {
  double waits_s = 0.0;   // For admission, mean of all requests.
  double before_s = 0.0;  // As StationState, means over requests.
  double after_s = 0.0;
  double serving = 0.0;  // Requests in service, mean over time.
  double idle = 0.0;     // Share of time, and of groups, with nothing to do.
};

/// Requests a second that a station completes when it is full.
double CapacityRps(const Station& station);

/// Missing: the rate is no less than the capacity. REQUIRES: rate_rps > 0.
std::optional<StationPoint> StationAt(const Station& station, double rate_rps);

/// A deployment as stations.
struct OpenService {
  Station serve;                   // All of it, or the decoding side.
  std::optional<Station> prefill;  // Where disaggregated.
  double beside_s = 0.0;           // Of TTFT, in no station: requests, the handing over of a cache.
};

struct OpenPoint {
  double ttft_s = 0.0;     // Mean, waits included.
  double tpot_s = 0.0;     // Mean.
  double waits_s = 0.0;    // Of TTFT: for admission, and for the prefill side.
  double in_flight = 0.0;  // Requests of all the deployment that have come and not ended, mean.
  double serving = 0.0;    // Of these: admitted to the (decoding) workers.
  double idle = 0.0;       // Share of time in which one of those workers has nothing to do.
};

double CapacityRps(const OpenService& service);

/// `output`: mean tokens of an answer. Missing: saturated. REQUIRES: rate_rps > 0.
std::optional<OpenPoint> OpenLoopAt(const OpenService& service, double rate_rps, double output);

/// Requests at which stations are asked what they do: two an octave up to `most`, at least 1.
std::vector<double> StateGrid(double most);

/// Requests that the (decoding) workers have in service at once, by cache and engine: not more than
/// `limit`, at least 1.
double MostInService(const Service& s, const Coefficients<double>& c, const Load& load,
                     double limit);

/// An aggregated deployment, or a serial engine, with load.concurrency in service: a closed loop of
/// them without the burst at its start. REQUIRES: !s.disaggregated.
StationState ServingState(const Service& s, const Coefficients<double>& c, const Load& load);

/// The stations of a deployment by the formulas alone. `variation`: of an answer's length, standard
/// deviation over mean. `limit`: requests in service at most.
OpenService MakeOpenService(const Service& s, const Coefficients<double>& c, const Load& load,
                            double variation, double limit);

}  // namespace roofscape::perf
