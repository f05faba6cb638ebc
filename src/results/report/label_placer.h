// Finds room for short labels beside marks, so that they cover neither marks nor one another.
//
// Thread safety: a LabelPlacer belongs to one thread.

#pragma once

#include <string>
#include <vector>

namespace roofscape::report {

struct Box {
  double left = 0;
  double top = 0;
  double right = 0;
  double bottom = 0;
};

struct LabelPlace {
  double x = 0;
  double y = 0;  // Of the text's baseline.
  std::string anchor = "start";
};

class LabelPlacer {
 public:
  /// Labels stay inside `area`; `font_px` is the size of their digits.
  LabelPlacer(Box area, double font_px);

  /// Room that is taken: a mark, or a part of a line.
  void Block(Box box);

  /// The best of eight places around a mark, the first that hits nothing; takes that room.
  LabelPlace Place(double x, double y, const std::string& text);

 private:
  double Cost(const Box& box) const;

  Box area_;
  double font_px_;
  std::vector<Box> taken_;
};

}  // namespace roofscape::report
