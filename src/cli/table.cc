#include "cli/table.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <optional>

#include <fmt/format.h>

#include "base/core/check.h"
#include "base/core/text.h"

namespace roofscape::cli {
namespace {

constexpr std::size_t kShortestCut = 6;
constexpr std::size_t kNarrowest = 40;  // Below this texts beside their labels are a word a line.

bool IsContinuation(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }

/// Columns on a terminal, one a code point: near enough for model names.
std::size_t DisplayWidth(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return !IsContinuation(c); }));
}

/// At most `width` columns of the text, ".." at the end if something is missing.
std::string Cut(std::string_view text, std::size_t width) {
  if (DisplayWidth(text) <= width) return std::string(text);
  const std::size_t keep = width > 2 ? width - 2 : 0;
  std::size_t end = 0;
  for (std::size_t shown = 0; end < text.size(); ++end) {
    if (IsContinuation(text[end])) continue;
    if (shown == keep) break;
    ++shown;
  }
  return std::string(text.substr(0, end)) + "..";
}

std::string Pad(std::string_view text, std::size_t width, Align align) {
  const std::size_t shown = DisplayWidth(text);
  const std::string blanks(width > shown ? width - shown : 0, ' ');
  return align == Align::kLeft ? std::string(text) + blanks : blanks + std::string(text);
}

std::string WithoutTrailingBlanks(std::string line) {
  line.erase(line.find_last_not_of(' ') + 1);
  return line;
}

bool IsSet(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr && *value != '\0';
}

/// What $COLUMNS says, where it says something.
std::optional<std::size_t> WantedWidth() {
  const char* text = std::getenv("COLUMNS");
  if (text == nullptr) return std::nullopt;
  std::size_t columns = 0;
  const std::string_view word = text;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), columns);
  if (error != std::errc() || end != word.data() + word.size() || columns == 0) return std::nullopt;
  return std::max(kNarrowest, columns);
}

}  // namespace

Style StyleOf(std::FILE* stream) {
  Style style;
  const int descriptor = fileno(stream);
  const bool terminal = descriptor >= 0 && isatty(descriptor) != 0;
  winsize size{};
  if (const auto wanted = WantedWidth()) {
    style.width = *wanted;
  } else if (terminal && ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
    style.width = std::max<std::size_t>(kNarrowest, size.ws_col);
  }
  if (!terminal) return style;
  const char* term = std::getenv("TERM");
  const bool dumb = term == nullptr || std::string_view(term) == "dumb";
  style.bold = !dumb && !IsSet("NO_COLOR");
  return style;
}

std::string Bold(std::string_view text, const Style& style) {
  return style.bold ? fmt::format("\x1b[1m{}\x1b[0m", text) : std::string(text);
}

Table::Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

void Table::AddRow(std::vector<std::string> cells) {
  RS_CHECK(cells.size() == columns_.size());
  for (std::string& cell : cells) cell = WithoutControls(cell);
  rows_.push_back(std::move(cells));
}

Table::Layout Table::Fit(std::size_t limit) const {
  Layout layout;
  std::vector<std::size_t>& widths = layout.widths;
  std::vector<std::size_t> shortest;
  std::size_t total = 0;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    std::size_t title = 0;
    for (const std::string& line : Split(columns_[i].title, '\n')) {
      title = std::max(title, DisplayWidth(line));
    }
    std::size_t width = title;
    for (const auto& row : rows_) width = std::max(width, DisplayWidth(row[i]));
    const bool fixed = columns_[i].align == Align::kRight || !columns_[i].may_be_cut;
    shortest.push_back(fixed ? width : std::max(title, kShortestCut));
    widths.push_back(width);
    total += width + (i == 0 ? 0 : layout.gap);
  }
  while (total > limit) {
    std::size_t widest = widths.size();
    for (std::size_t i = 0; i < widths.size(); ++i) {
      if (widths[i] <= shortest[i]) continue;
      if (widest == widths.size() || widths[i] > widths[widest]) widest = i;
    }
    if (widest == widths.size()) {
      layout.gap = 1;
      break;
    }
    --widths[widest];
    --total;
  }
  return layout;
}

std::string Table::ToText(const Style& style) const {
  const Layout layout = Fit(style.width);
  std::string text;
  const auto add_line = [&](const std::vector<std::string>& cells, bool bold) {
    std::string line;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      const std::size_t width = layout.widths[i];
      if (i > 0) line += std::string(layout.gap, ' ');
      line += Pad(Cut(cells[i], width), width, columns_[i].align);
    }
    line = WithoutTrailingBlanks(std::move(line));
    text += (bold ? Bold(line, style) : line) + "\n";
  };

  std::vector<std::vector<std::string>> titles;
  std::size_t title_lines = 1;
  for (const Column& column : columns_) {
    titles.push_back(Split(column.title, '\n'));
    title_lines = std::max(title_lines, titles.back().size());
  }
  for (std::size_t line = 0; line < title_lines; ++line) {
    std::vector<std::string> cells;
    for (const auto& title : titles) cells.push_back(line < title.size() ? title[line] : "");
    add_line(cells, true);
  }
  for (const auto& row : rows_) add_line(row, false);
  return text;
}

