#include "base/net/read_bounds.h"

#include <algorithm>

namespace roofscape::net {
namespace {

// Of two readings of clocks on two processors.
constexpr Nanos kSlack = std::chrono::microseconds(20);

}  // namespace

ReadBounds::Moments ReadBounds::Of(const Received& got) {
  Moments m{got.arrived, got.grain, got.by_kernel, not_before_};
  if (m.by_kernel && m.arrived + m.grain + kSlack < not_before_) {
    // Before it can have come: the calendar clock was set between stamp and reading.
    m = {got.stamp, Nanos{0}, false, not_before_};
  }
  if (got.drained) {
    not_before_ = m.by_kernel ? std::min(got.began, m.arrived - m.grain) : got.began;
  }
  return m;
}

}  // namespace roofscape::net
