// What no other is better than in every respect, kept coarse: of all points whose objectives lie in
// one box of (1 + epsilon) only one stays, so that the front has a bounded size and every point
// that was shown to it is within epsilon of one that stayed.
//
// Thread safety: one thread.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace roofscape::codesign {

/// Tokens a second of a user, tokens a USD, tokens a joule: more is better, all above 0.
inline constexpr std::size_t kObjectives = 3;
using Objectives = std::array<double, kObjectives>;

struct FrontPoint {
  Objectives objectives = {};
  std::uint64_t tag = 0;  // The caller's.
};

class EpsilonFront {
 public:
  /// REQUIRES: epsilon > 0.
  explicit EpsilonFront(double epsilon);

  /// True if the point stays, for now. What it is better than goes. The result does not depend on
  /// anything but the order of calls.
  bool Add(const FrontPoint& point);

  /// By the first objective, ascending.
  std::vector<FrontPoint> Points() const;
  std::size_t size() const { return points_.size(); }

 private:
  using Box = std::array<std::int32_t, kObjectives>;
  Box BoxOf(const Objectives& objectives) const;

  double scale_;
  std::vector<FrontPoint> points_;
  std::vector<Box> boxes_;
};

}  // namespace roofscape::codesign
