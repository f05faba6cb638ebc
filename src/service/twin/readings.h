// What a server tells of itself on its page of metrics.
//
// Ownership: plain values. Thread safety: plain values.

#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>

namespace roofscape::twin {

/// Durations counted by upper bounds, as Prometheus has them.
class TimeBuckets {
 public:
  /// In seconds; the last bucket, without a bound, is not among them.
  static constexpr std::array<double, 22> kBounds = {
      0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75,
      1.0,   2.5,   5.0,  7.5,  10.0, 20.0, 40.0, 80,  160,  640, 2560};

  void Add(double seconds) {
    std::size_t i = 0;
    while (i < kBounds.size() && seconds > kBounds[i]) ++i;
    ++counts_[i];
    ++count_;
    sum_ += seconds;
  }

  /// Of each bound, and of all beyond; not summed up.
  std::span<const std::int64_t> counts() const { return counts_; }
  std::int64_t count() const { return count_; }
  double sum() const { return sum_; }

 private:
  std::array<std::int64_t, kBounds.size() + 1> counts_{};
  std::int64_t count_ = 0;
  double sum_ = 0.0;
};

/// Since the start, where it is not of now.
struct LiveReadings {
  std::int64_t blocks = 0;  // Of the cache, of all workers.
  std::int64_t used_blocks = 0;
  std::int64_t block_tokens = 16;
  std::int64_t prompt_tokens = 0;
  std::int64_t cached_tokens = 0;  // Of these.
  std::int64_t output_tokens = 0;
  std::int64_t finished = 0;  // Requests.
  std::int64_t preemptions = 0;
  double output_tps = 0.0;  // Tokens a second over the last while.
  TimeBuckets ttft_s;
  TimeBuckets e2e_s;
};

struct Readings {
  std::int64_t running = 0;  // Requests that are being answered now.
  std::int64_t waiting = 0;
  std::int64_t context_tokens = 131'072;  // A prompt with its answer has no more.
  const LiveReadings* live = nullptr;     // Null: the server has no engine behind it.
};

}  // namespace roofscape::twin
