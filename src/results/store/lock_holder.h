// Who holds the write lock of a database, for the message to a second process.
//
// Thread safety: pure function over the machine's state.

#pragma once

#include <string>

namespace roofscape::store {

/// "process 1234 (roofscape)": who holds the write lock of the database at `path`, as /proc/locks
/// tells, or "" when that cannot be found out. Opens no file of the database: closing one would
/// drop this process's own locks on it.
std::string WriteLockHolder(const std::string& path);

}  // namespace roofscape::store
