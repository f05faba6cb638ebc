// A gzipped table of measured times, row by row. The files have a header line, commas, no quotes.

#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/core/result.h"

namespace roofscape::kernel_curves {

/// One row; cells by the position that Column() gave.
class Row {
 public:
  explicit Row(const std::vector<std::string_view>& cells) : cells_(cells) {}
  std::string_view Text(int column) const;
  /// 0 where the column is missing (-1), empty or no number.
  double Number(int column) const;
  const std::vector<std::string_view>& cells() const { return cells_; }

 private:
  const std::vector<std::string_view>& cells_;
};

class Columns {
 public:
  explicit Columns(const std::vector<std::string_view>& names);
  /// -1: not there.
  int operator[](std::string_view name) const;
  const std::vector<std::string>& names() const { return names_; }

 private:
  std::vector<std::string> names_;
};

/// What takes the rows of a table with these columns.
using RowReader = std::function<void(const Row&)>;

/// Calls `begin` with the header, then what it returns with every row that has as many cells.
Result<> ReadTable(const std::string& path, const std::function<RowReader(const Columns&)>& begin);

}  // namespace roofscape::kernel_curves
