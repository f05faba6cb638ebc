#include "results/store/care.h"

#include <memory>
#include <utility>

#include <fmt/format.h>

#include "results/store/chunk.h"
#include "results/store/migrations.h"
#include "results/store/open.h"

namespace roofscape::store {
namespace {

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
  RS_ASSIGN_OR_RETURN(report.tables, ReadContent(*database));
  return report;
}

Result<CopyReport> CopyStore(const std::string& from, const std::string& to,
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

}  // namespace roofscape::store
