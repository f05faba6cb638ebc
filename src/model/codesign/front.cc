#include "model/codesign/front.h"

#include <algorithm>
#include <cmath>

#include "base/core/check.h"

namespace roofscape::codesign {
namespace {

/// As good in everything.
template <class Values>
bool Covers(const Values& a, const Values& b) {
  for (std::size_t i = 0; i < kObjectives; ++i) {
    if (a[i] < b[i]) return false;
  }
  return true;
}

/// Of two in one box the one nearer to its upper corner stays.
double Sum(const Objectives& o) {
  double sum = 0.0;
  for (const double v : o) sum += std::log(v);
  return sum;
}

}  // namespace

EpsilonFront::EpsilonFront(double epsilon) : scale_(1.0 / std::log1p(epsilon)) {
  RS_CHECK(epsilon > 0.0);
}

EpsilonFront::Box EpsilonFront::BoxOf(const Objectives& objectives) const {
  Box box;
  for (std::size_t i = 0; i < kObjectives; ++i) {
    box[i] = static_cast<std::int32_t>(std::floor(std::log(objectives[i]) * scale_));
  }
  return box;
}

bool EpsilonFront::Add(const FrontPoint& point) {
  for (const double v : point.objectives) {
    if (!(v > 0.0)) return false;
  }
  const Box box = BoxOf(point.objectives);
  for (std::size_t i = 0; i < boxes_.size(); ++i) {
    if (boxes_[i] == box) {
      if (Sum(point.objectives) <= Sum(points_[i].objectives)) return false;
      points_[i] = point;
      return true;
    }
    if (Covers(boxes_[i], box)) return false;
  }
  std::size_t kept = 0;
  for (std::size_t i = 0; i < boxes_.size(); ++i) {
    if (Covers(box, boxes_[i])) continue;
    boxes_[kept] = boxes_[i];
    points_[kept++] = points_[i];
  }
  boxes_.resize(kept);
  points_.resize(kept);
  boxes_.push_back(box);
  points_.push_back(point);
  return true;
}

std::vector<FrontPoint> EpsilonFront::Points() const {
  std::vector<FrontPoint> sorted = points_;
  std::sort(sorted.begin(), sorted.end(),
            [](const FrontPoint& a, const FrontPoint& b) { return a.objectives < b.objectives; });
  return sorted;
}

}  // namespace roofscape::codesign
