// A database as the rest of the store sees it: Database, Statement, Transaction. Two back-ends
// stand behind them, SQLite (sqlite_db.cc) and PostgreSQL (pg_db.cc); SQL is written once, for
// both, with parameters '?' or '?1', and what the two do not share is a virtual function here.
//
// Errors: every failure is an Error that begins "database '<path>':" and ends with what to do about
// it: kUnavailable for a lock or a lost server, kProtocol for what is no database of ours or is
// damaged, kInvalidArgument for a refused row, else kIo. After an error a transaction can only be
// rolled back: PostgreSQL takes nothing more in it.
// Ownership: a Statement or Transaction must not outlive its Database.
// Thread safety: one thread at a time a Database, with everything made from it.

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/core/result.h"

namespace roofscape::store {

struct Bytes {
  std::string_view bytes;
};

/// What a parameter can be: NULL, a number, UTF-8 text or bytes. Views are copied by who takes
/// them.
using Value = std::variant<std::monostate, std::int64_t, double, std::string_view, Bytes>;

enum class ValueType { kNull, kInt, kDouble, kText, kBytes };

/// What a back-end does for a Statement. Parameters count from 1, columns from 0.
class StatementBackend {
 public:
  virtual ~StatementBackend() = default;
  /// Parameters that are not bound are NULL.
  virtual void Bind(int parameter, const Value& value) = 0;
  virtual Result<bool> Step() = 0;
  /// Forgets rows and parameters.
  virtual void Reset() = 0;
  virtual ValueType Type(int column) const = 0;
  virtual std::int64_t Int(int column) const = 0;
  virtual double Double(int column) const = 0;
  virtual std::string Text(int column) const = 0;
  /// The columns from `first` on, as many as `out` has room for; what is NULL becomes NaN.
  virtual void Doubles(int first, std::span<double> out) const;
};

/// One prepared SQL statement. Parameters are bound in order; columns count from 0.
class Statement {
 public:
  explicit Statement(std::unique_ptr<StatementBackend> backend) : backend_(std::move(backend)) {}

  /// Binds the next parameter. Text and bytes are copied. What is no UTF-8 in a text, and a zero
  /// byte, becomes U+FFFD; a double that is no number becomes NULL.
  Statement& Bind(std::int64_t value);
  Statement& Bind(double value);
  Statement& Bind(std::string_view text);
  Statement& BindBytes(std::string_view bytes);
  Statement& BindNull();
  /// NULL for the next `count` parameters: what they are until they are bound.
  Statement& LeaveNull(int count) {
    bound_ += count;
    return *this;
  }
  Statement& Bind(const std::optional<std::int64_t>& value);
  Statement& Bind(const std::optional<double>& value);

  /// Runs to the next row: true if there is one, false at the end.
  Result<bool> Step();

  /// Runs to the end of a statement that gives no rows, and makes it ready for new parameters.
  Result<> Run();

  /// Ends the reading of rows before the last one, and makes it ready for new parameters.
  void Reset();

  bool IsNull(int column) const { return Type(column) == ValueType::kNull; }
  ValueType Type(int column) const { return backend_->Type(column); }
  std::int64_t Int(int column) const { return backend_->Int(column); }
  double Double(int column) const { return backend_->Double(column); }
  /// Many at once, NaN for NULL: a row of the archive has more than sixty.
  void Doubles(int first, std::span<double> out) const { backend_->Doubles(first, out); }
  /// Text or bytes, copied. "" for NULL.
  std::string Text(int column) const { return backend_->Text(column); }

