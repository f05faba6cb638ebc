// What SQLite alone takes to write an archive: the named reference of everything that writes one.
//
// Errors: as results/store/db.h. Thread safety: one thread at a time.

#pragma once

#include <string>

#include "base/core/result.h"

namespace roofscape::bench {

/// What the process has used; of all its threads. On a machine with other work the second says
/// more.
struct Spent {
  double wall_s = 0;
  double cpu_s = 0;

  Spent operator-(const Spent& before) const {
    return {wall_s - before.wall_s, cpu_s - before.cpu_s};
  }
  Spent& operator+=(const Spent& more) {
    wall_s += more.wall_s;
    cpu_s += more.cpu_s;
    return *this;
  }
};
Spent SpentUntilNow();

/// The cost of `INSERT INTO archive_row SELECT * FROM archive_row` from the archive at `from` into
/// a new one at `to`: the same rows into the same columns and indexes, in one transaction that is
/// on the disk at its end. Nothing is parsed, bound, looked up or compressed.
Result<Spent> BareCopy(const std::string& from, const std::string& to);

}  // namespace roofscape::bench
