// A Database in one SQLite file. With sqlite_db.cc and sqlite_schema.cc the only files that know
// SQLite.
//
// Errors, ownership, thread safety: as db.h.

#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "results/store/db.h"

struct sqlite3;

namespace roofscape::store {

class SqliteDatabase final : public Database {
 public:
  SqliteDatabase(sqlite3* handle, std::string path, const DatabaseOptions& options);
  ~SqliteDatabase() override;

  Result<Statement> Prepare(std::string_view sql) override;
  std::size_t RowsAnInsert() const override { return 1; }
  bool NullIsLeast() const override { return true; }
  Result<> KeepPages(bool keep) override;
  Result<> Run(const std::string& sql) override;
  Result<> AllowReadersBesideWriter() override;
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

  sqlite3* handle() const { return handle_; }
  /// The error of a status of SQLite, or of the last call.
  Error ErrorOf(int status) const;
  Error LastError() const;

 private:
  Result<> BeginWrite(Durability durability) override;
  Result<> BeginRead() override;
  Result<> Commit() override;
  void Rollback() override;

  friend Result<std::unique_ptr<Database>> OpenSqlite(const std::string& path, Access access,
                                                      const DatabaseOptions& options);

  sqlite3* handle_;
  DatabaseOptions options_;
  int cache_kb_ = 0;
};

Result<std::unique_ptr<Database>> OpenSqlite(const std::string& path, Access access,
                                             const DatabaseOptions& options);

}  // namespace roofscape::store
