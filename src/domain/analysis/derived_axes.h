// Axes that no metric of the registry is: what tokens cost in money and energy, from a rate a chip
// and the dated price or power of a book. They stand beside the metrics wherever an axis is chosen.
//
//   usd_per_mtok_{total,input,output}
//   joules_per_{total,input,output}_token_provisioned
//   {total,output}_tps_per_mw_provisioned
//
// Definitions: docs/reference/metrics.md. Ownership: the pricing's catalog must outlive an axis.
// Thread safety: an axis remembers prices by chip: one thread.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/core/result.h"
#include "domain/analysis/cost.h"
#include "domain/analysis/curve.h"

namespace roofscape::analysis {

/// What tables and pages say of an axis.
struct AxisInfo {
  std::string name;
  std::string unit;
  std::string title;
  spec::Direction direction = spec::Direction::kNeither;
  bool derived = false;
};

/// The metrics of which more or less is better, in the order of the registry, then the derived
/// ones.
const std::vector<AxisInfo>& AllAxes();

/// The one of that name, or an error with a suggestion.
Result<AxisInfo> FindAxis(std::string_view name);

/// The metric or derived figure of that name, at those prices.
Result<RowAxis> AxisNamed(std::string_view name, const Pricing& pricing);

/// USD a million tokens of that kind, as an axis.
RowAxis CostAxis(TokenKind kind, const Pricing& pricing);

/// The kind of token of a cost axis; missing: it is none.
std::optional<TokenKind> CostKindOf(std::string_view axis_name);

/// "total_tps_per_chip": the rate behind a cost.
std::string RateName(TokenKind kind);

}  // namespace roofscape::analysis
