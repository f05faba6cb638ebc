// How many chips a job needs, or how many users a power budget serves, at one operating point.
//
//   chips  = floor(MW x 1000 / kW)             kW: all-in power of a chip, from a dated book
//   users  = floor(chips x q_out / i)          q_out: output tokens/s a chip, i: interactivity
//   chips  = ceil(users x i / q_out)           the other way round
//   month  = chips x r x 730 h                 r: USD an hour of a chip
//
// A deployment comes only whole: chips are rounded to whole deployments, down from megawatts, up
// from users. A user here is one who gets tokens all the time; divide by the share of time that
// real users do. Formulas: InferenceX's dashboard, with whole deployments added.
//
// Errors: kNotFound with what is missing; kInvalidArgument for a budget too small for one
// deployment. Thread safety: pure functions.

#pragma once

#include <cstdint>
#include <optional>

#include "base/core/result.h"
#include "domain/analysis/cost.h"
#include "domain/analysis/energy.h"

namespace roofscape::analysis {

inline constexpr double kHoursAMonth = 730;

struct Fleet {
  std::int64_t deployments = 0;
  std::int64_t chips = 0;
  std::int64_t users = 0;
  double output_tps = 0.0;         // Of the whole fleet.
  double megawatts = 0.0;          // All-in.
  catalog::DatedFigure all_in_kw;  // A chip.
  std::optional<double> usd_per_month;
  std::optional<catalog::DatedFigure> price;  // [USD/h/chip]
};

/// What `megawatts` of the utility's power feed at this point. REQUIRES: megawatts > 0.
Result<Fleet> FleetFromPower(const spec::Row& row, double megawatts, const Pricing& pricing);

/// What `users` streams at this point's interactivity need. REQUIRES: users > 0.
Result<Fleet> FleetFromUsers(const spec::Row& row, std::int64_t users, const Pricing& pricing);

}  // namespace roofscape::analysis
