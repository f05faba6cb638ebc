#include "results/store/pg_db.h"

#include <libpq-fe.h>

#include <utility>

#include <fmt/format.h>

#include "results/store/migrations.h"
#include "results/store/pg_error.h"
#include "results/store/pg_statement.h"

namespace roofscape::store {
namespace {

constexpr int kOldestServer = 130'000;  // Tells what became of a transaction; PostgreSQL 13.

void IgnoreNotice(void*, const char*) {}

pg_conn* Connect(const std::string& url) {
  const char* keywords[] = {"client_encoding", "fallback_application_name", "connect_timeout",
                            "dbname", nullptr};
  const char* values[] = {"UTF8", "roofscape", "10", url.c_str(), nullptr};
  // The URL comes last: what it says goes above what stands here.
  return PQconnectdbParams(keywords, values, 1);
}

}  // namespace

void PgResultDeleter::operator()(pg_result* result) const { PQclear(result); }

Result<std::unique_ptr<Database>> OpenPostgres(const std::string& url, Access access,
                                               const DatabaseOptions& options) {
  RS_ASSIGN_OR_RETURN(PostgresUrl parts, ParsePostgresUrl(url));
  pg_conn* connection = Connect(url);
  auto database = std::make_unique<PgDatabase>(connection, std::move(parts), access, options);
  RS_RETURN_IF_ERROR(database->SetUp());
  return std::unique_ptr<Database>(std::move(database));
}

PgDatabase::PgDatabase(pg_conn* connection, PostgresUrl url, Access access,
                       const DatabaseOptions& options)
    : Database(url.name),
      connection_(connection),
      url_(std::move(url)),
      access_(access),
      options_(options) {}

PgDatabase::~PgDatabase() { PQfinish(connection_); }

Error PgDatabase::ErrorOf(const pg_result* result) const {
  return PgError(connection_, result, url_);
}

Result<> PgDatabase::SetUp() {
  const auto refuse = [&](const std::string& why) {
    return Error{ErrorCode::kProtocol, fmt::format("database '{}': {}", path(), why)};
  };
  if (PQstatus(connection_) != CONNECTION_OK) return PgConnectError(connection_, url_);
  PQsetNoticeProcessor(connection_, &IgnoreNotice, nullptr);
  if (PQserverVersion(connection_) < kOldestServer) {
    return refuse("its server is older than PostgreSQL 13: update it, or name another with --db");
  }
  const char* encoding = PQparameterStatus(connection_, "server_encoding");
  if (encoding == nullptr || std::string_view(encoding) != "UTF8") {
    return refuse(
        "holds no UTF-8 text: make one with 'createdb --encoding=UTF8 --template=template0 NAME'");
  }
  return Run(fmt::format(
      "SET extra_float_digits = 1; SET bytea_output = hex; SET standard_conforming_strings = on; "
      "SET lock_timeout = {}; SET default_transaction_read_only = {}",
      options_.busy_timeout.count(), access_ == Access::kReadWrite ? "off" : "on"));
}

void PgDatabase::TakeTurn(PgStatement* next) {
  if (turn_ != nullptr) turn_->ReadRest();
  turn_ = next;
}

void PgDatabase::EndTurn(const PgStatement* statement) {
  if (turn_ == statement) turn_ = nullptr;
}

Result<Statement> PgDatabase::Prepare(std::string_view sql) {
  auto found = prepared_.find(sql);
  if (found == prepared_.end()) {
    TakeTurn(nullptr);
    const NumberedSql numbered = NumberParameters(sql);
    const std::string name = fmt::format("s{}", prepared_.size());
    const PgResult result(PQprepare(connection_, name.c_str(), numbered.sql.c_str(), 0, nullptr));
    if (PQresultStatus(result.get()) != PGRES_COMMAND_OK) return ErrorOf(result.get());
    found = prepared_.emplace(sql, std::pair(name, numbered.parameters)).first;
  }
  return Statement(std::make_unique<PgStatement>(*this, found->second.first, found->second.second));
}

Result<PgResult> PgDatabase::Execute(const std::string& sql) {
  TakeTurn(nullptr);
  PgResult result(PQexec(connection_, sql.c_str()));
  const ExecStatusType status = PQresultStatus(result.get());
  if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) return ErrorOf(result.get());
  return result;
}

