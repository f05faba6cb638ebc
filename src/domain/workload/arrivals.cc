#include "domain/workload/arrivals.h"

#include <cmath>

#include "base/core/check.h"
#include "base/core/rng.h"

namespace roofscape::workload {
namespace {

// Of the generator that draws gaps: prompts and lengths use other streams of the same seed.
constexpr std::uint64_t kArrivalStream = 0x6172726976616c73;

}  // namespace

std::vector<Nanos> ArrivalTimes(spec::Arrivals kind, double rate_rps,
                                std::optional<std::int64_t> count, std::optional<Nanos> duration,
                                std::uint64_t seed) {
  RS_CHECK(kind != spec::Arrivals::kClosed && (count || duration));
  if (kind == spec::Arrivals::kBurst) {
    RS_CHECK(count.has_value());
    return std::vector<Nanos>(static_cast<std::size_t>(*count), Nanos{0});
  }
  RS_CHECK(rate_rps > 0);
  Rng rng = Rng(seed).Fork(kArrivalStream);
  std::vector<Nanos> times;
  // In units of the mean gap: a sum of a million small doubles is still good to a nanosecond.
  double at = 0;
  for (;;) {
    const Nanos due(std::llround(at / rate_rps * 1e9));
    const bool enough =
        count ? static_cast<std::int64_t>(times.size()) >= *count : due >= *duration;
    if (enough) return times;
    times.push_back(due);
    at += kind == spec::Arrivals::kConstant ? 1.0 : -std::log1p(-rng.Uniform());
  }
}

}  // namespace roofscape::workload
