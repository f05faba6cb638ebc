#include "results/store/db.h"

#include <sqlite3.h>

#include <cstring>
#include <utility>

#include <fmt/format.h>

#include "results/store/lock_holder.h"

namespace roofscape::store {
namespace {

/// What the operating system said, e.g. " (No space left on device)", or "".
std::string SystemReason(sqlite3* handle) {
  const int number = sqlite3_system_errno(handle);
  return number == 0 ? "" : fmt::format(" ({})", std::strerror(number));
}

std::string BusyMessage(const std::string& path, std::chrono::milliseconds waited) {
  std::string holder = WriteLockHolder(path);
  if (holder.empty()) holder = "another process";
  return fmt::format(
      "locked: {} has been writing for {:.3g} s without a pause; nothing already stored is lost. "
      "Wait until it is done, stop it, or keep this run elsewhere with --db",
      holder, std::chrono::duration<double>(waited).count());
}

/// The error of a status, with the cure. The primary code is the low byte of an extended code.
Error ErrorOf(int status, sqlite3* handle, const std::string& path,
              std::chrono::milliseconds waited) {
  const auto make = [&](ErrorCode code, const std::string& text) {
    return Error{code, fmt::format("database '{}': {}", path, text)};
  };
  const std::string reason = SystemReason(handle);
  switch (status & 0xFF) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_PROTOCOL: return make(ErrorCode::kUnavailable, BusyMessage(path, waited));
    case SQLITE_FULL:
      return make(ErrorCode::kIo,
                  "the disk is full: what was stored before is kept. Free some "
                  "space, or keep results elsewhere with --db");
    case SQLITE_IOERR:
      return make(ErrorCode::kIo,
                  fmt::format("reading or writing failed{}: what was stored before is kept. Check "
                              "the disk, its free space, the limit on file sizes (ulimit -f) and "
                              "that it is no network drive, or keep results elsewhere with --db",
                              reason));
    case SQLITE_NOTADB:
      return make(ErrorCode::kProtocol,
                  "is not a Roofscape database (not even an SQLite file): name another with --db");
    case SQLITE_CORRUPT:
      return make(ErrorCode::kProtocol,
                  fmt::format("is damaged ({}): restore it from a copy, or save what can be read "
                              "with: sqlite3 '{}' .recover | sqlite3 saved.db",
                              sqlite3_errmsg(handle), path));
    case SQLITE_READONLY:
    case SQLITE_PERM:
      return make(ErrorCode::kIo,
                  "cannot be written here: make the file and its folder writable "
                  "for you, or keep results elsewhere with --db");
    case SQLITE_CANTOPEN:
      return make(ErrorCode::kIo,
                  fmt::format("cannot be opened{}: check that the file and its folder are there "
                              "and yours to read and write, or name another with --db",
                              reason));
    case SQLITE_NOMEM:
      return make(ErrorCode::kIo, "out of memory: close other programs and try again");
    case SQLITE_CONSTRAINT:
      return make(ErrorCode::kInvalidArgument,
                  fmt::format("refused a row ({}): an id must be new, and what it names must be "
                              "stored before it",
                              sqlite3_errmsg(handle)));
    case SQLITE_TOOBIG:
      return make(ErrorCode::kIo, "one row is larger than 1 GB: store it in smaller pieces");
    default:
      return make(ErrorCode::kIo, fmt::format("{} (SQLite code {}): if it stays, name another "
                                              "database with --db and report this as a bug",
                                              sqlite3_errmsg(handle), status));
  }
}

}  // namespace

Statement::Statement(sqlite3_stmt* handle, const Database* database)
    : handle_(handle), database_(database) {}

Statement::Statement(Statement&& other) noexcept
    : handle_(std::exchange(other.handle_, nullptr)),
      database_(other.database_),
      bound_(other.bound_),
      bind_status_(other.bind_status_) {}

Statement::~Statement() { sqlite3_finalize(handle_); }

