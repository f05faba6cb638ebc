// A row of the archive as the performance model reads it.
//
// Thread safety: pure functions.

#pragma once

#include <optional>

#include "domain/spec/row.h"
#include "model/calibrate/rows.h"

namespace roofscape::api {

/// Missing where its roles are not those that the model knows.
std::optional<calibrate::ServingRow> ServingRowOf(const spec::Row& row);

}  // namespace roofscape::api
