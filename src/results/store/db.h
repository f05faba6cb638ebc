// A thin, owning layer over SQLite's C interface: Database, Statement, Transaction. With db.cc the
// only files of the project that name sqlite3.
//
// Errors: every failure is an Error that begins "database '<path>':" and ends with what to do about
// it: kUnavailable for a lock, kProtocol for a file that is no database or is damaged, else kIo.
// Ownership: a Statement or Transaction must not outlive its Database.
// Thread safety: one thread at a time a Database, with everything made from it.

#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/core/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace roofscape::store {

/// One prepared SQL statement. Parameters are bound in order; columns count from 0.
class Statement {
 public:
  Statement(Statement&&) noexcept;
  Statement& operator=(Statement&&) = delete;
  ~Statement();

  /// Binds the next parameter. Text and bytes are copied.
  Statement& Bind(std::int64_t value);
  Statement& Bind(double value);
  Statement& Bind(std::string_view text);
  Statement& BindBytes(std::string_view bytes);
  Statement& BindNull();
  Statement& Bind(const std::optional<std::int64_t>& value);
  Statement& Bind(const std::optional<double>& value);

  /// Runs to the next row: true if there is one, false at the end.
  Result<bool> Step();

  /// Runs to the end of a statement that gives no rows, and makes it ready for new parameters.
  Result<> Run();

  /// Ends the reading of rows before the last one, and makes it ready for new parameters.
  void Reset();

  bool IsNull(int column) const;
  std::int64_t Int(int column) const;
  double Double(int column) const;
  /// Text or bytes, copied. "" for NULL.
  std::string Text(int column) const;

 private:
  friend class Database;
  Statement(sqlite3_stmt* handle, const class Database* database);
  void NoteBinding(int status);

  sqlite3_stmt* handle_;
  const class Database* database_;
  int bound_ = 0;
  int bind_status_ = 0;
};

enum class Access {
  kReadWrite,  // Created when absent.
  kReadOnly,   // Must exist. Readers beside a writer need write access to the folder (WAL).
  kImmutable,  // As kReadOnly, for a file nobody can change: no lock, no further file.
};

struct DatabaseOptions {
  /// How long to wait for the lock of another process.
  std::chrono::milliseconds busy_timeout{10'000};
  /// Most pages of 4096 bytes the file may have, 0: no limit. Beyond it writes fail as on a full
  /// disk.
  std::int64_t max_pages = 0;
};

/// How safe a commit is. kProcess survives kill -9 of this process at any moment; the last commits
/// before a power failure may be missing, older ones and the file stay whole. kPower is on the disk
/// before Commit returns, and with it everything committed earlier.
enum class Durability { kProcess, kPower };

class Database {
 public:
  /// Opens the file. Nothing is read yet: a file that is no database shows at the first statement.
  static Result<std::unique_ptr<Database>> Open(const std::string& path, Access access,
                                                const DatabaseOptions& options);
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;
  ~Database();

  const std::string& path() const { return path_; }

  Result<Statement> Prepare(std::string_view sql);

  /// Runs statements separated by ';' that need no parameters.
  Result<> Run(const std::string& sql);

  /// The first column of the first row, as integer and as text. REQUIRES: there is a row.
  Result<std::int64_t> Int(std::string_view sql);
  Result<std::string> Text(std::string_view sql);

  /// Puts the file into write-ahead mode: readers and one writer at once, in several processes.
  Result<> UseWriteAheadLog();

 private:
  friend class Statement;
  friend class Transaction;
  Database(sqlite3* handle, std::string path, const DatabaseOptions& options);
  Error LastError() const;

  sqlite3* handle_;
  std::string path_;
  DatabaseOptions options_;
};

/// Rolled back at its end unless it was committed.
class Transaction {
 public:
  /// Takes the write lock at once, so that the transaction cannot fail half way for another's lock.
  static Result<Transaction> Write(Database& database, Durability durability);
  /// One unchanging view of the data for several queries.
  static Result<Transaction> Read(Database& database);

  Transaction(Transaction&& other) noexcept;
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction();

  Result<> Commit();

 private:
  explicit Transaction(Database& database) : database_(&database) {}
  static Result<Transaction> Begin(Database& database, const char* sql);

  Database* database_;
};

}  // namespace roofscape::store
