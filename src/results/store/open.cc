#include "results/store/open.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "results/store/archive.h"
#include "results/store/migrations.h"
#include "results/store/pg_url.h"
#include "results/store/sql_archive.h"
#include "results/store/sql_store.h"

namespace roofscape::store {
namespace {

namespace fs = std::filesystem;

Error PathError(ErrorCode code, const std::string& path, std::string_view reason) {
  return {code, fmt::format("database '{}': {}", path, reason)};
}

Result<> CheckPath(const std::string& path) {
  if (path.empty()) {
    return Error{ErrorCode::kInvalidArgument,
                 "database: its path is empty: give --db the path of a file, or a URL "
                 "postgresql://USER@HOST/NAME"};
  }
  if (IsPostgresUrl(path)) {
    RS_RETURN_IF_ERROR(ParsePostgresUrl(path));
    return {};
  }
  if (const std::size_t scheme = path.find("://"); scheme != std::string::npos) {
    return PathError(ErrorCode::kInvalidArgument, path.substr(0, scheme + 3) + "...",
                     "results are kept in a file or on a PostgreSQL server: give --db the path of "
                     "a file or postgresql://USER@HOST/NAME");
  }
  std::error_code ignored;
  if (fs::is_directory(path, ignored)) {
    return PathError(
        ErrorCode::kInvalidArgument, path,
        fmt::format("is a folder: name a file in it, e.g. --db {}/roofscape.db", path));
  }
  return {};
}

Result<> FolderMustExist(const std::string& path) {
  if (IsPostgresUrl(path)) return {};
  const fs::path above = fs::path(path).parent_path();
  const fs::path folder = above.empty() ? "." : above;
  std::error_code failure;
  // A misspelt path must not grow a tree.
  if (!fs::is_directory(folder, failure)) {
    if (!failure) failure = std::make_error_code(std::errc::not_a_directory);
    return PathError(
        ErrorCode::kIo, path,
        fmt::format("its folder cannot be used ({}): make it, or name another path with --db",
                    failure.message()));
  }
  // SQLite would only say that it found no file.
  if (!fs::exists(path, failure) && access(folder.c_str(), W_OK | X_OK) != 0) {
    return PathError(ErrorCode::kIo, path,
                     fmt::format("cannot be made in this folder ({}): make the folder writable "
                                 "for you, or name another path with --db",
                                 std::strerror(errno)));
  }
  return {};
}

Result<> MustExist(const std::string& path) {
  if (IsPostgresUrl(path)) return {};  // The server tells.
  std::error_code failure;
  if (fs::exists(path, failure)) return {};
  if (failure) {
    return PathError(ErrorCode::kIo, path,
                     fmt::format("cannot be looked at ({}): make its folder readable for you, or "
                                 "name another path with --db",
                                 failure.message()));
  }
  return PathError(ErrorCode::kNotFound, path,
                   "does not exist yet: make a first run with 'roofscape bench http://HOST:PORT', "
                   "or name another path with --db");
}

std::int64_t Newest() { return AllMigrations().back().number; }

DatabaseOptions OptionsOf(const StoreOptions& options) {
  return {.busy_timeout = options.busy_timeout, .max_pages = options.max_pages};
}

Result<std::unique_ptr<Database>> OpenForWriting(const std::string& path,
                                                 const StoreOptions& options) {
  RS_ASSIGN_OR_RETURN(std::unique_ptr<Database> database,
                      Database::Open(path, Access::kReadWrite, OptionsOf(options)));
  // Before anything is changed: it may be somebody else's file.
  RS_RETURN_IF_ERROR(ReadSchema(*database, Newest()));
  RS_RETURN_IF_ERROR(database->AllowReadersBesideWriter());
  RS_RETURN_IF_ERROR(Migrate(*database, AllMigrations()));
  return database;
}

bool HasPendingLog(const std::string& path) {
  std::error_code ignored;
  const std::uintmax_t size = fs::file_size(path + "-wal", ignored);
  return !ignored && size > 0;
}

/// Also works in a folder that cannot be written, when nobody else has the database open.
template <class Open>
Result<std::unique_ptr<Database>> OpenReadable(const std::string& path, const Open& open) {
  Result<std::unique_ptr<Database>> database = open(Access::kReadOnly);
  if (!database && database.error().code == ErrorCode::kIo && !IsPostgresUrl(path) &&
      !HasPendingLog(path)) {
    if (auto immutable = open(Access::kImmutable)) return immutable;
  }
  return database;
}

Result<std::unique_ptr<Database>> OpenForReading(const std::string& path,
                                                 const StoreOptions& options) {
  return OpenReadable(path, [&](Access access) -> Result<std::unique_ptr<Database>> {
    RS_ASSIGN_OR_RETURN(std::unique_ptr<Database> database,
                        Database::Open(path, access, OptionsOf(options)));
    RS_ASSIGN_OR_RETURN(const std::int64_t version, ReadSchema(*database, Newest()));
    if (version == Newest()) return database;
    database.reset();
    RS_RETURN_IF_ERROR(OpenForWriting(path, options));
    return Database::Open(path, access, OptionsOf(options));
  });
}

}  // namespace

Result<std::unique_ptr<Database>> OpenDatabase(const std::string& path, OpenMode mode,
                                               const StoreOptions& options) {
  RS_RETURN_IF_ERROR(CheckPath(path));
  if (mode == OpenMode::kReadWrite) {
    RS_RETURN_IF_ERROR(FolderMustExist(path));
    return OpenForWriting(path, options);
  }
  RS_RETURN_IF_ERROR(MustExist(path));
  return OpenForReading(path, options);
}

Result<std::unique_ptr<Database>> OpenAsItIs(const std::string& path, const StoreOptions& options) {
  RS_RETURN_IF_ERROR(CheckPath(path));
  RS_RETURN_IF_ERROR(MustExist(path));
  return OpenReadable(path, [&](Access access) -> Result<std::unique_ptr<Database>> {
    RS_ASSIGN_OR_RETURN(std::unique_ptr<Database> database,
                        Database::Open(path, access, OptionsOf(options)));
    RS_RETURN_IF_ERROR(ReadSchema(*database, Newest()));
    return database;
  });
}

Result<std::unique_ptr<Store>> OpenStore(const std::string& path, OpenMode mode,
                                         const StoreOptions& options) {
  RS_ASSIGN_OR_RETURN(std::unique_ptr<Database> database, OpenDatabase(path, mode, options));
  return std::unique_ptr<Store>(std::make_unique<SqlStore>(std::move(database)));
}

Result<std::unique_ptr<Archive>> OpenArchive(const std::string& path, OpenMode mode,
                                             const StoreOptions& options) {
  RS_ASSIGN_OR_RETURN(std::unique_ptr<Database> database, OpenDatabase(path, mode, options));
  return std::unique_ptr<Archive>(std::make_unique<SqlArchive>(std::move(database)));
}

}  // namespace roofscape::store
