// Seconds as a function of one or two counts, tabulated once and read often: what a step asks of
// kernel curves again and again. Nodes lie at 1, 1.5, 2, 3, 4, 6, ...; between them seconds are
// linear in the count, as work is; beyond the last node they grow in proportion to it, below 1 they
// are those of 1 (a kernel is never launched for less).
//
// Templated on the scalar (scalar.h): the derivative is that of the table. A lookup allocates
// nothing. Thread safety: const use from many threads.

#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <vector>

#include "model/perf/scalar.h"

namespace roofscape::perf {

/// Where a count lies between two nodes: node `at` + `fraction` of the way to the next.
struct TablePlace {
  std::size_t at = 0;
  double fraction = 0.0;
  double per_count = 0.0;  // Of fraction, by the count.
};

/// The count of a node.
inline double NodeCount(std::size_t node) {
  const double octave = std::ldexp(1.0, static_cast<int>(node / 2));
  return node % 2 == 0 ? octave : 1.5 * octave;
}

/// REQUIRES: nodes >= 2. A fraction above 1 extrapolates.
inline TablePlace PlaceOf(double count, std::size_t nodes) {
  if (!(count > 1.0)) return {};
  int exponent = 0;
  const double mantissa = 2.0 * std::frexp(count, &exponent);  // 1 to 2.
  const std::size_t node = 2 * static_cast<std::size_t>(exponent - 1) + (mantissa >= 1.5 ? 1 : 0);
  const std::size_t at = std::min(node, nodes - 2);
  const double low = NodeCount(at);
  const double width = NodeCount(at + 1) - low;
  return {at, (count - low) / width, 1.0 / width};
}

class TimeLine {
 public:
  static constexpr std::size_t kNodes = 37;  // To 262,144.

  TimeLine() = default;
  /// `seconds` is asked at every node.
  template <class F>
  explicit TimeLine(F seconds) : nodes_(kNodes) {
    for (std::size_t i = 0; i < kNodes; ++i) nodes_[i] = seconds(NodeCount(i));
  }

  bool empty() const { return nodes_.empty(); }

  /// REQUIRES: not empty.
  template <class T>
  T At(const T& count) const {
    const TablePlace p = PlaceOf(ValueOf(count), kNodes);
    const double rise = nodes_[p.at + 1] - nodes_[p.at];
    return (count - ValueOf(count)) * (rise * p.per_count) + (nodes_[p.at] + rise * p.fraction);
  }

  /// Adds another line, node by node.
  TimeLine& operator+=(const TimeLine& other) {
    if (nodes_.empty()) nodes_.resize(kNodes, 0.0);
    for (std::size_t i = 0; i < kNodes && !other.empty(); ++i) nodes_[i] += other.nodes_[i];
    return *this;
  }

 private:
  std::vector<double> nodes_;
};

/// Over two counts.
class TimeGrid {
 public:
  static constexpr std::size_t kRows = 25;     // To 4,096.
  static constexpr std::size_t kColumns = 37;  // To 262,144.

  TimeGrid() = default;
  /// `seconds(row count, column count)` is asked at every other node, and halfway between them the
  /// mean is taken: a kernel's time has no finer corners, and the table is made in a quarter of
  /// the time.
  template <class F>
  explicit TimeGrid(F seconds) : nodes_(kRows * kColumns) {
    for (std::size_t r = 0; r < kRows; r += 2) {
      for (std::size_t c = 0; c < kColumns; c += 2) {
        Node(r, c) = seconds(NodeCount(r), NodeCount(c));
        if (c > 0) Node(r, c - 1) = 0.5 * (Node(r, c - 2) + Node(r, c));
      }
    }
    for (std::size_t r = 1; r < kRows; r += 2) {
      for (std::size_t c = 0; c < kColumns; ++c) {
        Node(r, c) = 0.5 * (Node(r - 1, c) + Node(r + 1, c));
      }
    }
  }

  bool empty() const { return nodes_.empty(); }

  /// REQUIRES: not empty.
  template <class T>
  T At(const T& row, const T& column) const {
    const TablePlace r = PlaceOf(ValueOf(row), kRows);
    const TablePlace c = PlaceOf(ValueOf(column), kColumns);
    const double* low = &nodes_[r.at * kColumns + c.at];
    const double* high = low + kColumns;
    const double left = low[0] + r.fraction * (high[0] - low[0]);
    const double right = low[1] + r.fraction * (high[1] - low[1]);
    const double bottom = low[1] - low[0];
    const double top = high[1] - high[0];
    const double value = left + c.fraction * (right - left);
    const double by_column = (bottom + r.fraction * (top - bottom)) * c.per_count;
    const double by_row =
        ((high[0] - low[0]) * (1.0 - c.fraction) + (high[1] - low[1]) * c.fraction) * r.per_count;
    return (row - ValueOf(row)) * by_row + (column - ValueOf(column)) * by_column + value;
  }

 private:
  double& Node(std::size_t row, std::size_t column) { return nodes_[row * kColumns + column]; }

  std::vector<double> nodes_;
};

}  // namespace roofscape::perf
