#include "results/report/label_placer.h"

#include <algorithm>
#include <array>

namespace roofscape::report {
namespace {

constexpr double kDigitWidth = 0.6;  // of the font's size, for figures of sans-serif fonts
constexpr double kGap = 7;           // from the mark's middle to the label

double Overlap(const Box& a, const Box& b) {
  const double width = std::min(a.right, b.right) - std::max(a.left, b.left);
  const double height = std::min(a.bottom, b.bottom) - std::max(a.top, b.top);
  return width > 0 && height > 0 ? width * height : 0;
}

}  // namespace

LabelPlacer::LabelPlacer(Box area, double font_px) : area_(area), font_px_(font_px) {}

void LabelPlacer::Block(Box box) { taken_.push_back(box); }

double LabelPlacer::Cost(const Box& box) const {
  double cost = 0;
  for (const Box& other : taken_) cost += Overlap(box, other);
  const double size = (box.right - box.left) * (box.bottom - box.top);
  return cost + 10 * (size - Overlap(box, area_));
}

LabelPlace LabelPlacer::Place(double x, double y, const std::string& text) {
  const double width = kDigitWidth * font_px_ * static_cast<double>(text.size());
  const double height = 0.8 * font_px_;
  struct Candidate {
    double dx, dy;  // of the label's middle from the mark, in half label sizes plus the gap
  };
  static constexpr std::array<Candidate, 8> kCandidates = {
      {{0.8, -0.8}, {1, 0}, {0.8, 0.8}, {0, -1}, {0, 1}, {-0.8, -0.8}, {-1, 0}, {-0.8, 0.8}}};
  Box best;
  double best_cost = -1;
  for (const Candidate& c : kCandidates) {
    const double cx = x + c.dx * (kGap + width / 2);
    const double cy = y + c.dy * (kGap + height / 2);
    const Box box = {cx - width / 2, cy - height / 2, cx + width / 2, cy + height / 2};
    const double cost = Cost(box);
    if (best_cost < 0 || cost < best_cost) {
      best = box;
      best_cost = cost;
    }
    if (best_cost == 0) break;
  }
  taken_.push_back(best);
  return {(best.left + best.right) / 2, best.bottom, "middle"};
}

}  // namespace roofscape::report
