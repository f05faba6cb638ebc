// The gain of one way to serve over another, split, as text.
//
// Thread safety: pure functions.

#pragma once

#include <optional>
#include <string>

#include "cli/table.h"
#include "service/study/attribution.h"

namespace roofscape::cli {

std::string AttributionText(const study::AttributionTable& t,
                            const std::optional<study::Evidence>& evidence, const Style& style);

}  // namespace roofscape::cli