void Statement::NoteBinding(int status) {
  // A wrong number of parameters is our mistake; too large a value or no memory shows at Step.
  RS_CHECK(status != SQLITE_RANGE && status != SQLITE_MISUSE);
  if (bind_status_ == SQLITE_OK) bind_status_ = status;
}

Statement& Statement::Bind(std::int64_t value) {
  NoteBinding(sqlite3_bind_int64(handle_, ++bound_, value));
  return *this;
}

Statement& Statement::Bind(double value) {
  NoteBinding(sqlite3_bind_double(handle_, ++bound_, value));
  return *this;
}

Statement& Statement::Bind(std::string_view text) {
  const auto copy = reinterpret_cast<sqlite3_destructor_type>(std::intptr_t{-1});
  // An empty view may point nowhere, which SQLite would take for NULL.
  const char* data = text.empty() ? "" : text.data();
  NoteBinding(sqlite3_bind_text64(handle_, ++bound_, data, text.size(), copy, SQLITE_UTF8));
  return *this;
}

Statement& Statement::BindBytes(std::string_view bytes) {
  const auto copy = reinterpret_cast<sqlite3_destructor_type>(std::intptr_t{-1});
  const char* data = bytes.empty() ? "" : bytes.data();
  NoteBinding(sqlite3_bind_blob64(handle_, ++bound_, data, bytes.size(), copy));
  return *this;
}

Statement& Statement::BindNull() {
  NoteBinding(sqlite3_bind_null(handle_, ++bound_));
  return *this;
}

Statement& Statement::Bind(const std::optional<std::int64_t>& value) {
  return value ? Bind(*value) : BindNull();
}

Statement& Statement::Bind(const std::optional<double>& value) {
  return value ? Bind(*value) : BindNull();
}

Result<bool> Statement::Step() {
  if (bind_status_ != SQLITE_OK) {
    return ErrorOf(bind_status_, database_->handle_, database_->path_,
                   database_->options_.busy_timeout);
  }
  const int status = sqlite3_step(handle_);
  if (status == SQLITE_ROW) return true;
  if (status == SQLITE_DONE) return false;
  Error error = database_->LastError();
  sqlite3_reset(handle_);
  return error;
}

Result<> Statement::Run() {
  RS_ASSIGN_OR_RETURN(const bool row, Step());
  RS_CHECK(!row);
  Reset();
  return {};
}

void Statement::Reset() {
  sqlite3_reset(handle_);
  sqlite3_clear_bindings(handle_);
  bound_ = 0;
}

bool Statement::IsNull(int column) const {
  return sqlite3_column_type(handle_, column) == SQLITE_NULL;
}

std::int64_t Statement::Int(int column) const { return sqlite3_column_int64(handle_, column); }

double Statement::Double(int column) const { return sqlite3_column_double(handle_, column); }

std::string Statement::Text(int column) const {
  const void* data = sqlite3_column_blob(handle_, column);
  if (data == nullptr) return "";
  const int size = sqlite3_column_bytes(handle_, column);
  return {static_cast<const char*>(data), static_cast<std::size_t>(size)};
}

Database::Database(sqlite3* handle, std::string path, const DatabaseOptions& options)
    : handle_(handle), path_(std::move(path)), options_(options) {}

Database::~Database() { sqlite3_close_v2(handle_); }

Error Database::LastError() const {
  return ErrorOf(sqlite3_extended_errcode(handle_), handle_, path_, options_.busy_timeout);
}

