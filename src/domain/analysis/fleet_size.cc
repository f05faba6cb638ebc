#include "domain/analysis/fleet_size.h"

#include <cmath>

#include <fmt/format.h>

#include "base/core/check.h"

namespace roofscape::analysis {
namespace {

/// What both ways of sizing need of a point.
struct Point {
  std::int64_t chips = 0;   // Of one deployment.
  double output_tps = 0.0;  // A chip.
  double interactivity = 0.0;
  catalog::DatedFigure kw;
};

Result<Point> Read(const spec::Row& row, const Pricing& pricing) {
  Point point;
  const auto chips = spec::ChipCount(row.deployment);
  if (!chips || *chips <= 0) {
    return Error{ErrorCode::kNotFound, "the point does not say how many chips served it"};
  }
  point.chips = *chips;
  const auto rate = RatePerChip(row, TokenKind::kOutput);
  if (!rate || !(*rate > 0)) {
    return Error{ErrorCode::kNotFound, "the point has no output rate over all its chips"};
  }
  point.output_tps = *rate;
  const auto interactivity = row.values.Get("interactivity_p50_tps");
  if (!interactivity || !(*interactivity > 0)) {
    return Error{ErrorCode::kNotFound, "the point has no interactivity_p50_tps"};
  }
  point.interactivity = *interactivity;
  RS_ASSIGN_OR_RETURN(const EnergyFigure power, ChipPower(row, Boundary::kProvisioned,
                                                          {pricing.catalog, pricing.date, {}, {}}));
  RS_CHECK(power.constant.has_value());
  point.kw = *power.constant;
  return point;
}

constexpr double kMostChips = 1e12;

Error TooLarge() {
  return {ErrorCode::kInvalidArgument, "that fleet has more than 1e12 chips: ask for less"};
}

Fleet Build(const spec::Row& row, const Point& point, std::int64_t deployments,
            const Pricing& pricing) {
  Fleet fleet;
  fleet.deployments = deployments;
  fleet.chips = deployments * point.chips;
  const auto chips = static_cast<double>(fleet.chips);
  fleet.output_tps = chips * point.output_tps;
  fleet.users = static_cast<std::int64_t>(std::floor(fleet.output_tps / point.interactivity));
  fleet.megawatts = chips * point.kw.value / 1000;
  fleet.all_in_kw = point.kw;
  if (const auto price = ChipPrice(row.deployment.chip, pricing)) {
    fleet.price = *price;
    fleet.usd_per_month = chips * price->value * kHoursAMonth;
  }
  return fleet;
}

}  // namespace

Result<Fleet> FleetFromPower(const spec::Row& row, double megawatts, const Pricing& pricing) {
  RS_CHECK(megawatts > 0);
  RS_ASSIGN_OR_RETURN(const Point point, Read(row, pricing));
  const double chips = std::floor(megawatts * 1000 / point.kw.value);
  if (!(chips < kMostChips)) return TooLarge();
  const auto deployments = static_cast<std::int64_t>(chips) / point.chips;
  if (deployments < 1) {
    return Error{ErrorCode::kInvalidArgument,
                 fmt::format("{} MW feed {:.0f} chips, one deployment has {}; give more power",
                             megawatts, chips, point.chips)};
  }
  return Build(row, point, deployments, pricing);
}

Result<Fleet> FleetFromUsers(const spec::Row& row, std::int64_t users, const Pricing& pricing) {
  RS_CHECK(users > 0);
  RS_ASSIGN_OR_RETURN(const Point point, Read(row, pricing));
  const double per_deployment =
      static_cast<double>(point.chips) * point.output_tps / point.interactivity;
  const double wanted = std::ceil(static_cast<double>(users) / per_deployment - 1e-9);
  if (!(wanted * static_cast<double>(point.chips) < kMostChips)) return TooLarge();
  auto deployments = static_cast<std::int64_t>(wanted);
  if (deployments < 1) deployments = 1;
  Fleet fleet = Build(row, point, deployments, pricing);
  if (fleet.users < users) fleet.users = users;  // Rounding of the division, not a lack.
  return fleet;
}

}  // namespace roofscape::analysis
