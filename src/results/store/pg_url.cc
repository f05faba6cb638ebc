#include "results/store/pg_url.h"

#include <libpq-fe.h>

#include <algorithm>
#include <cctype>
#include <memory>

#include <fmt/format.h>

namespace roofscape::store {
namespace {

bool IsPort(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](unsigned char c) { return std::isdigit(c) != 0 || c == ','; });
}

bool IsHost(std::string_view text) {
  return text.starts_with('/') || text.find_first_of("@:/? ") == std::string_view::npos ||
         text.find_first_not_of("0123456789abcdefABCDEF:.%") == std::string_view::npos;
}

Error Malformed() {
  // libpq's own words quote the URL, and with it what may be part of a password.
  return {ErrorCode::kInvalidArgument,
          "database 'postgresql://...': is no valid URL: write "
          "postgresql://USER:PASSWORD@HOST:PORT/NAME, with special characters of the password "
          "percent-encoded (@ is %40, : is %3A, / is %2F)"};
}

std::string NameOf(const PostgresUrl& parts, const std::string& port) {
  const std::string user = parts.user.empty() ? "" : parts.user + "@";
  if (!parts.host.starts_with('/')) {
    const bool v6 = parts.host.find(':') != std::string::npos;
    return fmt::format("postgresql://{}{}{}{}/{}", user,
                       v6 ? fmt::format("[{}]", parts.host) : parts.host, port.empty() ? "" : ":",
                       port, parts.database);
  }
  return fmt::format("postgresql://{}/{}?host={}{}{}", user, parts.database, parts.host,
                     port.empty() ? "" : "&port=", port);
}

}  // namespace

bool IsPostgresUrl(std::string_view path) {
  return path.starts_with("postgresql://") || path.starts_with("postgres://");
}

Result<PostgresUrl> ParsePostgresUrl(const std::string& url) {
  char* message = nullptr;
  const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> options(
      PQconninfoParse(url.c_str(), &message), &PQconninfoFree);
  PQfreemem(message);
  if (options == nullptr) return Malformed();
  PostgresUrl parts;
  std::string port;
  for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option) {
    if (option->val == nullptr) continue;
    const std::string_view keyword = option->keyword;
    if (keyword == "user") parts.user = option->val;
    if (keyword == "password") parts.password = option->val;
    if (keyword == "host" || (keyword == "hostaddr" && parts.host.empty())) {
      parts.host = option->val;
    }
    if (keyword == "port") port = option->val;
    if (keyword == "dbname") parts.database = option->val;
  }
  if (!IsPort(port) || !IsHost(parts.host) || parts.database.find('@') != std::string::npos) {
    return Malformed();
  }
  parts.name = NameOf(parts, port);
  return parts;
}

std::string NameOfDatabase(const std::string& path) {
  if (!IsPostgresUrl(path)) return path;
  const Result<PostgresUrl> parts = ParsePostgresUrl(path);
  return parts ? parts->name : "postgresql://...";
}

}  // namespace roofscape::store
