#include "results/store/care.h"

#include <filesystem>
#include <memory>
#include <optional>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "results/store/chunk.h"
#include "results/store/digest.h"
#include "results/store/migrations.h"
#include "results/store/open.h"
#include "results/store/pg_url.h"

namespace roofscape::store {
namespace {

// The steps of the schema that brought what is checked.
constexpr std::int64_t kFilesSince = 3;
constexpr std::int64_t kSeriesSince = 6;

Error StoreError(const Database& database, ErrorCode code, std::string_view reason) {
  return {code, fmt::format("database '{}': {}", database.path(), reason)};
}

Result<> CheckTriggers(Database& database, CheckReport& report) {
  for (const Migration& migration : AllMigrations()) {
    if (migration.number > report.schema) break;
    for (const std::string_view table : migration.append_only) {
      RS_ASSIGN_OR_RETURN(const bool stands, database.IsAppendOnly(table));
      if (stands) {
        ++report.append_only_tables;
      } else {
        report.problems.push_back(fmt::format(
            "table {}: its triggers that refuse changes are gone or altered: rows may have been "
            "changed; copy it into a new database with 'roofscape db copy', which sets them",
            table));
      }
    }
  }
  return {};
}

Result<> CheckLogs(Database& database, CheckReport& report) {
  RS_ASSIGN_OR_RETURN(
      Statement query,
      database.Prepare("SELECT run_id, point_index, chunk_index, plain_bytes, zstd, requests, "
                       "events FROM log_chunk ORDER BY run_id, point_index, chunk_index"));
  while (true) {
    RS_ASSIGN_OR_RETURN(const bool row, query.Step());
    if (!row) return {};
    const std::string where = fmt::format("run {}: point {}: chunk {} of its log", query.Text(0),
                                          query.Int(1), query.Int(2));
    const Result<spec::RequestLog> log = UnpackLog(query.Int(3), query.Text(4));
    if (!log) {
      report.problems.push_back(log.error().In(where).message);
    } else if (static_cast<std::int64_t>(log->requests.size()) != query.Int(5) ||
               static_cast<std::int64_t>(log->events.size()) != query.Int(6)) {
      report.problems.push_back(
          where +
          ": holds other numbers of requests and events than its row says: restore the "
          "database from a copy");
    } else {
      ++report.log_chunks;
    }
  }
}

/// Every imported file, decompressed, must have the digest that was written when it came in.
Result<> CheckFiles(Database& database, CheckReport& report) {
  RS_ASSIGN_OR_RETURN(Statement imports,
                      database.Prepare("SELECT id, digest, source FROM import ORDER BY id"));
  RS_ASSIGN_OR_RETURN(Statement pieces,
                      database.Prepare("SELECT plain_bytes, zstd FROM import_text "
                                       "WHERE import_id = ? ORDER BY piece"));
  while (true) {
    RS_ASSIGN_OR_RETURN(const bool more, imports.Step());
    if (!more) return {};
    const std::string where =
        fmt::format("import {}: its file {}", imports.Int(0), imports.Text(2));
    pieces.Bind(imports.Int(0));
    Sha256 hash;
    std::optional<Error> damage;
    while (!damage) {
      RS_ASSIGN_OR_RETURN(const bool piece, pieces.Step());
      if (!piece) break;
      const Result<std::string> text = UnpackText(pieces.Int(0), pieces.Text(1));
      if (text) {
        hash.Add(*text);
      } else {
        damage = text.error();
      }
    }
    pieces.Reset();
    if (damage) {
      report.problems.push_back(damage->In(where).message);
    } else if (hash.Hex() != imports.Text(1)) {
      report.problems.push_back(where +
                                ": is not what was imported: restore the database from a copy");
    } else {
      ++report.files;
    }
  }
}

Result<> CheckSeries(Database& database, CheckReport& report) {
  RS_ASSIGN_OR_RETURN(Statement query,
                      database.Prepare("SELECT run_id, metric, device, samples, plain_bytes, zstd "
                                       "FROM series ORDER BY run_id, metric, device, digest"));
  constexpr std::int64_t kSampleBytes = 16;
  while (true) {
    RS_ASSIGN_OR_RETURN(const bool row, query.Step());
    if (!row) return {};
    const Result<std::string> bytes = UnpackText(query.Int(4), query.Text(5));
    if (bytes && static_cast<std::int64_t>(bytes->size()) == kSampleBytes * query.Int(3)) {
      ++report.series;
      continue;
    }
    report.problems.push_back(
        fmt::format("run {}: series {} of device {}: cannot be read: restore "
                    "the database from a copy",
                    query.Text(0), query.Text(1), query.Text(2)));
  }
}

/// Files that SQLite keeps of one database.
void RemoveFiles(const std::string& path) {
  for (const char* end : {"", "-wal", "-shm", "-journal"}) {
    std::error_code ignored;
    std::filesystem::remove(path + end, ignored);
  }
}

Result<> MustBeEmpty(Database& database, const std::vector<std::string>& tables) {
  for (const std::string& table : tables) {
    RS_ASSIGN_OR_RETURN(const std::int64_t rows,
                        database.Int(fmt::format("SELECT COUNT(*) FROM {}", table)));
    if (rows == 0) continue;
    return StoreError(database, ErrorCode::kInvalidArgument,
                      fmt::format("holds {} rows in {} already and was left alone: copy into a new "
                                  "file or an empty database",
                                  rows, table));
  }
  return {};
}

Result<> MustBeEqual(Database& to, const std::vector<TableContent>& expected) {
  RS_ASSIGN_OR_RETURN(const std::vector<TableContent> found, ReadContent(to));
  RS_CHECK(found.size() == expected.size());
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (found[i] == expected[i]) continue;
    return StoreError(to, ErrorCode::kProtocol,
                      fmt::format("table {} differs after copying ({} rows of {}): nothing was "
                                  "kept; report this as a bug",
                                  found[i].table, found[i].rows, expected[i].rows));
  }
  return {};
}

Result<CopyReport> Copy(const std::string& from, const std::string& to,
                        const StoreOptions& options) {
  RS_ASSIGN_OR_RETURN(const std::unique_ptr<Database> source,
                      OpenDatabase(from, OpenMode::kReadOnly, options));
  RS_ASSIGN_OR_RETURN(const std::unique_ptr<Database> target,
                      OpenDatabase(to, OpenMode::kReadWrite, options));
  RS_ASSIGN_OR_RETURN(const Transaction view, Transaction::Read(*source));
  RS_ASSIGN_OR_RETURN(Transaction transaction, Transaction::Write(*target, Durability::kPower));
  RS_RETURN_IF_ERROR(target->DeferForeignKeys());
  RS_ASSIGN_OR_RETURN(const std::vector<std::string> tables, source->Tables());
  RS_ASSIGN_OR_RETURN(const std::vector<std::string> target_tables, target->Tables());
  if (tables != target_tables) {
    return StoreError(*target, ErrorCode::kProtocol,
                      "has other tables than what is to be copied: look at both with 'roofscape db "
                      "check'");
  }
  RS_RETURN_IF_ERROR(MustBeEmpty(*target, tables));
  CopyReport report;
  report.from = source->path();
  report.to = target->path();
  for (const std::string& table : tables) {
    Result<TableContent> copied = CopyTable(*source, *target, table);
    if (!copied) return copied.error().In(fmt::format("copying table {}", table));
    report.tables.push_back(*std::move(copied));
  }
  RS_RETURN_IF_ERROR(MustBeEqual(*target, report.tables));
  RS_RETURN_IF_ERROR(transaction.Commit());
  return report;
}

}  // namespace

