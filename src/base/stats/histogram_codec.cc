// The stored form: version byte, then variable-length integers (7 bits a byte, lowest first):
// underflow, overflow, zigzag min, zigzag max, the sum's low and high word, the number of buckets
// that hold samples, and for each of them its distance to the bucket before and its count.

#include <limits>

#include "base/stats/histogram.h"

namespace roofscape::stats {
namespace {

constexpr char kVersion = 1;

std::uint64_t ZigZag(std::int64_t value) {
  const auto bits = static_cast<std::uint64_t>(value);
  return (bits << 1U) ^ (value < 0 ? ~0ULL : 0ULL);
}

std::int64_t UnZigZag(std::uint64_t bits) {
  return static_cast<std::int64_t>((bits >> 1U) ^ ((bits & 1U) != 0 ? ~0ULL : 0ULL));
}

void PutVarint(std::string& out, std::uint64_t value) {
  while (value >= 0x80) {
    out.push_back(static_cast<char>((value & 0x7f) | 0x80));
    value >>= 7U;
  }
  out.push_back(static_cast<char>(value));
}

// Reads integers until one is malformed; then `ok` is false and every answer 0.
class VarintReader {
 public:
  explicit VarintReader(std::string_view bytes) : bytes_(bytes) {}

  bool ok() const { return ok_; }
  bool AtEnd() const { return bytes_.empty(); }

  std::uint64_t Next() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; ok_ && shift < 64; shift += 7) {
      if (bytes_.empty()) break;
      const auto byte = static_cast<unsigned char>(bytes_.front());
      bytes_.remove_prefix(1);
      if (shift == 63 && byte > 1) break;
      value |= static_cast<std::uint64_t>(byte & 0x7fU) << shift;
      if ((byte & 0x80U) == 0) {
        // A last byte of 0 is a longer form of a shorter number: Encode never writes it.
        if (byte == 0 && shift > 0) break;
        return value;
      }
    }
    ok_ = false;
    return 0;
  }

 private:
  std::string_view bytes_;
  bool ok_ = true;
};

Error Refuse(std::string_view why) {
  return Error{ErrorCode::kProtocol, "stored histogram: " + std::string(why) +
                                         "; the record is damaged or of a newer version: compute "
                                         "it again from the request log"};
}

}  // namespace

std::string Histogram::Encode() const {
  std::string out(1, kVersion);
  PutVarint(out, underflow_);
  PutVarint(out, overflow_);
  PutVarint(out, ZigZag(min_ns_));
  PutVarint(out, ZigZag(max_ns_));
  PutVarint(out, sum_low_);
  PutVarint(out, sum_high_);
  std::uint64_t used = 0;
  for (const std::uint64_t count : counts_) used += count > 0 ? 1U : 0U;
  PutVarint(out, used);
  std::size_t previous = 0;
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    if (counts_[i] == 0) continue;
    PutVarint(out, i - previous);
    PutVarint(out, counts_[i]);
    previous = i;
  }
  return out;
}

Result<Histogram> Histogram::Decode(std::string_view bytes) {
  if (bytes.empty() || bytes.front() != kVersion) return Refuse("unknown version");
  VarintReader reader(bytes.substr(1));
  Histogram h;
  h.underflow_ = reader.Next();
  h.overflow_ = reader.Next();
  h.min_ns_ = UnZigZag(reader.Next());
  h.max_ns_ = UnZigZag(reader.Next());
  h.sum_low_ = reader.Next();
  h.sum_high_ = reader.Next();
  const std::uint64_t used = reader.Next();
  if (!reader.ok()) return Refuse("cut short");
  if (used > h.counts_.size()) return Refuse("more buckets than there are");
  bool overflowed = h.underflow_ > std::numeric_limits<std::uint64_t>::max() - h.overflow_;
  h.count_ = h.underflow_ + h.overflow_;
  std::size_t index = 0;
  std::size_t first = 0;
  for (std::uint64_t i = 0; i < used; ++i) {
    const std::uint64_t distance = reader.Next();
    const std::uint64_t count = reader.Next();
    if (!reader.ok()) return Refuse("cut short");
    if (distance >= h.counts_.size() - index || (i > 0 && distance == 0) || count == 0) {
      return Refuse("a bucket outside the table, out of order or empty");
    }
    index += static_cast<std::size_t>(distance);
    if (i == 0) first = index;
    h.counts_[index] = count;
    overflowed = overflowed || h.count_ + count < count;
    h.count_ += count;
  }
  if (!reader.AtEnd()) return Refuse("bytes after the end");
  if (overflowed) return Refuse("more samples than can be counted");
  const bool empty = h.count_ == 0;
  if (empty && (h.min_ns_ != 0 || h.max_ns_ != 0 || h.sum_low_ != 0 || h.sum_high_ != 0)) {
    return Refuse("sums without samples");
  }
  // Minimum and maximum must lie where the first and the last sample were counted.
  const auto lies = [&](std::int64_t value, bool under, bool over, std::size_t bucket) {
    if (under) return value < kMinNs;
    if (over) return value > kMaxNs;
    return value >= kMinNs && value <= kMaxNs && IndexOf(value) == bucket;
  };
  if (!empty && (h.min_ns_ > h.max_ns_ ||
                 !lies(h.min_ns_, h.underflow_ > 0, h.underflow_ == 0 && used == 0, first) ||
                 !lies(h.max_ns_, h.overflow_ == 0 && used == 0, h.overflow_ > 0, index))) {
    return Refuse("minimum or maximum outside the buckets");
  }
  return h;
}

}  // namespace roofscape::stats
