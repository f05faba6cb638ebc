// A run and all that belongs to it, from one database to another.
//
// Private to store/. Errors: as Database. Thread safety: as Database.

#pragma once

#include <string>

#include "base/core/result.h"
#include "results/store/db.h"

namespace roofscape::store {

/// False: it is there already, and nothing was copied. kNotFound where `from` has no such run.
/// REQUIRES: transactions on both; `to` with deferred foreign keys.
Result<bool> CopyRun(Database& from, Database& to, const std::string& run_id);

}  // namespace roofscape::store
