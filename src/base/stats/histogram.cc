#include "base/stats/histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "base/core/check.h"

namespace roofscape::stats {
namespace {

// Values below 2 x 1024 have a bucket each; above, bucket width doubles with each power of two.
constexpr int kSubBits = 10;
constexpr std::uint64_t kSubBuckets = 1ULL << kSubBits;

constexpr std::size_t RawIndex(std::uint64_t value) {
  // | kSubBuckets keeps the shift at 0 for small values without a branch.
  const int shift = static_cast<int>(std::bit_width(value | kSubBuckets)) - (kSubBits + 1);
  return static_cast<std::size_t>((static_cast<std::uint64_t>(shift) << kSubBits) +
                                  (value >> shift));
}

constexpr std::size_t kFirstIndex = RawIndex(static_cast<std::uint64_t>(Histogram::kMinNs));
constexpr std::size_t kBuckets =
    RawIndex(static_cast<std::uint64_t>(Histogram::kMaxNs)) - kFirstIndex + 1;

}  // namespace

Histogram::Histogram() : counts_(kBuckets, 0) {}

std::size_t Histogram::IndexOf(std::int64_t value_ns) {
  return RawIndex(static_cast<std::uint64_t>(value_ns)) - kFirstIndex;
}

std::int64_t Histogram::LowerEdge(std::size_t index) {
  const std::uint64_t raw = static_cast<std::uint64_t>(index) + kFirstIndex;
  if (raw < 2 * kSubBuckets) return static_cast<std::int64_t>(raw);
  const std::uint64_t shift = (raw >> kSubBits) - 1;
  return static_cast<std::int64_t>((raw - (shift << kSubBits)) << shift);
}

double Histogram::Middle(std::size_t index) {
  // The last value of the bucket is one less than the next edge.
  return 0.5 * static_cast<double>(LowerEdge(index) + LowerEdge(index + 1) - 1);
}

void Histogram::AddToSum(std::int64_t value_ns, std::uint64_t count) {
  // 64 x 64 -> 128 bits by halves of the magnitude; ISO C++ has no 128-bit integer.
  const bool negative = value_ns < 0;
  const std::uint64_t value =
      negative ? 0 - static_cast<std::uint64_t>(value_ns) : static_cast<std::uint64_t>(value_ns);
  constexpr std::uint64_t kLow = 0xffffffffULL;
  const std::uint64_t ll = (value & kLow) * (count & kLow);
  const std::uint64_t lh = (value & kLow) * (count >> 32U);
  const std::uint64_t hl = (value >> 32U) * (count & kLow);
  const std::uint64_t middle = (ll >> 32U) + (lh & kLow) + (hl & kLow);
  std::uint64_t low = (ll & kLow) | (middle << 32U);
  std::uint64_t high =
      (value >> 32U) * (count >> 32U) + (lh >> 32U) + (hl >> 32U) + (middle >> 32U);
  if (negative) {
    low = 0 - low;
    high = 0 - high - (low != 0 ? 1U : 0U);
  }
  sum_low_ += low;
  sum_high_ += high + (sum_low_ < low ? 1U : 0U);
}

void Histogram::CountAt(std::int64_t value_ns, std::uint64_t count) {
  min_ns_ = count_ == 0 ? value_ns : std::min(min_ns_, value_ns);
  max_ns_ = count_ == 0 ? value_ns : std::max(max_ns_, value_ns);
  count_ += count;
  if (value_ns >= kMinNs && value_ns <= kMaxNs) [[likely]] {
    counts_[IndexOf(value_ns)] += count;
  } else {
    (value_ns < kMinNs ? underflow_ : overflow_) += count;
  }
}

void Histogram::Add(std::int64_t value_ns) {
  const auto low = static_cast<std::uint64_t>(value_ns);
  sum_low_ += low;
  // The high word of a negative value is all ones: minus one.
  sum_high_ += (sum_low_ < low ? 1U : 0U) - (low >> 63U);
  CountAt(value_ns, 1);
}

void Histogram::AddMany(std::int64_t value_ns, std::uint64_t count) {
  if (count == 0) return;
  AddToSum(value_ns, count);
  CountAt(value_ns, count);
}

void Histogram::Merge(const Histogram& other) {
  if (other.count_ == 0) return;
  min_ns_ = count_ == 0 ? other.min_ns_ : std::min(min_ns_, other.min_ns_);
  max_ns_ = count_ == 0 ? other.max_ns_ : std::max(max_ns_, other.max_ns_);
  const std::uint64_t other_low = other.sum_low_;  // `other` may be *this
  const std::uint64_t other_high = other.sum_high_;
  sum_low_ += other_low;
  sum_high_ += other_high + (sum_low_ < other_low ? 1U : 0U);
  count_ += other.count_;
  underflow_ += other.underflow_;
  overflow_ += other.overflow_;
  for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i] += other.counts_[i];
}

