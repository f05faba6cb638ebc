// URLs of PostgreSQL databases: postgresql://USER:PASSWORD@HOST:PORT/NAME?option=value, also
// postgres://, as libpq reads them. A URL holds a secret, so nothing else of it than what
// PostgresUrl::name holds may come into a message or into stored data.
//
// Errors: kInvalidArgument. Thread safety: pure functions.

#pragma once

#include <string>
#include <string_view>

#include "base/core/result.h"

namespace roofscape::store {

/// Whether a path is such a URL, well formed or not.
bool IsPostgresUrl(std::string_view path);

struct PostgresUrl {
  std::string name;  // The URL without password and options, for people.
  std::string user;  // "": libpq's default, here and below.
  std::string host;
  std::string database;
  std::string password;
};

/// The parts of a URL. A password whose special characters are not percent-encoded is refused, as
/// parts of it would be taken for a host's name and shown.
Result<PostgresUrl> ParsePostgresUrl(const std::string& url);

/// A path as it is, a URL as `name`, or "postgresql://..." where it is malformed.
std::string NameOfDatabase(const std::string& path);

}  // namespace roofscape::store
