// A Database on a PostgreSQL server (13 or newer), by libpq. With the other pg_*.cc the only files
// that know PostgreSQL.
//
// One writer at a time, as in SQLite: a write transaction holds an advisory lock, so that it sees
// everything committed before and none fails half way for another's. After a lost connection the
// next transaction connects again.
//
// Errors, ownership, thread safety: as db.h. What libpq says never shows the password.

#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "results/store/db.h"
#include "results/store/pg_sql.h"
#include "results/store/pg_url.h"

struct pg_conn;
struct pg_result;

namespace roofscape::store {

class PgStatement;

struct PgResultDeleter {
  void operator()(pg_result* result) const;
};
using PgResult = std::unique_ptr<pg_result, PgResultDeleter>;

class PgDatabase final : public Database {
 public:
  PgDatabase(pg_conn* connection, PostgresUrl url, Access access, const DatabaseOptions& options);
  ~PgDatabase() override;

  Result<Statement> Prepare(std::string_view sql) override;
  std::size_t RowsAnInsert() const override { return 64; }
  bool NullIsLeast() const override { return false; }
  Result<> Run(const std::string& sql) override;
  Result<> AllowReadersBesideWriter() override { return {}; }  // They always may.
  Result<SchemaMark> ReadMark() override;
  Result<> WriteMark(const SchemaMark& mark) override;
  Result<> RunMigration(std::string_view sql) override;
  Result<> MakeAppendOnly(std::string_view table) override;
  Result<bool> IsAppendOnly(std::string_view table) override;
  Result<std::vector<std::string>> Tables() override;
  Result<std::vector<std::string>> Columns(std::string_view table) override;
  Result<std::vector<std::string>> KeyColumns(std::string_view table) override;
  Result<> DeferForeignKeys() override;
  Result<std::vector<std::string>> FindDamage() override;

  pg_conn* connection() const { return connection_; }
  /// Prepares the connection for our way of talking; says why where that cannot be.
  Result<> SetUp();
  /// The error that a result (null: none came) tells.
  Error ErrorOf(const pg_result* result) const;
  /// Makes the connection free for a command: what another statement still waits for is read into
  /// memory. Then `next` (null: nobody) is the one that waits.
  void TakeTurn(PgStatement* next);
  void EndTurn(const PgStatement* statement);

 private:
  Result<> BeginWrite(Durability durability) override;
  Result<> BeginRead() override;
  Result<> Commit() override;
  void Rollback() override;
  Result<PgResult> Execute(const std::string& sql);
  Result<> ReconnectIfLost();
  Error LockedError();
  /// After a connection was lost in COMMIT: what became of it.
  Result<> OutcomeOfCommit(const Error& lost);

  pg_conn* connection_;
  PostgresUrl url_;
  Access access_;
  DatabaseOptions options_;
  PgStatement* turn_ = nullptr;
  std::string transaction_id_;  // Of the write transaction; "" when there is none.
  /// By its text, what the server has prepared: kept while the connection lasts, as the texts of
  /// this program are few.
  std::map<std::string, std::pair<std::string, int>, std::less<>> prepared_;
};

/// REQUIRES: IsPostgresUrl(url).
Result<std::unique_ptr<Database>> OpenPostgres(const std::string& url, Access access,
                                               const DatabaseOptions& options);

}  // namespace roofscape::store
