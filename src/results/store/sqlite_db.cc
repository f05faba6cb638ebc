#include "results/store/sqlite_db.h"

#include <sqlite3.h>

#include <cstring>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "results/store/lock_holder.h"

namespace roofscape::store {
namespace {

// Pages in memory. An import that outgrows its writer's writes pages of the indexes again and
// again. They are taken only as far as they are used.
constexpr int kWriterCacheKb = 262'144;
constexpr int kReaderCacheKb = 65'536;
constexpr int kPassingCacheKb = 2048;

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
Error MakeError(int status, sqlite3* handle, const std::string& path,
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

/// SQLite copies what it is given.
sqlite3_destructor_type Copied() {
  return reinterpret_cast<sqlite3_destructor_type>(std::intptr_t{-1});
}

/// Every parameter is NULL until it is bound, and again after Reset.
int BindOne(sqlite3_stmt* /*handle*/, int /*parameter*/, std::monostate) { return SQLITE_OK; }

int BindOne(sqlite3_stmt* handle, int parameter, std::int64_t value) {
  return sqlite3_bind_int64(handle, parameter, value);
}

int BindOne(sqlite3_stmt* handle, int parameter, double value) {
  return sqlite3_bind_double(handle, parameter, value);
}

int BindOne(sqlite3_stmt* handle, int parameter, std::string_view text) {
  // An empty view may point nowhere, which SQLite would take for NULL.
  const char* data = text.empty() ? "" : text.data();
  return sqlite3_bind_text64(handle, parameter, data, text.size(), Copied(), SQLITE_UTF8);
}

int BindOne(sqlite3_stmt* handle, int parameter, Bytes value) {
  const char* data = value.bytes.empty() ? "" : value.bytes.data();
  return sqlite3_bind_blob64(handle, parameter, data, value.bytes.size(), Copied());
}

class SqliteStatement final : public StatementBackend {
 public:
  SqliteStatement(sqlite3_stmt* handle, const SqliteDatabase& database)
      : handle_(handle), database_(&database) {}
  SqliteStatement(const SqliteStatement&) = delete;
  SqliteStatement& operator=(const SqliteStatement&) = delete;
  ~SqliteStatement() override { sqlite3_finalize(handle_); }

  void Bind(int parameter, const Value& value) override {
    const int status =
        std::visit([&](const auto& v) { return BindOne(handle_, parameter, v); }, value);
    // A wrong number of parameters is our mistake; too large a value or no memory shows at Step.
    RS_CHECK(status != SQLITE_RANGE && status != SQLITE_MISUSE);
    if (bind_status_ == SQLITE_OK) bind_status_ = status;
  }

  Result<bool> Step() override {
    if (bind_status_ != SQLITE_OK) return database_->ErrorOf(bind_status_);
    const int status = sqlite3_step(handle_);
    if (status == SQLITE_ROW) return true;
    if (status == SQLITE_DONE) return false;
    Error error = database_->LastError();
    sqlite3_reset(handle_);
    return error;
  }

  void Reset() override {
    sqlite3_reset(handle_);
    sqlite3_clear_bindings(handle_);
  }

  ValueType Type(int column) const override {
    switch (sqlite3_column_type(handle_, column)) {
      case SQLITE_INTEGER: return ValueType::kInt;
      case SQLITE_FLOAT: return ValueType::kDouble;
      case SQLITE_TEXT: return ValueType::kText;
      case SQLITE_BLOB: return ValueType::kBytes;
      default: return ValueType::kNull;
    }
  }

  std::int64_t Int(int column) const override { return sqlite3_column_int64(handle_, column); }

  double Double(int column) const override { return sqlite3_column_double(handle_, column); }

  void Doubles(int first, std::span<double> out) const override {
    for (double& value : out) {
      const bool none = sqlite3_column_type(handle_, first) == SQLITE_NULL;
      value =
          none ? std::numeric_limits<double>::quiet_NaN() : sqlite3_column_double(handle_, first);
      ++first;
    }
  }

  std::string Text(int column) const override {
    const void* data = sqlite3_column_blob(handle_, column);
    if (data == nullptr) return "";
    const int size = sqlite3_column_bytes(handle_, column);
    return {static_cast<const char*>(data), static_cast<std::size_t>(size)};
  }

 private:
  sqlite3_stmt* handle_;
  const SqliteDatabase* database_;
  int bind_status_ = SQLITE_OK;
};

}  // namespace

SqliteDatabase::SqliteDatabase(sqlite3* handle, std::string path, const DatabaseOptions& options)
    : Database(std::move(path)), handle_(handle), options_(options) {}

SqliteDatabase::~SqliteDatabase() { sqlite3_close_v2(handle_); }

Error SqliteDatabase::ErrorOf(int status) const {
  return MakeError(status, handle_, path(), options_.busy_timeout);
}

Error SqliteDatabase::LastError() const { return ErrorOf(sqlite3_extended_errcode(handle_)); }

Result<std::unique_ptr<Database>> OpenSqlite(const std::string& path, Access access,
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
  // Counting its memory takes a lock at each allocation, and nobody asks for the count. Refused
  // where SQLite is in use already, as it then is for every further database.
  static const int kUncounted = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
  static_cast<void>(kUncounted);
  sqlite3* handle = nullptr;
  const int status = sqlite3_open_v2(name.c_str(), &handle, flags, nullptr);
  auto database = std::make_unique<SqliteDatabase>(handle, path, options);
  if (status != SQLITE_OK) return database->ErrorOf(status);
  // SQLite opens a file it may not write for reading only, without a word.
  if (access == Access::kReadWrite && sqlite3_db_readonly(handle, "main") == 1) {
    return database->ErrorOf(SQLITE_READONLY);
  }
  sqlite3_busy_timeout(handle, static_cast<int>(options.busy_timeout.count()));
  // recursive_triggers: "INSERT OR REPLACE" must meet the triggers that forbid deleting.
  RS_RETURN_IF_ERROR(database->Run("PRAGMA foreign_keys = ON; PRAGMA recursive_triggers = ON"));
  database->cache_kb_ = access == Access::kReadWrite ? kWriterCacheKb : kReaderCacheKb;
  RS_RETURN_IF_ERROR(database->KeepPages(true));
  if (options.max_pages > 0) {
    RS_RETURN_IF_ERROR(database->Run(fmt::format("PRAGMA max_page_count = {}", options.max_pages)));
  }
  return std::unique_ptr<Database>(std::move(database));
}

Result<Statement> SqliteDatabase::Prepare(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  const int status =
      sqlite3_prepare_v2(handle_, sql.data(), static_cast<int>(sql.size()), &statement, nullptr);
  if (status != SQLITE_OK) return LastError();
  return Statement(std::make_unique<SqliteStatement>(statement, *this));
}

Result<> SqliteDatabase::KeepPages(bool keep) {
  return Run(fmt::format("PRAGMA cache_size = -{}", keep ? cache_kb_ : kPassingCacheKb));
}

Result<> SqliteDatabase::Run(const std::string& sql) {
  if (sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
    return LastError();
  }
  return {};
}

Result<> SqliteDatabase::AllowReadersBesideWriter() {
  // The change of mode does not wait for locks as other statements do.
  constexpr std::chrono::milliseconds kPause{10};
  for (std::chrono::milliseconds waited{0};; waited += kPause) {
    const Result<std::string> mode = Text("PRAGMA journal_mode = WAL");
    if (mode) {
      if (*mode == "wal" || *mode == "memory") return {};
      return Error{ErrorCode::kIo,
                   fmt::format("database '{}': its file system cannot share memory between "
                               "processes (a network drive?): name a local file with --db",
                               path())};
    }
    if (mode.error().code != ErrorCode::kUnavailable || waited >= options_.busy_timeout) {
      return mode.error();
    }
    sqlite3_sleep(static_cast<int>(kPause.count()));
  }
}

Result<> SqliteDatabase::BeginWrite(Durability durability) {
  const char* mode = durability == Durability::kPower ? "FULL" : "NORMAL";
  RS_RETURN_IF_ERROR(Run(fmt::format("PRAGMA synchronous = {}", mode)));
  return Run("BEGIN IMMEDIATE");
}

Result<> SqliteDatabase::BeginRead() { return Run("BEGIN"); }

Result<> SqliteDatabase::Commit() { return Run("COMMIT"); }

void SqliteDatabase::Rollback() {
  // After a full disk SQLite has rolled back by itself: then there is nothing left to undo.
  if (sqlite3_get_autocommit(handle_) != 0) return;
  sqlite3_exec(handle_, "ROLLBACK", nullptr, nullptr, nullptr);
}

}  // namespace roofscape::store