std::string Table::ToCsv() const {
  std::string text;
  const auto add_line = [&](const std::vector<std::string>& cells) {
    for (std::size_t i = 0; i < cells.size(); ++i) {
      if (i > 0) text += ',';
      text += CsvField(cells[i]);
    }
    text += '\n';
  };
  std::vector<std::string> titles;
  for (const Column& column : columns_) {
    std::string title = column.title;
    std::replace(title.begin(), title.end(), '\n', ' ');
    titles.push_back(std::move(title));
  }
  add_line(titles);
  for (const auto& row : rows_) add_line(row);
  return text;
}

std::string CsvField(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(text);
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + "\"";
}

std::string FormatNumber(double value) {
  if (!std::isfinite(value)) return fmt::format("{}", value);
  const double size = std::fabs(value);
  // The borders are those of the rounded number: 99.96 shows as "100", not "100.0".
  if (size >= 1e15) return fmt::format("{:.3g}", value);
  if (size >= 99.95) return WithCommas(std::llround(value));
  if (size >= 9.995) return fmt::format("{:.1f}", value);
  if (size >= 0.9995) return fmt::format("{:.2f}", value);
  if (size == 0.0) return "0";
  if (size < 1e-6) return fmt::format("{:.2e}", value);
  const int digits = 2 - static_cast<int>(std::floor(std::log10(size)));
  return fmt::format("{:.{}f}", value, digits);
}

std::string FormatNumber(std::optional<double> value) { return value ? FormatNumber(*value) : "-"; }

std::string FormatMillis(std::optional<double> seconds) {
  return seconds ? FormatNumber(*seconds * 1e3) : "-";
}

std::string FormatWithUnit(std::optional<double> value, std::string_view unit) {
  if (!value) return "-";
  if (unit == "s" || unit.starts_with("s/")) {
    return HumanSeconds(*value) + std::string(unit.substr(1));
  }
  const std::string number = FormatNumber(*value);
  return unit.empty() ? number : fmt::format("{} {}", number, unit);
}

std::string FormatPercent(std::optional<double> fraction) {
  return fraction ? FormatNumber(*fraction * 100.0) + " %" : "-";
}

std::string FormatAge(double seconds) {
  const struct {
    double size_s;
    const char* unit;
  } units[] = {{86'400.0, "d"}, {3'600.0, "h"}, {60.0, "min"}};
  // A unit is used from twice its size on: "90 min" says more than "1 h".
  for (const auto& unit : units) {
    if (seconds >= 2.0 * unit.size_s) {
      return fmt::format("{:.0f} {}", std::floor(seconds / unit.size_s), unit.unit);
    }
  }
  return fmt::format("{:.0f} s", std::max(0.0, std::floor(seconds)));
}

std::string FormatMinute(WallTime time) {
  std::string text = time.ToIso().substr(0, 16);
  if (text.size() > 10) text[10] = ' ';
  return text;
}

std::string FormatExact(std::optional<double> value) {
  return value ? fmt::format("{}", *value) : "";
}

std::string Wrap(std::string_view text, std::size_t width, std::size_t indent) {
  std::string wrapped;
  std::size_t column = 0;
  bool line_is_empty = true;
  for (const std::string& word : Split(text, ' ')) {
    if (word.empty()) continue;
    const std::size_t length = DisplayWidth(word);
    if (!line_is_empty && column + 1 + length > width) {
      wrapped += "\n" + std::string(indent, ' ');
      column = indent;
      line_is_empty = true;
    }
    if (!line_is_empty) {
      wrapped += ' ';
      ++column;
    }
    wrapped += word;
    column += length;
    line_is_empty = false;
  }
  return wrapped;
}

std::string WrapUnder(std::string_view label, std::string_view text, std::size_t width) {
  std::string out(label);
  for (const char c : Wrap(text, width - label.size(), 0)) {
    out += c;
    if (c == '\n') out += std::string(label.size(), ' ');
  }
  return out;
}

std::string WithoutControls(std::string_view text) {
  std::string clean(text);
  std::replace_if(
      clean.begin(), clean.end(),
      [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }, '.');
  return clean;
}

std::string Reflow(std::string_view text, std::size_t width) {
  std::string out;
  std::string line;  // With what of those before it did not fit.
  bool ends = false;
  while (!ends) {
    const std::size_t end = text.find('\n');
    ends = end == std::string_view::npos;
    line += text.substr(0, end);
    if (!ends) text.remove_prefix(end + 1);
    const bool prose = !line.starts_with(' ');
    const std::string wrapped = prose ? Wrap(line, width, 0) : line;
    const std::size_t last = wrapped.rfind('\n');
    const bool goes_on = !ends && !text.empty() && text[0] != ' ' && text[0] != '\n';
    if (last == std::string::npos || !goes_on) {
      out += wrapped;
      line.clear();
      if (!ends) out += '\n';
      continue;
    }
    out += wrapped.substr(0, last + 1);
    line = wrapped.substr(last + 1) + ' ';
  }
  return out;
}

}  // namespace roofscape::cli
