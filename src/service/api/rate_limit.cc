#include "service/api/rate_limit.h"

#include <algorithm>

namespace roofscape::api {
namespace {

double SecondsBetween(Instant a, Instant b) { return std::chrono::duration<double>(b - a).count(); }

}  // namespace

bool RateLimit::Take(std::string_view peer, Instant now, double weight) {
  if (options_.per_second <= 0) return true;
  if (buckets_.size() >= options_.max_peers) ForgetFull(now);
  auto found = buckets_.find(std::string(peer));
  if (found == buckets_.end()) {
    // So many peers at once that none is idle: nobody can be told apart any more.
    if (buckets_.size() >= options_.max_peers) return false;
    found = buckets_.emplace(peer, Bucket{options_.burst, now}).first;
  }
  Bucket& bucket = found->second;
  bucket.left =
      std::min(options_.burst, bucket.left + options_.per_second * SecondsBetween(bucket.at, now));
  bucket.at = now;
  if (bucket.left < 1) return false;
  bucket.left -= weight;
  return true;
}

void RateLimit::ForgetFull(Instant now) {
  std::erase_if(buckets_, [&](const auto& entry) {
    const Bucket& bucket = entry.second;
    return bucket.left + options_.per_second * SecondsBetween(bucket.at, now) >= options_.burst;
  });
}

}  // namespace roofscape::api
