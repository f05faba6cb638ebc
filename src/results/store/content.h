// What a database holds, table by table, in a form that is the same whichever back-end it lies on.
//
// Errors, thread safety: as Database.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/core/result.h"
#include "results/store/db.h"

namespace roofscape::store {

struct TableContent {
  std::string table;
  std::int64_t rows = 0;
  std::string sha256;  // Of all values of all rows in the order of their keys; 64 hex digits.

  friend bool operator==(const TableContent&, const TableContent&) = default;
};

/// Every table by name. Reads every row. REQUIRES: a transaction, so that it is one moment's
/// content.
Result<std::vector<TableContent>> ReadContent(Database& database);

/// The rows of a table whose column has a value; all, where no column is named.
struct RowChoice {
  std::string column = {};
  std::string_view value = {};
};

/// Adds rows of a table to the table of the same name, and tells what was read.
/// REQUIRES: transactions on both; `to` with deferred foreign keys.
Result<TableContent> CopyTable(Database& from, Database& to, const std::string& table,
                               const RowChoice& only = {});

}  // namespace roofscape::store
