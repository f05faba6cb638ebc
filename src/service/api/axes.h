// Axes as answers show them: name, unit, title, direction, digits and group.
//
// Thread safety: pure functions.

#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/core/json.h"
#include "domain/analysis/derived_axes.h"
#include "service/api/snapshot.h"

namespace roofscape::api {

/// "throughput", "interactivity", "latency", "cost", "energy", "counts" or "quality".
std::string_view GroupOf(std::string_view axis_name);

/// Significant digits to show.
inline constexpr int kDigits = 3;

Json AxisJson(const analysis::AxisInfo& axis);
/// REQUIRES: the axis is one of AllAxes().
Json AxisJson(const analysis::RowAxis& axis);

/// The axes of which some of those rows have a value; derived ones where they have a rate.
Json AxesOf(const Snapshot& snapshot, std::span<const std::size_t> places,
            const analysis::Pricing& pricing);

}  // namespace roofscape::api