Result<> PgDatabase::Run(const std::string& sql) {
  RS_RETURN_IF_ERROR(Execute(sql));
  return {};
}

Result<> PgDatabase::ReconnectIfLost() {
  if (PQstatus(connection_) == CONNECTION_OK) return {};
  turn_ = nullptr;
  prepared_.clear();
  PQreset(connection_);
  return SetUp();
}

Error PgDatabase::LockedError() {
  std::string holder = "another process";
  const auto found = Execute(fmt::format(
      "SELECT a.pid, a.application_name, COALESCE(host(a.client_addr), 'the server''s machine') "
      "FROM pg_locks AS l JOIN pg_stat_activity AS a ON a.pid = l.pid "
      "WHERE l.locktype = 'advisory' AND l.granted AND l.classid = 0 AND l.objid = {} "
      "AND a.datname = current_database()",
      kApplicationId));
  if (found && PQntuples(found->get()) > 0) {
    holder = fmt::format("server process {} ({} on {})", PQgetvalue(found->get(), 0, 0),
                         PQgetvalue(found->get(), 0, 1), PQgetvalue(found->get(), 0, 2));
  }
  return {
      ErrorCode::kUnavailable,
      fmt::format("database '{}': locked: {} has been writing for {:.3g} s without a pause; "
                  "nothing already stored is lost. Wait until it is done, stop it, or keep "
                  "this run elsewhere with --db",
                  path(), holder, std::chrono::duration<double>(options_.busy_timeout).count())};
}

Result<> PgDatabase::BeginWrite(Durability durability) {
  RS_RETURN_IF_ERROR(ReconnectIfLost());
  const std::string sql = fmt::format(
      "BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL synchronous_commit = {}; "
      "SELECT pg_advisory_xact_lock({}); SELECT pg_current_xact_id()",
      durability == Durability::kPower ? "on" : "off", kApplicationId);
  const Result<PgResult> begun = Execute(sql);
  if (begun) {
    transaction_id_ = PQgetvalue(begun->get(), 0, 0);
    return {};
  }
  Rollback();
  if (begun.error().code == ErrorCode::kUnavailable && PQstatus(connection_) == CONNECTION_OK) {
    return LockedError();
  }
  return begun.error();
}

Result<> PgDatabase::BeginRead() {
  RS_RETURN_IF_ERROR(ReconnectIfLost());
  return Run("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
}

Result<> PgDatabase::Commit() {
  const std::string id = transaction_id_;
  const Result<PgResult> committed = Execute("COMMIT");
  if (!committed) {
    const bool lost = PQstatus(connection_) != CONNECTION_OK && !id.empty();
    return lost ? OutcomeOfCommit(committed.error()) : committed.error();
  }
  transaction_id_.clear();
  // The server answers so where an earlier statement failed.
  if (std::string_view(PQcmdStatus(committed->get())) == "ROLLBACK") {
    return Error{ErrorCode::kIo,
                 fmt::format("database '{}': nothing was stored, as a part of it was refused "
                             "before: see the error before this one",
                             path())};
  }
  return {};
}

Result<> PgDatabase::OutcomeOfCommit(const Error& lost) {
  const std::string id = std::exchange(transaction_id_, "");
  if (!ReconnectIfLost()) return lost;
  const Result<PgResult> status =
      Execute(fmt::format("SELECT pg_xact_status('{}'::xid8) = 'committed'", id));
  if (status && std::string_view(PQgetvalue(status->get(), 0, 0)) == "t") return {};
  return lost;
}

void PgDatabase::Rollback() {
  transaction_id_.clear();
  if (PQstatus(connection_) != CONNECTION_OK) return;
  TakeTurn(nullptr);
  if (PQtransactionStatus(connection_) == PQTRANS_IDLE) return;
  const PgResult ignored(PQexec(connection_, "ROLLBACK"));
}

}  // namespace roofscape::store
