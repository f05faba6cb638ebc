#include "model/sim/step_history.h"

#include <algorithm>

#include "base/core/check.h"

namespace roofscape::sim {

std::int64_t Stretch::EndOf(std::int64_t j) const {
  const auto n = static_cast<double>(j);
  const double took = n * (first_ns + 0.5 * grows_ns * (n - 1.0));  // Never below 0.
  // NOLINTNEXTLINE(bugprone-incorrect-roundings): called for every token, where lround is a call
  return begin_ns + static_cast<std::int64_t>(took + 0.5);
}

std::int64_t Stretch::DoneAt(std::int64_t time_ns) const {
  std::int64_t low = 0;
  std::int64_t high = steps;
  while (low < high) {
    const std::int64_t middle = (low + high + 1) / 2;
    if (EndOf(middle) <= time_ns) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  return low;
}

std::size_t StepHistory::Find(std::int64_t step) const {
  const auto past = std::upper_bound(ring_.begin() + static_cast<std::ptrdiff_t>(begin_),
                                     ring_.end(), step, [](std::int64_t s, const Stretch& stretch) {
                                       return s < stretch.first_step + stretch.steps;
                                     });
  RS_CHECK(past != ring_.end() && past->first_step <= step);
  return static_cast<std::size_t>(past - ring_.begin());
}

void StepHistory::ForgetBefore(std::int64_t step) {
  while (begin_ < ring_.size() && ring_[begin_].first_step + ring_[begin_].steps <= step) ++begin_;
  constexpr std::size_t kFew = 64;
  if (begin_ < kFew || begin_ * 2 < ring_.size()) return;
  ring_.erase(ring_.begin(), ring_.begin() + static_cast<std::ptrdiff_t>(begin_));
  begin_ = 0;
}

}  // namespace roofscape::sim
