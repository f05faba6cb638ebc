#include "results/store/db.h"

#include <cmath>
#include <limits>
#include <utility>

#include "results/store/pg_db.h"
#include "results/store/pg_url.h"
#include "results/store/sqlite_db.h"
#include "results/store/utf8.h"

namespace roofscape::store {

void StatementBackend::Doubles(int first, std::span<double> out) const {
  for (double& value : out) {
    const bool none = Type(first) == ValueType::kNull;
    value = none ? std::numeric_limits<double>::quiet_NaN() : Double(first);
    ++first;
  }
}

Statement& Statement::Bind(std::int64_t value) {
  backend_->Bind(++bound_, value);
  return *this;
}

Statement& Statement::Bind(double value) {
  // SQLite makes NULL of it, and so must PostgreSQL, which could store it.
  if (std::isnan(value)) return BindNull();
  backend_->Bind(++bound_, value);
  return *this;
}

Statement& Statement::Bind(std::string_view text) {
  // SQLite would store any bytes, PostgreSQL refuses the row: what is stored must be the same.
  if (IsPlainUtf8(text)) {
    backend_->Bind(++bound_, text);
  } else {
    const std::string plain = ToPlainUtf8(text);
    backend_->Bind(++bound_, std::string_view(plain));
  }
  return *this;
}

Statement& Statement::BindBytes(std::string_view bytes) {
  backend_->Bind(++bound_, Bytes{bytes});
  return *this;
}

Statement& Statement::BindNull() {
  backend_->Bind(++bound_, std::monostate{});
  return *this;
}

Statement& Statement::Bind(const std::optional<std::int64_t>& value) {
  return value ? Bind(*value) : BindNull();
}

Statement& Statement::Bind(const std::optional<double>& value) {
  return value ? Bind(*value) : BindNull();
}

Result<bool> Statement::Step() { return backend_->Step(); }

Result<> Statement::Run() {
  RS_ASSIGN_OR_RETURN(const bool row, Step());
  RS_CHECK(!row);
  Reset();
  return {};
}

void Statement::Reset() {
  backend_->Reset();
  bound_ = 0;
}

Result<std::unique_ptr<Database>> Database::Open(const std::string& path, Access access,
                                                 const DatabaseOptions& options) {
  if (IsPostgresUrl(path)) return OpenPostgres(path, access, options);
  return OpenSqlite(path, access, options);
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

Result<std::vector<std::string>> Database::List(std::string_view sql,
                                                const std::vector<std::string>& parameters) {
  RS_ASSIGN_OR_RETURN(Statement query, Prepare(sql));
  for (const std::string& parameter : parameters) query.Bind(parameter);
  std::vector<std::string> list;
  while (true) {
    RS_ASSIGN_OR_RETURN(const bool row, query.Step());
    if (!row) return list;
    list.push_back(query.Text(0));
  }
}

Result<Transaction> Transaction::Write(Database& database, Durability durability) {
  RS_RETURN_IF_ERROR(database.BeginWrite(durability));
  return Transaction(database);
}

Result<Transaction> Transaction::Read(Database& database) {
  RS_RETURN_IF_ERROR(database.BeginRead());
  return Transaction(database);
}

Transaction::Transaction(Transaction&& other) noexcept
    : database_(std::exchange(other.database_, nullptr)) {}

Transaction::~Transaction() {
  if (database_ != nullptr) database_->Rollback();
}

Result<> Transaction::Commit() { return database_->Commit(); }

}  // namespace roofscape::store
