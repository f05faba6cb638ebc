// Seeded randomness. Every random choice comes from an Rng that was made from a seed in the plan,
// so that a run can be repeated. Forking by a stream number gives independent sequences whose
// values do not depend on the order in which other streams are used.
//
// Generator: xoshiro256** (Blackman and Vigna, 2018), seeded by splitmix64. The same values on
// every platform, unlike the distributions of <random>. Thread safety: one Rng, one thread.

#pragma once

#include <array>
#include <cstdint>

namespace roofscape {

class Rng {
 public:
  explicit Rng(std::uint64_t seed);

  /// An independent generator for item number `stream` (a request, a slot, a phase).
  Rng Fork(std::uint64_t stream) const;

  /// 64 uniform bits.
  std::uint64_t Next();

  /// Uniform in [0, bound). REQUIRES: bound > 0.
  std::uint64_t Below(std::uint64_t bound);

  /// Uniform in [0, 1).
  double Uniform();

  /// Standard normal (Marsaglia's polar method).
  double Normal();

 private:
  std::uint64_t seed_;
  std::array<std::uint64_t, 4> state_;
};

}  // namespace roofscape
