#include "results/store/pg_statement.h"

#include <libpq-fe.h>

#include <charconv>
#include <cstring>
#include <utility>

#include <fmt/format.h>

namespace roofscape::store {
namespace {

// The numbers of types (pg_type.dat); they never change.
enum TypeNumber : Oid {
  kBool = 16,
  kBytea = 17,
  kInt8 = 20,
  kInt2 = 21,
  kInt4 = 23,
  kFloat4 = 700,
  kFloat8 = 701,
  kNumeric = 1700,
};

std::string_view ViewOf(const PgResult& row, int column) {
  return {PQgetvalue(row.get(), 0, column),
          static_cast<std::size_t>(PQgetlength(row.get(), 0, column))};
}

}  // namespace

PgStatement::PgStatement(PgDatabase& database, std::string name, int parameters)
    : database_(&database),
      name_(std::move(name)),
      parameters_(static_cast<std::size_t>(parameters)) {}

PgStatement::~PgStatement() { Discard(); }

void PgStatement::Bind(int parameter, const Value& value) {
  RS_CHECK(parameter >= 1 && static_cast<std::size_t>(parameter) <= parameters_.size());
  Parameter& bound = parameters_[static_cast<std::size_t>(parameter) - 1];
  bound = {};
  if (const auto* integer = std::get_if<std::int64_t>(&value)) {
    bound.text = std::to_string(*integer);
  } else if (const auto* number = std::get_if<double>(&value)) {
    bound.text = fmt::format("{}", *number);  // The shortest text that reads as the same double.
  } else if (const auto* text = std::get_if<std::string_view>(&value)) {
    bound.text = std::string(*text);
  } else if (const auto* bytes = std::get_if<Bytes>(&value)) {
    bound = {std::string(bytes->bytes), true};
  }
}

Result<> PgStatement::Start() {
  database_->TakeTurn(this);
  std::vector<const char*> values;
  std::vector<int> lengths;
  std::vector<int> formats;
  for (const Parameter& parameter : parameters_) {
    values.push_back(parameter.text ? parameter.text->c_str() : nullptr);
    lengths.push_back(parameter.text ? static_cast<int>(parameter.text->size()) : 0);
    formats.push_back(parameter.binary ? 1 : 0);
  }
  PGconn* connection = database_->connection();
  if (PQsendQueryPrepared(connection, name_.c_str(), static_cast<int>(values.size()), values.data(),
                          lengths.data(), formats.data(), 0) != 1) {
    database_->EndTurn(this);
    return database_->ErrorOf(nullptr);
  }
  RS_CHECK(PQsetSingleRowMode(connection) == 1);
  started_ = true;
  waiting_ = true;
  return {};
}

Result<PgResult> PgStatement::Fetch() {
  std::optional<Error> error;
  while (waiting_) {
    PgResult result(PQgetResult(database_->connection()));
    if (result == nullptr) {
      waiting_ = false;
      database_->EndTurn(this);
      break;
    }
    switch (PQresultStatus(result.get())) {
      case PGRES_SINGLE_TUPLE: return result;
      case PGRES_TUPLES_OK:
      case PGRES_COMMAND_OK: break;
      default:
        if (!error) error = database_->ErrorOf(result.get());
    }
  }
  if (error) return *error;
  return PgResult();
}

Result<bool> PgStatement::Step() {
  row_.reset();
  if (!started_) RS_RETURN_IF_ERROR(Start());
  if (!rest_.empty()) {
    row_ = std::move(rest_.front());
    rest_.pop_front();
    return true;
  }
  if (error_) return *std::exchange(error_, std::nullopt);
  RS_ASSIGN_OR_RETURN(row_, Fetch());
  return row_ != nullptr;
}

void PgStatement::ReadRest() {
  while (waiting_) {
    Result<PgResult> row = Fetch();
    if (!row) {
      error_ = row.error();
    } else if (*row != nullptr) {
      rest_.push_back(*std::move(row));
    }
  }
}

void PgStatement::Discard() {
  while (waiting_) {
    if (const Result<PgResult> ignored = Fetch(); !ignored) continue;
  }
}

void PgStatement::Reset() {
  Discard();
  row_.reset();
  rest_.clear();
  error_.reset();
  started_ = false;
  for (Parameter& parameter : parameters_) parameter = {};
}

ValueType PgStatement::Type(int column) const {
  if (PQgetisnull(row_.get(), 0, column) == 1) return ValueType::kNull;
  switch (PQftype(row_.get(), column)) {
    case kBool:
    case kInt2:
    case kInt4:
    case kInt8: return ValueType::kInt;
    case kFloat4:
    case kFloat8:
    case kNumeric: return ValueType::kDouble;
    case kBytea: return ValueType::kBytes;
    default: return ValueType::kText;
  }
}

std::int64_t PgStatement::Int(int column) const {
  const std::string_view text = ViewOf(row_, column);
  if (text == "t") return 1;
  std::int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

double PgStatement::Double(int column) const {
  const std::string_view text = ViewOf(row_, column);
  double value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

std::string PgStatement::Text(int column) const {
  if (PQftype(row_.get(), column) != kBytea) return std::string(ViewOf(row_, column));
  std::size_t size = 0;
  const std::unique_ptr<unsigned char, decltype(&PQfreemem)> bytes(
      PQunescapeBytea(reinterpret_cast<const unsigned char*>(PQgetvalue(row_.get(), 0, column)),
                      &size),
      &PQfreemem);
  RS_CHECK(bytes != nullptr);
  return {reinterpret_cast<const char*>(bytes.get()), size};
}

}  // namespace roofscape::store