 private:
  std::unique_ptr<StatementBackend> backend_;
  int bound_ = 0;
};

enum class Access {
  kReadWrite,  // A file is created when absent; a database on a server must exist.
  kReadOnly,   // Must exist. Readers of a file beside a writer need write access to its folder.
  kImmutable,  // As kReadOnly, for a file nobody can change: no lock, no further file.
};

struct DatabaseOptions {
  /// How long to wait for the lock of another process.
  std::chrono::milliseconds busy_timeout{10'000};
  /// Most pages of 4096 bytes a file may have, 0: no limit. Beyond it writes fail as on a full
  /// disk.
  std::int64_t max_pages = 0;
};

/// How safe a commit is. kProcess survives kill -9 of this process at any moment; the last commits
/// before a power failure (of the server's machine) may be missing, older ones stay whole. kPower
/// is on the disk before Commit returns, and with it everything committed earlier.
enum class Durability { kProcess, kPower };

/// What a database says of itself.
struct SchemaMark {
  bool empty = false;  // Holds nothing at all.
  std::int64_t application = 0;
  std::int64_t version = 0;
};

class Database {
 public:
  /// Opens a file, or the database at a URL `postgresql://...`. Of a file nothing is read yet: one
  /// that is no database shows at the first statement.
  static Result<std::unique_ptr<Database>> Open(const std::string& path, Access access,
                                                const DatabaseOptions& options);
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;
  virtual ~Database() = default;

  /// The path, or the URL without its secrets.
  const std::string& path() const { return path_; }

  virtual Result<Statement> Prepare(std::string_view sql) = 0;

  /// How many rows one INSERT should bring where many are to come: each costs a server a round
  /// trip.
  virtual std::size_t RowsAnInsert() const = 0;

  /// Whether NULL stands before all values in an index; otherwise behind them.
  virtual bool NullIsLeast() const = 0;

  /// False: what is read from now on is not read again soon, and need not be kept in memory.
  virtual Result<> KeepPages(bool /*keep*/) { return {}; }

  /// Runs statements separated by ';' that need no parameters.
  virtual Result<> Run(const std::string& sql) = 0;

  /// The first column of the first row, as integer and as text. REQUIRES: there is a row.
  Result<std::int64_t> Int(std::string_view sql);
  Result<std::string> Text(std::string_view sql);

  /// Lets readers and one writer be at work at once, in several processes.
  virtual Result<> AllowReadersBesideWriter() = 0;

  // What the back-ends do differently about the schema.
  virtual Result<SchemaMark> ReadMark() = 0;
  virtual Result<> WriteMark(const SchemaMark& mark) = 0;
  /// Runs the statements of a migration (migrations.h).
  virtual Result<> RunMigration(std::string_view sql) = 0;
  /// Makes a table refuse UPDATE and DELETE, whoever asks for it; and whether it does.
  virtual Result<> MakeAppendOnly(std::string_view table) = 0;
  virtual Result<bool> IsAppendOnly(std::string_view table) = 0;

  // What checking and copying need to know.
  /// All tables of ours, by name.
  virtual Result<std::vector<std::string>> Tables() = 0;
  virtual Result<std::vector<std::string>> Columns(std::string_view table) = 0;
  /// The columns of the primary key in its order; none if there is none.
  virtual Result<std::vector<std::string>> KeyColumns(std::string_view table) = 0;
  /// Within a write transaction: rows may come before the rows they name, until Commit.
  virtual Result<> DeferForeignKeys() = 0;
  /// Damage, and rows that name rows which are not there, one line each.
  virtual Result<std::vector<std::string>> FindDamage() = 0;

 protected:
  explicit Database(std::string path) : path_(std::move(path)) {}

  /// All rows of a query, their first columns.
  Result<std::vector<std::string>> List(std::string_view sql,
                                        const std::vector<std::string>& parameters = {});

 private:
  friend class Transaction;
  virtual Result<> BeginWrite(Durability durability) = 0;
  virtual Result<> BeginRead() = 0;
  virtual Result<> Commit() = 0;
  /// Undoes what is uncommitted, if anything is.
  virtual void Rollback() = 0;

  std::string path_;
};

/// Rolled back at its end unless it was committed.
class Transaction {
 public:
  /// Takes the write lock at once, so that the transaction cannot fail half way for another's lock,
  /// and sees everything that was committed before.
  static Result<Transaction> Write(Database& database, Durability durability);
  /// One unchanging view of the data for several queries.
  static Result<Transaction> Read(Database& database);

  Transaction(Transaction&& other) noexcept;
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction();

  Result<> Commit();

 private:
  explicit Transaction(Database& database) : database_(&database) {}

  Database* database_;
};

}  // namespace roofscape::store
