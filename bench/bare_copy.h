// What SQLite alone takes to write an archive: the named reference of everything that writes one.
//
// Errors: as results/store/db.h. Thread safety: one thread at a time.

#pragma once

#include <string>

#include "base/core/result.h"

namespace roofscape::bench {

/// Seconds of `INSERT INTO archive_row SELECT * FROM archive_row` from the archive at `from` into a
/// new one at `to`: the same rows into the same columns and indexes, in one transaction that is on
/// the disk at its end. Nothing is parsed, bound, looked up or compressed.
Result<double> SecondsOfBareCopy(const std::string& from, const std::string& to);

}  // namespace roofscape::bench
