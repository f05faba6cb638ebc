#include "results/store/pg_sql.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstddef>
#include <vector>

namespace roofscape::store {
namespace {

bool IsWordChar(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

std::size_t After(std::string_view sql, std::string_view end, std::size_t from) {
  const std::size_t at = sql.find(end, from);
  return at == std::string_view::npos ? sql.size() : at + end.size();
}

/// The length of the piece at the front: a word, quoted text, a comment, or one other character.
std::size_t PieceSize(std::string_view sql) {
  if (sql.starts_with("--")) return After(sql, "\n", 2);
  if (sql.starts_with("/*")) return After(sql, "*/", 2);
  // A doubled quote inside is the end of one text and the begin of the next: the same for us.
  if (sql[0] == '\'') return After(sql, "'", 1);
  if (sql[0] == '"') return After(sql, "\"", 1);
  std::size_t size = 0;
  while (size < sql.size() && IsWordChar(sql[size])) ++size;
  return std::max<std::size_t>(size, 1);
}

bool IsBlank(std::string_view piece) {
  return piece.starts_with("--") || piece.starts_with("/*") ||
         std::isspace(static_cast<unsigned char>(piece[0])) != 0;
}

std::vector<std::string_view> Pieces(std::string_view sql) {
  std::vector<std::string_view> pieces;
  while (!sql.empty()) {
    const std::size_t size = PieceSize(sql);
    pieces.push_back(sql.substr(0, size));
    sql.remove_prefix(size);
  }
  return pieces;
}

/// Where the next piece that says something stands, from `at` on; pieces.size() if nowhere.
std::size_t NextWord(const std::vector<std::string_view>& pieces, std::size_t at) {
  while (at < pieces.size() && IsBlank(pieces[at])) ++at;
  return at;
}

/// The piece after what a REFERENCES names: a table and perhaps columns in brackets.
std::size_t EndOfReference(const std::vector<std::string_view>& pieces, std::size_t references) {
  const std::size_t table = NextWord(pieces, references + 1);
  const std::size_t bracket = NextWord(pieces, table + 1);
  if (bracket >= pieces.size() || pieces[bracket] != "(") return table + 1;
  std::size_t end = bracket;
  while (end < pieces.size() && pieces[end] != ")") ++end;
  return end + 1;
}

}  // namespace

NumberedSql NumberParameters(std::string_view sql) {
  NumberedSql result;
  const std::vector<std::string_view> pieces = Pieces(sql);
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    if (pieces[i] != "?") {
      result.sql += pieces[i];
      continue;
    }
    int number = result.parameters + 1;
    const bool named =
        i + 1 < pieces.size() && std::isdigit(static_cast<unsigned char>(pieces[i + 1][0])) != 0;
    if (named) {
      const std::string_view digits = pieces[++i];
      std::from_chars(digits.data(), digits.data() + digits.size(), number);
    }
    result.parameters = std::max(result.parameters, number);
    result.sql += "$" + std::to_string(number);
  }
  return result;
}

std::string ToPostgresTypes(std::string_view sql) {
  const std::vector<std::string_view> pieces = Pieces(sql);
  std::string result;
  std::string_view before;
  std::size_t deferrable = pieces.size() + 1;
  for (std::size_t i = 0; i <= pieces.size(); ++i) {
    if (i == deferrable) result += " DEFERRABLE";
    if (i == pieces.size()) break;
    const std::string_view piece = pieces[i];
    if (piece == "BLOB") {
      result += "BYTEA";
    } else if (piece == "INTEGER") {
      result += "BIGINT";
    } else if (piece == "REAL") {
      result += "DOUBLE PRECISION";
    } else if (piece == "TEXT" && before != "AS") {  // CAST (x AS TEXT) takes no COLLATE.
      result += "TEXT COLLATE \"C\"";
    } else {
      result += piece;
    }
    if (piece == "REFERENCES") deferrable = EndOfReference(pieces, i);
    if (!IsBlank(piece)) before = piece;
  }
  return result;
}

}  // namespace roofscape::store
