#include "results/store/pg_error.h"

#include <libpq-fe.h>

#include <string_view>

#include <fmt/format.h>

#include "base/core/text.h"

namespace roofscape::store {
namespace {

/// The server's words on one line, unless they hold the password.
std::string Words(const char* message, const PostgresUrl& url) {
  std::string words(Trim(message == nullptr ? "" : message));
  if (!url.password.empty() && words.find(url.password) != std::string::npos) return "no reason";
  for (char& c : words) {
    if (c == '\n' || c == '\t') c = ' ';
  }
  return words;
}

std::string UserOf(const pg_conn* connection, const PostgresUrl& url) {
  const char* user = PQuser(connection);
  return user == nullptr ? url.user : user;
}

Error Make(const PostgresUrl& url, ErrorCode code, const std::string& text) {
  return {code, fmt::format("database '{}': {}", url.name, text)};
}

/// What to do about a connection that was refused; the reasons as libpq and servers word them.
std::string CureOf(std::string_view words, const std::string& user, const std::string& database) {
  const auto says = [&](std::string_view text) {
    return words.find(text) != std::string_view::npos;
  };
  if (says("password authentication failed")) {
    return "check user and password: in the URL, in PGPASSWORD or in ~/.pgpass";
  }
  if (says("no password supplied")) {
    return "give the password in PGPASSWORD, in ~/.pgpass or in the URL";
  }
  if (says("authentication failed") || says("no pg_hba.conf entry")) {
    return fmt::format(
        "the server does not let user '{}' in from here: check the user in the "
        "URL, or ask its administrator for an entry in pg_hba.conf",
        user);
  }
  if (says("role") && says("does not exist")) {
    return fmt::format("make the user with 'createuser {}', or name another in the URL", user);
  }
  if (says("database") && says("does not exist")) {
    return fmt::format("make it with 'createdb --encoding=UTF8 --template=template0 {}'", database);
  }
  if (says("permission denied for database")) {
    return fmt::format("let its owner run: GRANT CONNECT ON DATABASE {} TO {}", database, user);
  }
  if (says("too many clients") || says("too many connections") || says("remaining connection")) {
    return "the server has no connection left: close some, or raise its max_connections";
  }
  if (says("could not translate host name")) return "check the host's name in the URL";
  if (says("No such file or directory") || says("Connection refused") || says("timeout expired")) {
    return "check that the server runs, and host and port in the URL";
  }
  if (says("starting up") || says("shutting down")) return "try again in a moment";
  return "check the URL and that the server can be reached, or name another with --db";
}

}  // namespace

Error PgConnectError(const pg_conn* connection, const PostgresUrl& url) {
  const std::string words = Words(PQerrorMessage(connection), url);
  const char* database = PQdb(connection);
  const std::string cure =
      CureOf(words, UserOf(connection, url), database == nullptr ? url.database : database);
  const bool absent = cure.starts_with("make it with");
  return Make(url, absent ? ErrorCode::kNotFound : ErrorCode::kUnavailable,
              fmt::format("cannot be opened ({}): {}", words, cure));
}

Error PgError(const pg_conn* connection, const pg_result* result, const PostgresUrl& url) {
  const char* field = result == nullptr ? nullptr : PQresultErrorField(result, PG_DIAG_SQLSTATE);
  const std::string_view state = field == nullptr ? "" : field;
  if (PQstatus(connection) != CONNECTION_OK || state.starts_with("57P") ||
      state.starts_with("08")) {
    return Make(url, ErrorCode::kUnavailable,
                "the connection to the server was lost: what was stored before is kept. Check "
                "that the server runs and the network holds, then try again");
  }
  const char* primary =
      result == nullptr ? nullptr : PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
  const std::string words = Words(primary == nullptr ? PQerrorMessage(connection) : primary, url);
  const std::string user = UserOf(connection, url);
  if (state == "55P03") {
    return Make(url, ErrorCode::kUnavailable, "locked by another process: try again later");
  }
  if (state.starts_with("23") || state.starts_with("22") || state == "P0001") {
    return Make(url, ErrorCode::kInvalidArgument,
                fmt::format("refused a row ({}): an id must be new, and what it names must be "
                            "stored before it",
                            words));
  }
  if (state == "42501") {
    return Make(url, ErrorCode::kIo,
                fmt::format("user '{0}' may not do this ({1}): let the database's owner run "
                            "'roofscape db migrate' once, then GRANT SELECT, INSERT ON ALL TABLES "
                            "IN SCHEMA public TO {0}",
                            user, words));
  }
  if (state == "25006") {
    return Make(url, ErrorCode::kIo,
                "cannot be written here: it was opened for reading, or the server is a standby "
                "(then name the primary in the URL)");
  }
  if (state == "53100") {
    return Make(url, ErrorCode::kIo,
                "the disk of the server is full: what was stored before is kept. Free some space "
                "there, or keep results elsewhere with --db");
  }
  if (state.starts_with("XX")) {
    return Make(url, ErrorCode::kProtocol,
                fmt::format("is damaged ({}): restore it from a copy", words));
  }
  return Make(url, ErrorCode::kIo,
              fmt::format("{} (SQLSTATE {}): if it stays, name another database with --db and "
                          "report this as a bug",
                          words, state));
}

}  // namespace roofscape::store
