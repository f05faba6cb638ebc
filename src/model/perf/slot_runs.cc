#include "model/perf/slot_runs.h"

#include <algorithm>
#include <deque>

#include "base/core/rng.h"

namespace roofscape::perf {
namespace {

constexpr std::uint64_t kSeed = 1;
/// Beyond its length an answer takes so much more or less: prompts come between.
constexpr double kJitter = 0.17;
/// From the last token of an answer until the next decodes in a slot: it is sent, and comes in
/// between two steps.
constexpr double kGapTokens = 1.5;

class Slots {
 public:
  explicit Slots(std::int64_t slots) : busy_(static_cast<std::size_t>(slots), false) {
    for (std::int64_t slot = 0; slot < slots; ++slot) idle_.push_back(slot);
  }

  /// So many requests of each of `users`; all slots are idle before and after.
  std::vector<double> Play(std::int64_t users, const SlotLoad& load) {
    std::vector<User> all(static_cast<std::size_t>(users));
    for (std::size_t i = 0; i < all.size(); ++i) {
      // As `bench` staggers its start: evenly over an answer.
      const double share = static_cast<double>(i + 1) / static_cast<double>(users);
      all[i] = {Take(), Length(load.low) * share, true};
    }
    const double gap = kGapTokens / std::max(load.answer_tokens, 1.0);
    std::vector<double> runs(all.size(), 0.0);
    double now = 0.0;
    std::int64_t left = users * std::max<std::int64_t>(load.requests_per_user, 2);
    while (left > 0) {
      User& next = *std::min_element(all.begin(), all.end(), Earlier);
      Count(next.until - now, runs);
      now = next.until;
      if (next.busy) {
        Release(next.slot);
        next = {0, now + gap, false};
        --left;
      } else {
        next = {Take(), now + Length(load.low), true};
      }
    }
    for (double& mean : runs) mean /= now;
    std::sort(all.begin(), all.end(), Earlier);
    for (const User& user : all) {
      if (user.busy) Release(user.slot);
    }
    return runs;
  }

 private:
  struct User {
    std::size_t slot = 0;
    double until = 0.0;  // When its answer is complete or its next begins, in longest lengths.
    bool busy = false;
  };

  static bool Earlier(const User& a, const User& b) { return a.until < b.until; }

  double Length(double low) {
    const double length = low + (1.0 - low) * rng_.Uniform();
    return length * (1.0 + kJitter * (2.0 * rng_.Uniform() - 1.0));
  }

  std::size_t Take() {
    const auto slot = static_cast<std::size_t>(idle_.front());
    idle_.pop_front();
    busy_[slot] = true;
    return slot;
  }

  void Release(std::size_t slot) {
    busy_[slot] = false;
    idle_.push_back(static_cast<std::int64_t>(slot));
  }

  void Count(double time, std::vector<double>& runs) const {
    std::size_t length = 0;
    for (std::size_t slot = 0; slot <= busy_.size(); ++slot) {
      if (slot < busy_.size() && busy_[slot]) {
        ++length;
      } else if (length > 0) {
        runs[length - 1] += time;
        length = 0;
      }
    }
  }

  Rng rng_{kSeed};
  std::vector<bool> busy_;
  std::deque<std::int64_t> idle_;
};

}  // namespace

std::vector<double> SlotRuns(const SlotLoad& load) {
  const std::int64_t slots = std::max<std::int64_t>(load.slots, 1);
  const std::int64_t served = std::clamp<std::int64_t>(load.users, 1, slots);
  Slots played(slots);
  for (std::int64_t users = 1; users < served; users *= 2) {
    played.Play(users, load);
  }
  return played.Play(served, load);
}

}  // namespace roofscape::perf
