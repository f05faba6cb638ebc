// The store's SQL, written for both back-ends, as PostgreSQL takes it.
//
// Thread safety: pure functions.

#pragma once

#include <string>
#include <string_view>

namespace roofscape::store {

struct NumberedSql {
  std::string sql;
  int parameters = 0;
};

/// Parameters '?' and '?1' become '$1'; as in SQLite a '?' is one more than the largest before it.
/// What stands in quotes or comments stays.
NumberedSql NumberParameters(std::string_view sql);

/// Types of a migration as SQLite means them: BLOB becomes BYTEA, INTEGER 64 bits wide, REAL a
/// double; TEXT compares by its bytes whatever the server's language is. What a REFERENCES names
/// may be inserted later in the same transaction when that asks for it (DEFERRABLE).
std::string ToPostgresTypes(std::string_view sql);

}  // namespace roofscape::store
