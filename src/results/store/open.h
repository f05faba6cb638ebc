// Finding, creating and checking a database, for those who need the Database itself. Everybody
// else: OpenStore (store.h).
//
// Errors: as store.h. Thread safety: pure functions over files and servers.

#pragma once

#include <memory>
#include <string>

#include "base/core/result.h"
#include "results/store/db.h"
#include "results/store/store.h"

namespace roofscape::store {

/// The database at a path or URL with the newest schema, and of ours. kReadOnly: kNotFound for a
/// file that is absent; an older schema is brought up to date in both modes.
Result<std::unique_ptr<Database>> OpenDatabase(const std::string& path, OpenMode mode,
                                               const StoreOptions& options);

/// The same for reading, with whatever schema up to the newest it has.
Result<std::unique_ptr<Database>> OpenAsItIs(const std::string& path, const StoreOptions& options);

}  // namespace roofscape::store
