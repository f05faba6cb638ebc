// What libpq and the server say, in our words with the cure.
//
// Thread safety: as the connection's.

#pragma once

#include <string>

#include "base/core/result.h"
#include "results/store/pg_url.h"

struct pg_conn;
struct pg_result;

namespace roofscape::store {

/// Why a connection could not be made.
Error PgConnectError(const pg_conn* connection, const PostgresUrl& url);

/// Why a command failed. `result` may be null: the connection tells.
Error PgError(const pg_conn* connection, const pg_result* result, const PostgresUrl& url);

}  // namespace roofscape::store
