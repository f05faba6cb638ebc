// One way to serve: a plan of a space, a number of requests in flight, and what the mean field says
// of them.
//
// Thread safety: pure functions.

#pragma once

#include <cstdint>
#include <tuple>

#include "model/codesign/space.h"

namespace roofscape::codesign {

constexpr std::int32_t kNoPrefill = -1;

/// Places in a space, and numbers of workers.
struct Plan {
  std::uint32_t family = 0;
  std::uint32_t serve = 0;
  std::int32_t prefill = kNoPrefill;  // Of disaggregated ones.
  std::int64_t serve_workers = 1;     // Replicas, where aggregated.
  std::int64_t prefill_workers = 0;

  friend bool operator==(const Plan&, const Plan&) = default;
};

struct Option {
  Plan plan;
  double concurrency = 0.0;
  double ttft_s = 0.0;  // Mean.
  double tpot_s = 0.0;  // Mean.
  double value = 0.0;   // Input and output tokens for each unit of what is spent (Family::weight).

  friend bool operator==(const Option&, const Option&) = default;
};

std::int64_t ChipsOf(const Space& space, const Plan& plan);

/// The plan as the performance model takes it.
perf::Service ServiceOf(const Space& space, const Plan& plan);

/// Decode workers must hold all that is in flight: what waits for their cache is not in the model.
/// Aggregated ones queue.
bool HoldsAll(const perf::Service& service, const perf::Coefficients<double>& c,
              const perf::Load& load);

/// Tokens for each unit of what is spent, all requests alike.
double ValueOf(const Family& family, std::int64_t chips, const perf::Load& load, double ttft_s,
               double tpot_s);

Option Evaluate(const Space& space, const Plan& plan, double concurrency);

/// A strict order of all options, the better one first: by value in ten digits, so that the same
/// deployment counted twice as large is a tie; then fewer chips, then by what they are.
bool Better(const Space& space, const Option& a, const Option& b);

/// Options of one shape differ only in how many workers and requests there are.
struct Shape {
  std::uint32_t family = 0;
  std::uint32_t serve = 0;
  std::int32_t prefill = kNoPrefill;

  friend bool operator==(const Shape&, const Shape&) = default;
};
inline Shape ShapeOf(const Plan& plan) { return {plan.family, plan.serve, plan.prefill}; }

}  // namespace roofscape::codesign