Result<std::unique_ptr<Database>> Database::Open(const std::string& path, Access access,
                                                 const DatabaseOptions& options) {
  std::string name = path;
  int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  switch (access) {
    case Access::kReadWrite: flags |= SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE; break;
    case Access::kReadOnly: flags |= SQLITE_OPEN_READONLY; break;
    case Access::kImmutable: {
      flags |= SQLITE_OPEN_READONLY | SQLITE_OPEN_URI;
      std::string escaped;
      for (const char c : path) {
        const bool special = c == '%' || c == '?' || c == '#';
        escaped +=
            special ? fmt::format("%{:02x}", static_cast<unsigned char>(c)) : std::string(1, c);
      }
      name = "file:" + escaped + "?immutable=1";
      break;
    }
  }
  sqlite3* handle = nullptr;
  const int status = sqlite3_open_v2(name.c_str(), &handle, flags, nullptr);
  std::unique_ptr<Database> database(new Database(handle, path, options));
  if (status != SQLITE_OK) {
    return ErrorOf(status, handle, path, options.busy_timeout);
  }
  // SQLite opens a file it may not write for reading only, without a word.
  if (access == Access::kReadWrite && sqlite3_db_readonly(handle, "main") == 1) {
    return ErrorOf(SQLITE_READONLY, handle, path, options.busy_timeout);
  }
  sqlite3_busy_timeout(handle, static_cast<int>(options.busy_timeout.count()));
  // recursive_triggers: "INSERT OR REPLACE" must meet the triggers that forbid deleting.
  RS_RETURN_IF_ERROR(database->Run("PRAGMA foreign_keys = ON; PRAGMA recursive_triggers = ON"));
  if (options.max_pages > 0) {
    RS_RETURN_IF_ERROR(database->Run(fmt::format("PRAGMA max_page_count = {}", options.max_pages)));
  }
  return database;
}

Result<Statement> Database::Prepare(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  const int status =
      sqlite3_prepare_v2(handle_, sql.data(), static_cast<int>(sql.size()), &statement, nullptr);
  if (status != SQLITE_OK) return LastError();
  return Statement(statement, this);
}

Result<> Database::Run(const std::string& sql) {
  if (sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
    return LastError();
  }
  return {};
}

Result<std::int64_t> Database::Int(std::string_view sql) {
  RS_ASSIGN_OR_RETURN(Statement statement, Prepare(sql));
  RS_ASSIGN_OR_RETURN(const bool row, statement.Step());
  RS_CHECK(row);
  return statement.Int(0);
}

Result<std::string> Database::Text(std::string_view sql) {
  RS_ASSIGN_OR_RETURN(Statement statement, Prepare(sql));
  RS_ASSIGN_OR_RETURN(const bool row, statement.Step());
  RS_CHECK(row);
  return statement.Text(0);
}

Result<> Database::UseWriteAheadLog() {
  // The change of mode does not wait for locks as other statements do.
  constexpr std::chrono::milliseconds kPause{10};
  for (std::chrono::milliseconds waited{0};; waited += kPause) {
    const Result<std::string> mode = Text("PRAGMA journal_mode = WAL");
    if (mode) {
      if (*mode == "wal" || *mode == "memory") return {};
      return Error{ErrorCode::kIo,
                   fmt::format("database '{}': its file system cannot share memory between "
                               "processes (a network drive?): name a local file with --db",
                               path_)};
    }
    if (mode.error().code != ErrorCode::kUnavailable || waited >= options_.busy_timeout) {
      return mode.error();
    }
    sqlite3_sleep(static_cast<int>(kPause.count()));
  }
}

Result<Transaction> Transaction::Begin(Database& database, const char* sql) {
  RS_RETURN_IF_ERROR(database.Run(sql));
  return Transaction(database);
}

Result<Transaction> Transaction::Write(Database& database, Durability durability) {
  const char* mode = durability == Durability::kPower ? "FULL" : "NORMAL";
  RS_RETURN_IF_ERROR(database.Run(fmt::format("PRAGMA synchronous = {}", mode)));
  return Begin(database, "BEGIN IMMEDIATE");
}

Result<Transaction> Transaction::Read(Database& database) { return Begin(database, "BEGIN"); }

Transaction::Transaction(Transaction&& other) noexcept
    : database_(std::exchange(other.database_, nullptr)) {}

Transaction::~Transaction() {
  // After a full disk SQLite has rolled back by itself: then there is nothing left to undo.
  if (database_ == nullptr || sqlite3_get_autocommit(database_->handle_) != 0) return;
  sqlite3_exec(database_->handle_, "ROLLBACK", nullptr, nullptr, nullptr);
}

Result<> Transaction::Commit() { return database_->Run("COMMIT"); }

}  // namespace roofscape::store
