// The scale of one axis: from values to places, and where its ticks stand.
//
// Thread safety: plain values.

#pragma once

#include <string>
#include <vector>

namespace roofscape::report {

class Scale {
 public:
  /// From 0 to a round number not below `high`, about `tick_count` ticks at 1, 2 or 5 times a power
  /// of ten. Not finite or not above 0: as if `high` were 1.
  static Scale Linear(double high, int tick_count);

  /// From a round number not above `low` to one not below `high`.
  /// REQUIRES: 0 < low <= high, both finite.
  static Scale Log(double low, double high, int tick_count);

  /// Where the scale lies on the paper; `end` may be below `begin` (y axes).
  void Place(double begin, double end);

  /// The place of a value; values outside the scale stand at its nearer end.
  double At(double value) const;

  double low() const { return low_; }
  double high() const { return high_; }
  const std::vector<double>& ticks() const { return ticks_; }

  /// The tick's number with as many decimals as the ticks need to differ.
  std::string TickText(double tick) const;

 private:
  bool log_ = false;
  double low_ = 0;
  double high_ = 1;
  double begin_ = 0;
  double end_ = 1;
  int decimals_ = 0;
  std::vector<double> ticks_;
};

}  // namespace roofscape::report