std::optional<std::int64_t> Histogram::MinNs() const {
  return count_ == 0 ? std::nullopt : std::optional(min_ns_);
}

std::optional<std::int64_t> Histogram::MaxNs() const {
  return count_ == 0 ? std::nullopt : std::optional(max_ns_);
}

std::optional<double> Histogram::MeanNs() const {
  if (count_ == 0) return std::nullopt;
  const bool negative = (sum_high_ >> 63U) != 0;
  const std::uint64_t low = negative ? 0 - sum_low_ : sum_low_;
  const std::uint64_t high = negative ? 0 - sum_high_ - (low != 0 ? 1U : 0U) : sum_high_;
  const double sum = static_cast<double>(high) * 0x1.0p64 + static_cast<double>(low);
  return (negative ? -sum : sum) / static_cast<double>(count_);
}

double Histogram::AtRank(std::uint64_t rank) const {
  const double min = static_cast<double>(min_ns_);
  const double max = static_cast<double>(max_ns_);
  if (rank < underflow_) return min;
  std::uint64_t seen = underflow_;
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    seen += counts_[i];
    if (rank < seen) return std::clamp(Middle(i), min, max);
  }
  return max;
}

std::optional<double> Histogram::QuantileNs(double p) const {
  RS_CHECK(p >= 0.0 && p <= 1.0);
  if (count_ == 0) return std::nullopt;
  const double rank = p * static_cast<double>(count_ - 1);
  const auto below = std::min(static_cast<std::uint64_t>(rank), count_ - 1);
  const double low = AtRank(below);
  const double weight = rank - static_cast<double>(below);
  if (weight <= 0.0 || below + 1 >= count_) return low;
  return low + weight * (AtRank(below + 1) - low);
}

std::vector<CdfPoint> Histogram::Cdf(std::size_t max_points) const {
  RS_CHECK(max_points >= 2);
  std::vector<CdfPoint> points;
  if (count_ == 0) return points;
  const double total = static_cast<double>(count_);
  std::uint64_t seen = underflow_;
  if (underflow_ > 0) points.push_back({kMinNs - 1, static_cast<double>(seen) / total});
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    if (counts_[i] == 0) continue;
    seen += counts_[i];
    points.push_back({std::min(LowerEdge(i + 1) - 1, max_ns_), static_cast<double>(seen) / total});
  }
  if (overflow_ > 0) points.push_back({max_ns_, 1.0});
  if (points.size() <= max_points) return points;
  std::vector<CdfPoint> thinned;
  for (std::size_t i = 0; i < max_points; ++i) {
    thinned.push_back(points[i * (points.size() - 1) / (max_points - 1)]);
  }
  return thinned;
}

std::vector<HistogramBucket> Histogram::LogBins(std::size_t bins) const {
  RS_CHECK(bins >= 1);
  std::size_t first = counts_.size();
  std::size_t last = 0;
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    if (counts_[i] == 0) continue;
    first = std::min(first, i);
    last = i;
  }
  if (first > last) return {};
  const double low = static_cast<double>(LowerEdge(first));
  const double high = static_cast<double>(LowerEdge(last + 1));
  std::vector<HistogramBucket> result;
  const double step = std::log(high / low) / static_cast<double>(bins);
  for (std::size_t b = 0; b < bins; ++b) {
    const auto edge = [&](std::size_t k) {
      return std::llround(low * std::exp(step * static_cast<double>(k)));
    };
    result.push_back({edge(b), edge(b + 1), 0});
  }
  for (std::size_t i = first; i <= last; ++i) {
    if (counts_[i] == 0) continue;
    const double place = step > 0.0 ? std::log(Middle(i) / low) / step : 0.0;
    result[std::min(bins - 1, static_cast<std::size_t>(std::max(0.0, place)))].count += counts_[i];
  }
  return result;
}

}  // namespace roofscape::stats
