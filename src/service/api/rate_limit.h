// How often one peer may ask: a bucket a peer that fills at a rate, and from which every request
// takes. Peers that have not asked for a while are forgotten.
//
// Thread safety: one thread.

#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/core/units.h"

namespace roofscape::api {

struct RateLimitOptions {
  double per_second = 500;  // 0: no limit.
  double burst = 1000;
  std::size_t max_peers = 10'000;
};

class RateLimit {
 public:
  explicit RateLimit(const RateLimitOptions& options) : options_(options) {}

  /// Whether a request that weighs so much may pass now.
  bool Take(std::string_view peer, Instant now, double weight = 1);

 private:
  struct Bucket {
    double left = 0;
    Instant at;
  };

  void ForgetFull(Instant now);

  const RateLimitOptions options_;
  std::unordered_map<std::string, Bucket> buckets_;
};

}  // namespace roofscape::api
