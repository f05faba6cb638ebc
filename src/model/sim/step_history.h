// When the decode steps of a worker ended, kept as stretches in which a step takes linearly longer
// as contexts grow: t(j) = begin + first j + grows j (j - 1) / 2 after j steps. One stretch stands
// for many steps, and any sequence's token times can be read from it.
//
// Thread safety: one thread.

#pragma once

#include <cstdint>
#include <vector>

namespace roofscape::sim {

struct Stretch {
  std::int64_t first_step = 0;  // Steps done before it.
  std::int64_t steps = 0;
  std::int64_t begin_ns = 0;
  double first_ns = 0.0;  // Duration of its first step,
  double grows_ns = 0.0;  // and by how much each is longer than the one before.

  /// End of its step number j, 1 the first.
  std::int64_t EndOf(std::int64_t j) const;
  /// Steps that have ended at `time_ns`.
  std::int64_t DoneAt(std::int64_t time_ns) const;
};

class StepHistory {
 public:
  void Add(const Stretch& stretch) { ring_.push_back(stretch); }

  /// Appends the ends of steps first_step + 1 ... last_step (counted from 1) to `times`.
  template <class Visit>
  void EndsOf(std::int64_t first_step, std::int64_t last_step, Visit&& visit) const {
    std::size_t at = Find(first_step);
    for (std::int64_t step = first_step; step < last_step; ++at) {
      const Stretch& s = ring_[at];
      for (; step < last_step && step < s.first_step + s.steps; ++step) {
        visit(s.EndOf(step + 1 - s.first_step));
      }
    }
  }

  /// Forgets stretches that ended at or before a step.
  void ForgetBefore(std::int64_t step);

 private:
  std::size_t Find(std::int64_t step) const;

  std::vector<Stretch> ring_;  // From begin_ on; the front is cut off when it is half of all.
  std::size_t begin_ = 0;
};

}  // namespace roofscape::sim
