// The schema of the store as numbered steps. A step that has been released is never changed: a new
// one is added behind it.
//
// Errors: as in db.h. Thread safety: as Database.

#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "base/core/result.h"
#include "results/store/db.h"

namespace roofscape::store {

struct Migration {
  std::int64_t number;  // 1, 2, 3, ... without gaps.
  /// Statements that both SQLite and PostgreSQL understand, but for the types TEXT, INTEGER, REAL
  /// and BLOB, which PostgreSQL gets as types that mean what SQLite means by them (pg_sql.h).
  std::string_view sql;
  /// Tables of this step that may only grow: each gets triggers that refuse UPDATE and DELETE.
  std::span<const std::string_view> append_only;
};

/// All steps of this Roofscape, in order.
std::span<const Migration> AllMigrations();

/// Marks a database as ours: "Roof" in ASCII, as SQLite's application_id or in PostgreSQL's table
/// roofscape_schema.
inline constexpr std::int64_t kApplicationId = 0x526F6F66;

/// The number of the last step the database has seen; 0 for an empty one. Refuses the database of
/// another program and one newer than `newest`. Changes nothing.
Result<std::int64_t> ReadSchema(Database& database, std::int64_t newest);

/// Brings the database up to date, one transaction a step. Two processes may do so at once.
/// REQUIRES: ReadSchema accepted the database.
Result<> Migrate(Database& database, std::span<const Migration> migrations);

}  // namespace roofscape::store
