#include "results/store/content.h"

#include <bit>
#include <functional>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "results/store/digest.h"
#include "results/store/utf8.h"

namespace roofscape::store {
namespace {

constexpr std::size_t kRowsAnInsert = 40;
constexpr std::size_t kMostBytesWaiting = std::size_t{8} << 20;

/// One value of a row that was read.
struct Cell {
  ValueType type = ValueType::kNull;
  std::int64_t integer = 0;
  double number = 0;
  std::string text;  // Or bytes.
};

Cell ReadCell(const Statement& row, int column) {
  Cell cell;
  cell.type = row.Type(column);
  switch (cell.type) {
    case ValueType::kNull: break;
    case ValueType::kInt: cell.integer = row.Int(column); break;
    case ValueType::kDouble: cell.number = row.Double(column); break;
    case ValueType::kText:
      // As Bind would write it: an older Roofscape kept any bytes.
      cell.text = row.Text(column);
      if (!IsPlainUtf8(cell.text)) cell.text = ToPlainUtf8(cell.text);
      break;
    case ValueType::kBytes: cell.text = row.Text(column); break;
  }
  return cell;
}

void BindCell(const Cell& cell, Statement& insert) {
  switch (cell.type) {
    case ValueType::kNull: insert.BindNull(); break;
    case ValueType::kInt: insert.Bind(cell.integer); break;
    case ValueType::kDouble: insert.Bind(cell.number); break;
    case ValueType::kText: insert.Bind(std::string_view(cell.text)); break;
    case ValueType::kBytes: insert.BindBytes(cell.text); break;
  }
}

/// Adds a value in a form that is the same on both back-ends.
void AddCell(const Cell& cell, Sha256& hash) {
  // SQLite keeps no sign of a zero.
  const double number = cell.number == 0 ? 0.0 : cell.number;
  std::uint64_t word = cell.text.size();
  if (cell.type == ValueType::kInt) word = static_cast<std::uint64_t>(cell.integer);
  if (cell.type == ValueType::kDouble) word = std::bit_cast<std::uint64_t>(number);
  std::string head(1, static_cast<char>('0' + static_cast<int>(cell.type)));
  for (int byte = 0; byte < 8; ++byte) head += static_cast<char>(word >> (8 * byte) & 0xFF);
  hash.Add(head);
  hash.Add(cell.text);
}

using Row = std::vector<Cell>;

/// Reads every row that fits `only`, in the order of the keys, and gives each to `take`.
Result<TableContent> ReadTable(Database& database, const std::string& table,
                               const std::vector<std::string>& columns, const RowChoice& only,
                               const std::function<Result<>(Row)>& take) {
  RS_ASSIGN_OR_RETURN(std::vector<std::string> keys, database.KeyColumns(table));
  if (keys.empty()) keys = columns;
  const std::string where = only.column.empty() ? "" : fmt::format(" WHERE {} = ?", only.column);
  RS_ASSIGN_OR_RETURN(
      Statement query,
      database.Prepare(fmt::format("SELECT {} FROM {}{} ORDER BY {}", fmt::join(columns, ", "),
                                   table, where, fmt::join(keys, ", "))));
  if (!only.column.empty()) query.Bind(only.value);
  TableContent content;
  content.table = table;
  Sha256 hash;
  while (true) {
    RS_ASSIGN_OR_RETURN(const bool more, query.Step());
    if (!more) break;
    ++content.rows;
    Row row;
    for (int column = 0; column < static_cast<int>(columns.size()); ++column) {
      row.push_back(ReadCell(query, column));
      AddCell(row.back(), hash);
    }
    RS_RETURN_IF_ERROR(take(std::move(row)));
  }
  content.sha256 = hash.Hex();
  return content;
}

std::string InsertSql(const std::string& table, const std::vector<std::string>& columns,
                      std::size_t rows) {
  const std::string row =
      fmt::format("({})", fmt::join(std::vector<std::string>(columns.size(), "?"), ", "));
  return fmt::format("INSERT INTO {} ({}) VALUES {}", table, fmt::join(columns, ", "),
                     fmt::join(std::vector<std::string>(rows, row), ", "));
}

/// Inserts rows many at a time, as each statement costs a server a round trip.
class Inserter {
 public:
  static Result<Inserter> Make(Database& to, const std::string& table,
                               const std::vector<std::string>& columns) {
    RS_ASSIGN_OR_RETURN(Statement one, to.Prepare(InsertSql(table, columns, 1)));
    RS_ASSIGN_OR_RETURN(Statement many, to.Prepare(InsertSql(table, columns, kRowsAnInsert)));
    return Inserter(std::move(one), std::move(many));
  }

  Result<> Add(Row row) {
    for (const Cell& cell : row) bytes_ += cell.text.size();
    rows_.push_back(std::move(row));
    if (rows_.size() == kRowsAnInsert) {
      for (const Row& waiting : rows_) Bind(waiting, many_);
      RS_RETURN_IF_ERROR(many_.Run());
      Clear();
    } else if (bytes_ > kMostBytesWaiting) {
      return Flush();
    }
    return {};
  }

  Result<> Flush() {
    for (const Row& row : rows_) {
      Bind(row, one_);
      RS_RETURN_IF_ERROR(one_.Run());
    }
    Clear();
    return {};
  }

 private:
  Inserter(Statement one, Statement many) : one_(std::move(one)), many_(std::move(many)) {}

  static void Bind(const Row& row, Statement& insert) {
    for (const Cell& cell : row) BindCell(cell, insert);
  }

  void Clear() {
    rows_.clear();
    bytes_ = 0;
  }

  Statement one_;
  Statement many_;
  std::vector<Row> rows_;
  std::size_t bytes_ = 0;
};

}  // namespace

Result<std::vector<TableContent>> ReadContent(Database& database) {
  RS_ASSIGN_OR_RETURN(const std::vector<std::string> tables, database.Tables());
  std::vector<TableContent> contents;
  for (const std::string& table : tables) {
    RS_ASSIGN_OR_RETURN(const std::vector<std::string> columns, database.Columns(table));
    RS_ASSIGN_OR_RETURN(TableContent content, ReadTable(database, table, columns, {},
                                                        [](const Row&) { return Result<>(); }));
    contents.push_back(std::move(content));
  }
  return contents;
}

Result<TableContent> CopyTable(Database& from, Database& to, const std::string& table,
                               const RowChoice& only) {
  RS_ASSIGN_OR_RETURN(const std::vector<std::string> columns, from.Columns(table));
  RS_ASSIGN_OR_RETURN(Inserter inserter, Inserter::Make(to, table, columns));
  RS_ASSIGN_OR_RETURN(TableContent content, ReadTable(from, table, columns, only, [&](Row row) {
                        return inserter.Add(std::move(row));
                      }));
  RS_RETURN_IF_ERROR(inserter.Flush());
  return content;
}

}  // namespace roofscape::store
