// What a machine gives at a speed, as JSON.
//
// Thread safety: pure functions.

#pragma once

#include <optional>

#include "base/core/json.h"
#include "model/codesign/portability.h"

namespace roofscape::study {

/// null: the speed is not reached.
Json ServedJson(const std::optional<codesign::Served>& served);
Json NumberOrNull(const std::optional<double>& value);

}  // namespace roofscape::study
