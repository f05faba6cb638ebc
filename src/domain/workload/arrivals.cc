#include "domain/workload/arrivals.h"

#include <cmath>

#include "base/core/check.h"
#include "base/core/rng.h"

namespace roofscape::workload {
namespace {

// Of the generator that draws gaps: prompts and lengths use other streams of the same seed.
constexpr std::uint64_t kArrivalStream = 0x6172726976616c73;

/// Gamma of a shape and scale 1 (Marsaglia and Tsang 2000; below shape 1 by one power of a
/// uniform).
double DrawGamma(double shape, Rng& rng) {
  if (shape < 1.0) {
    const double power = std::pow(1.0 - rng.Uniform(), 1.0 / shape);
    return DrawGamma(shape + 1.0, rng) * power;
  }
  const double d = shape - 1.0 / 3.0;
  const double c = 1.0 / std::sqrt(9.0 * d);
  for (;;) {
    const double x = rng.Normal();
    const double v = (1.0 + c * x) * (1.0 + c * x) * (1.0 + c * x);
    if (v <= 0.0) continue;
    if (std::log1p(-rng.Uniform()) < 0.5 * x * x + d - d * v + d * std::log(v)) return d * v;
  }
}

}  // namespace

ArrivalStream::ArrivalStream(Gaps gaps, double rate_rps, std::uint64_t seed, double variation)
    : gaps_(gaps),
      rate_rps_(rate_rps),
      shape_(1.0 / (variation * variation)),
      rng_(Rng(seed).Fork(kArrivalStream)) {
  RS_CHECK(rate_rps > 0 && variation > 0);
}

double ArrivalStream::Gap() {
  switch (gaps_) {
    case Gaps::kConstant: return 1.0;
    case Gaps::kPoisson: return -std::log1p(-rng_.Uniform());
    case Gaps::kGamma: return DrawGamma(shape_, rng_) / shape_;
  }
  return 1.0;
}

Nanos ArrivalStream::Next() {
  const Nanos due(std::llround(at_ / rate_rps_ * 1e9));
  at_ += Gap();
  return due;
}

std::vector<Nanos> ArrivalTimes(spec::Arrivals kind, double rate_rps,
                                std::optional<std::int64_t> count, std::optional<Nanos> duration,
                                std::uint64_t seed) {
  RS_CHECK(kind != spec::Arrivals::kClosed && (count || duration));
  if (kind == spec::Arrivals::kBurst) {
    RS_CHECK(count.has_value());
    return std::vector<Nanos>(static_cast<std::size_t>(*count), Nanos{0});
  }
  ArrivalStream stream(kind == spec::Arrivals::kConstant ? Gaps::kConstant : Gaps::kPoisson,
                       rate_rps, seed);
  std::vector<Nanos> times;
  for (;;) {
    if (count && static_cast<std::int64_t>(times.size()) >= *count) return times;
    const Nanos due = stream.Next();
    if (!count && due >= *duration) return times;
    times.push_back(due);
  }
}

}  // namespace roofscape::workload
