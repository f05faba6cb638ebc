// What `sweep` prints: what a plan comes to, and where a campaign stands.
//
// Thread safety: pure functions.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/core/json.h"
#include "cli/table.h"
#include "service/fleet/prepare.h"
#include "service/fleet/state.h"

namespace roofscape::cli {

/// The cost of a plan before it is run.
struct SweepForecast {
  struct LayoutLine {
    std::string id;
    std::string name;
    std::string command;
    std::int64_t chips = 1;
    std::int64_t points = 0;  // To be measured.
    double seconds = 0;       // With the start of the server.
    std::optional<double> usd;
  };
  std::vector<LayoutLine> layouts;
  std::int64_t points = 0;
  std::int64_t planned = 0;  // Of the plan, with those that are measured already.
  std::int64_t fresh = 0;
  std::int64_t failed = 0;
  double device_s = 0;
  std::optional<double> usd;
  std::optional<double> usd_per_device_hour;
  std::string price;  // Where it comes from.
  std::int64_t measured_estimates = 0;
};

SweepForecast ForecastOf(const fleet::SweepPlan& plan, const fleet::Preparation& preparation,
                         const fleet::CampaignState& state,
                         const std::optional<double>& usd_per_device_hour);

std::string ForecastText(const SweepForecast& forecast, const fleet::Preparation& preparation,
                         const Style& style);
Json ForecastJson(const SweepForecast& forecast, const fleet::Preparation& preparation);

std::string CampaignText(const std::string& name, const fleet::CampaignState& state,
                         const Style& style);
Json CampaignJson(const std::string& name, const fleet::CampaignState& state);

}  // namespace roofscape::cli
