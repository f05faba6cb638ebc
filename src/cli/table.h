// Tables and numbers on a terminal: what every command that prints rows has in common. Only ASCII
// is drawn; bold only on a terminal that did not say NO_COLOR.
//
// Ownership: a Table owns its cells. Thread safety: plain values.

#pragma once

#include <cstdio>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/core/clock.h"

namespace roofscape::cli {

/// What the reader's end can show.
struct Style {
  bool bold = false;
  std::size_t width = 80;  // Columns of text a line may have.
};

/// Bold if `stream` is a terminal, NO_COLOR is unset or empty and TERM is not "dumb". The width is
/// $COLUMNS, else the terminal's, both at least 40, and 80 for anything else.
Style StyleOf(std::FILE* stream);

/// `text` in bold where the style has it.
std::string Bold(std::string_view text, const Style& style);

enum class Align { kLeft, kRight };

struct Column {
  std::string title;  // A '\n' makes a second line, e.g. "TTFT p50\nms".
  Align align = Align::kRight;
  bool may_be_cut = true;  // Only left-aligned columns are cut; ids that are copied must not be.
};

class Table {
 public:
  explicit Table(std::vector<Column> columns);

  /// REQUIRES: as many cells as columns.
  void AddRow(std::vector<std::string> cells);

  std::size_t row_count() const { return rows_.size(); }

  /// Header and rows, two blanks between columns, each line ended by '\n', none with blanks at its
  /// end. A table that is too wide has the longest cells of its left-aligned columns cut, marked
  /// "..", until it fits; numbers are never cut, so the last resort is one blank between columns.
  /// Control characters in cells (a server chooses its model's name) are drawn as '.'.
  std::string ToText(const Style& style) const;

  /// RFC 4180 with '\n' as line end; a title's second line is joined by a blank. Not cut.
  std::string ToCsv() const;

 private:
  struct Layout {
    std::vector<std::size_t> widths;
    std::size_t gap = 2;
  };
  Layout Fit(std::size_t limit) const;

  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

/// One field of a CSV line, quoted if it must be.
std::string CsvField(std::string_view text);

/// Three significant digits, whole numbers with thousands separated: "0.0123", "4.56", "12,345".
std::string FormatNumber(double value);

/// "-" for a missing number.
std::string FormatNumber(std::optional<double> value);

/// A duration in seconds as milliseconds without unit: "12.3"; "-" when missing.
std::string FormatMillis(std::optional<double> seconds);

/// A value with its unit, as metrics have it: "12.3 ms" for unit "s", "12.3 ms/token" for
/// "s/token", else "45.6 tokens/s/user".
std::string FormatWithUnit(std::optional<double> value, std::string_view unit);

/// Percent of a fraction: 0.0123 -> "1.23 %".
std::string FormatPercent(std::optional<double> fraction);

/// How long something took or is ago, in its largest unit: "45 s", "12 min", "3 h", "20 d".
std::string FormatAge(double seconds);

/// "2026-11-23 19:02" in UTC.
std::string FormatMinute(WallTime time);

/// All digits a double has, the shortest that reads back the same: for CSV. "" when missing.
std::string FormatExact(std::optional<double> value);

/// `text` broken at blanks into lines of at most `width` columns; each line after the first begins
/// with `indent` blanks. No '\n' at the end.
std::string Wrap(std::string_view text, std::size_t width, std::size_t indent);

/// Lines of prose brought to `width`: one that is too long goes on in the next where that is prose,
/// too. Lines that begin with a blank (examples) stay as they are.
std::string Reflow(std::string_view text, std::size_t width);

/// `label`, then `text` broken into lines that fit `width` and stand under its begin.
std::string WrapUnder(std::string_view label, std::string_view text, std::size_t width);

/// Bytes below 0x20 and 0x7f as '.', the rest untouched: for names a server chose.
std::string WithoutControls(std::string_view text);

}  // namespace roofscape::cli
