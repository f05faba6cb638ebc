// The care of a database: bringing its schema up to date, checking it, copying it elsewhere.
//
// Errors: as store.h. Thread safety: pure functions over files and servers.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/core/result.h"
#include "results/store/content.h"
#include "results/store/store.h"

namespace roofscape::store {

struct SchemaChange {
  std::string database;   // Path, or URL without its secrets.
  std::int64_t from = 0;  // 0: it was empty, or a file that was absent.
  std::int64_t to = 0;
};

/// Brings the schema up to date.
Result<SchemaChange> MigrateStore(const std::string& path, const StoreOptions& options = {});

struct CheckReport {
  std::string database;
  std::int64_t schema = 0;
  std::int64_t newest_schema = 0;
  std::vector<TableContent> tables;
  std::int64_t append_only_tables = 0;  // Whose triggers stand.
  std::int64_t log_chunks = 0;          // That can be read.
  std::int64_t files = 0;               // That were imported, and are still what they were.
  std::int64_t series = 0;              // That can be read.
  std::vector<std::string> problems;    // Each with its cure.
};

/// Looks at everything and changes nothing: schema, damage, foreign keys, the triggers that refuse
/// changes, every stored log and series, every imported file against its digest. Reads every row.
/// An error means that it could not be looked at.
Result<CheckReport> CheckStore(const std::string& path, const StoreOptions& options = {});

struct CopyReport {
  std::string from;
  std::string to;
  std::vector<TableContent> tables;  // Equal in both.
};

/// Copies everything into a database without rows, which is made or brought up to date first, reads
/// it there again and compares. On an error nothing was copied, and a file that was made for it is
/// gone.
Result<CopyReport> CopyStore(const std::string& from, const std::string& to,
                             const StoreOptions& options = {});

}  // namespace roofscape::store
