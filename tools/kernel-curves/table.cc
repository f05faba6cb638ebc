#include "table.h"

#include <array>
#include <charconv>
#include <cstdio>
#include <memory>

#include <fmt/format.h>

namespace roofscape::kernel_curves {
namespace {

void Split(std::string_view line, std::vector<std::string_view>& cells) {
  cells.clear();
  for (;;) {
    const std::size_t comma = line.find(',');
    cells.push_back(line.substr(0, comma));
    if (comma == std::string_view::npos) return;
    line.remove_prefix(comma + 1);
  }
}

struct ClosePipe {
  void operator()(std::FILE* pipe) const { pclose(pipe); }
};

}  // namespace

std::string_view Row::Text(int column) const {
  return column < 0 ? std::string_view() : cells_[static_cast<std::size_t>(column)];
}

double Row::Number(int column) const {
  const std::string_view text = Text(column);
  double value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

Columns::Columns(const std::vector<std::string_view>& names) {
  for (const std::string_view name : names) names_.emplace_back(name);
}

int Columns::operator[](std::string_view name) const {
  for (std::size_t i = 0; i < names_.size(); ++i) {
    if (names_[i] == name) return static_cast<int>(i);
  }
  return -1;
}

Result<> ReadTable(const std::string& path, const std::function<RowReader(const Columns&)>& begin) {
  if (path.find('\'') != std::string::npos) {
    return Error{ErrorCode::kInvalidArgument, path + ": a quote in the name; rename it"};
  }
  const std::string command = fmt::format("gzip -dc '{}'", path);
  const std::unique_ptr<std::FILE, ClosePipe> pipe(popen(command.c_str(), "r"));
  if (!pipe) return Error{ErrorCode::kIo, path + ": gzip cannot be started; install it"};

  std::string buffer;
  std::vector<std::string_view> cells;
  std::vector<char> block(std::size_t{1} << 20);
  RowReader reader;
  std::size_t width = 0;
  const auto take = [&](std::string_view line) {
    Split(line, cells);
    if (!reader) {
      width = cells.size();
      reader = begin(Columns(cells));
    } else if (cells.size() == width) {
      reader(Row(cells));
    }
  };
  while (const std::size_t got = std::fread(block.data(), 1, block.size(), pipe.get())) {
    buffer.append(block.data(), got);
    std::string_view rest = buffer;
    for (std::size_t end = rest.find('\n'); end != std::string_view::npos; end = rest.find('\n')) {
      take(rest.substr(0, end));
      rest.remove_prefix(end + 1);
    }
    buffer.erase(0, buffer.size() - rest.size());
  }
  if (!buffer.empty()) take(buffer);
  if (!reader) return Error{ErrorCode::kNotFound, path + ": no rows; is it there, and gzipped?"};
  return {};
}

}  // namespace roofscape::kernel_curves
