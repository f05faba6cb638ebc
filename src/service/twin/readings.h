// What a server tells of itself on its page of metrics.
//
// Ownership: plain values. Thread safety: plain values.

#pragma once

#include <array>
#include <cstdint>
#include <span>

namespace roofscape::twin {

/// In seconds; they hold the bounds that dashboards and alerts for these engines ask for.
inline constexpr std::array<double, 29> kTimeBounds = {
    0.001, 0.005, 0.01, 0.02, 0.025, 0.04, 0.05, 0.06, 0.075, 0.08, 0.1,  0.15,  0.2,   0.25,  0.3,
    0.4,   0.5,   0.75, 1.0,  2.5,   5.0,  7.5,  10.0, 20.0,  40.0, 80.0, 160.0, 640.0, 2560.0};
inline constexpr std::array<double, 18> kTokenBounds = {
    1.0,    2.0,    5.0,    10.0,    20.0,    50.0,    100.0,    200.0,    500.0,
    1000.0, 2000.0, 5000.0, 10000.0, 20000.0, 50000.0, 100000.0, 200000.0, 500000.0};

/// Values counted by upper bounds, as Prometheus has them; the last bucket has none.
template <const auto& kBounds>
class Buckets {
 public:
  void Add(double value) {
    std::size_t i = 0;
    while (i < kBounds.size() && value > kBounds[i]) ++i;
    ++counts_[i];
    ++count_;
    sum_ += value;
  }

  std::span<const double> bounds() const { return kBounds; }
  /// Of each bound, and of all beyond; not summed up.
  std::span<const std::int64_t> counts() const { return counts_; }
  std::int64_t count() const { return count_; }
  double sum() const { return sum_; }

 private:
  std::array<std::int64_t, kBounds.size() + 1> counts_{};
  std::int64_t count_ = 0;
  double sum_ = 0.0;
};

using TimeBuckets = Buckets<kTimeBounds>;
using TokenBuckets = Buckets<kTokenBounds>;

/// Since the start, where it is not of now. Times are the deployment's.
struct LiveReadings {
  std::int64_t blocks = 0;  // Of the cache, of all workers.
  std::int64_t used_blocks = 0;
  std::int64_t block_tokens = 16;
  bool prefix_cache = false;
  std::int64_t prompt_tokens = 0;
  std::int64_t cached_tokens = 0;  // Of these.
  std::int64_t output_tokens = 0;
  std::int64_t stopped = 0;  // Requests that ended by themselves,
  std::int64_t cut = 0;      // at their limit,
  std::int64_t aborted = 0;  // and before their end.
  std::int64_t preemptions = 0;
  double output_tps = 0.0;  // Tokens a second over the last while.
  TimeBuckets ttft_s;
  TimeBuckets itl_s;   // Between two events of an answer.
  TimeBuckets tpot_s;  // Mean of an answer, for each that has ended, as are all that follow.
  TimeBuckets e2e_s;
  TimeBuckets queue_s;      // Until it was admitted,
  TimeBuckets prefill_s;    // from there to the first token,
  TimeBuckets decode_s;     // from there to the last one;
  TimeBuckets inference_s;  // the latter two together.
  TokenBuckets prompts;
  TokenBuckets answers;

  std::int64_t finished() const { return stopped + cut; }
};

struct Readings {
  std::int64_t running = 0;  // Requests that are being answered now.
  std::int64_t waiting = 0;
  std::int64_t context_tokens = 131'072;  // A prompt with its answer has no more.
  const LiveReadings* live = nullptr;     // Null: the server has no engine behind it.
};

}  // namespace roofscape::twin