Result<SchemaChange> MigrateStore(const std::string& path, const StoreOptions& options) {
  SchemaChange change;
  const auto before = OpenAsItIs(path, options);
  if (before) {
    RS_ASSIGN_OR_RETURN(change.from, ReadSchema(**before, AllMigrations().back().number));
  } else if (before.error().code != ErrorCode::kNotFound) {
    return before.error();
  }
  RS_ASSIGN_OR_RETURN(const std::unique_ptr<Database> database,
                      OpenDatabase(path, OpenMode::kReadWrite, options));
  change.database = database->path();
  change.to = AllMigrations().back().number;
  return change;
}

Result<CheckReport> CheckStore(const std::string& path, const StoreOptions& options) {
  RS_ASSIGN_OR_RETURN(const std::unique_ptr<Database> database, OpenAsItIs(path, options));
  CheckReport report;
  report.database = database->path();
  report.newest_schema = AllMigrations().back().number;
  RS_ASSIGN_OR_RETURN(report.schema, ReadSchema(*database, report.newest_schema));
  if (report.schema < report.newest_schema) {
    report.problems.push_back(fmt::format(
        "its schema is {}, the newest {}: bring it up to date with 'roofscape db migrate'",
        report.schema, report.newest_schema));
  }
  if (report.schema == 0) return report;
  RS_ASSIGN_OR_RETURN(const Transaction view, Transaction::Read(*database));
  RS_ASSIGN_OR_RETURN(const std::vector<std::string> damage, database->FindDamage());
  for (const std::string& what : damage) {
    report.problems.push_back(what + ": restore the database from a copy");
  }
  RS_RETURN_IF_ERROR(CheckTriggers(*database, report));
  RS_RETURN_IF_ERROR(CheckLogs(*database, report));
  if (report.schema >= kFilesSince) RS_RETURN_IF_ERROR(CheckFiles(*database, report));
  if (report.schema >= kSeriesSince) RS_RETURN_IF_ERROR(CheckSeries(*database, report));
  RS_ASSIGN_OR_RETURN(report.tables, ReadContent(*database));
  return report;
}

Result<CopyReport> CopyStore(const std::string& from, const std::string& to,
                             const StoreOptions& options) {
  std::error_code unknown;
  const bool was_there = IsPostgresUrl(to) || std::filesystem::exists(to, unknown) || unknown;
  Result<CopyReport> copied = Copy(from, to, options);
  if (!copied && !was_there) RemoveFiles(to);
  return copied;
}

}  // namespace roofscape::store
