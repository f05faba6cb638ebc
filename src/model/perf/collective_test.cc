#include "model/perf/collective.h"

#include <functional>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

#include "base/core/rng.h"
#include "model/perf/test_fabrics.h"

namespace roofscape::perf {
namespace {

constexpr std::uint64_t kSeed = 20261129;
constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// All transfers of one group, by number: bytes are a tensor's, or tokens of one byte.
constexpr int kTransfers = 9;
template <class T>
T Seconds(int which, const Fabric& fabric, const CommParams<T>& params, double bytes, int ranks) {
  const TokenTraffic tokens = {bytes / 7168, 7168, 1, 8, static_cast<Copies>(which % 3)};
  switch (which) {
    case 0: return AllReduceSeconds(fabric, params, bytes, ranks);
    case 1: return RingAllReduceSeconds(fabric, params, bytes, ranks);
    case 2: return AllGatherSeconds(fabric, params, bytes, ranks);
    case 3: return ReduceScatterSeconds(fabric, params, bytes, ranks);
    case 4: return AllToAllSeconds(fabric, params, bytes, ranks);
    case 5: return BroadcastSeconds(fabric, params, bytes, ranks);
    case 6:
    case 7: return DispatchSeconds(fabric, params, tokens, ranks);
    default: return CombineSeconds(fabric, params, tokens, ranks);
  }
}

Fabric Torus(int chips) { return FabricOf("tpu-v7", chips).fabric; }
Fabric Switch(int chips) { return FabricOf("gb200", chips).fabric; }

const std::vector<OnChips>& Machines() {
  static const std::vector<OnChips> kAll = {FabricOf("h200", 64),    FabricOf("gb200", 288),
                                            FabricOf("mi355x", 16),  FabricOf("tpu-v7", 512),
                                            FabricOf("tpu-v5e", 64), FabricOf("trainium2", 16)};
  return kAll;
}

/// Runs `check` on many random groups and sizes.
void OnRandomCases(
    const std::function<void(Rng&, const OnChips&, int which, double bytes, int ranks)>& check) {
  SCOPED_TRACE(testing::Message() << "seed " << kSeed);
  Rng rng(kSeed);
  for (int i = 0; i < 4000 && !testing::Test::HasFatalFailure(); ++i) {
    const OnChips& machine = Machines()[rng.Below(Machines().size())];
    const int which = static_cast<int>(rng.Below(kTransfers));
    const int ranks =
        2 + static_cast<int>(rng.Below(static_cast<std::uint64_t>(machine.fabric.chips - 1)));
    const double bytes = std::exp2(8 + 24 * rng.Uniform());
    SCOPED_TRACE(testing::Message() << "transfer " << which << " of " << bytes << " B, " << ranks
                                    << " ranks of " << machine.fabric.chips);
    check(rng, machine, which, bytes, ranks);
  }
}

TEST(Collective, FollowsTheClosedFormsOnASwitch) {
  const CommParams<double> ideal;
  const double v = 3e6;
  for (const int n : {2, 3, 8, 64}) {
    Fabric fabric = Switch(n);
    const double w = fabric.chip_bytes_per_s;
    EXPECT_DOUBLE_EQ(AllGatherSeconds(fabric, ideal, v, n), v * (n - 1) / (n * w));
    EXPECT_DOUBLE_EQ(ReduceScatterSeconds(fabric, ideal, v, n), v * (n - 1) / (n * w));
    EXPECT_DOUBLE_EQ(RingAllReduceSeconds(fabric, ideal, v, n), 2 * v * (n - 1) / (n * w));
    EXPECT_DOUBLE_EQ(OneShotAllReduceSeconds(fabric, ideal, v, n), v * (n - 1) / w);
    EXPECT_DOUBLE_EQ(TwoShotAllReduceSeconds(fabric, ideal, v, n), 2 * v * (n - 1) / (n * w));
    EXPECT_DOUBLE_EQ(InSwitchAllReduceSeconds(fabric, ideal, v, n), v / w);
    EXPECT_DOUBLE_EQ(AllToAllSeconds(fabric, ideal, v, n), v * (n - 1) / (n * w));
    EXPECT_DOUBLE_EQ(BroadcastSeconds(fabric, ideal, v, n), v / w);
    EXPECT_DOUBLE_EQ(SendSeconds(fabric, ideal, v, Reach::kSameIsland), v / w);
    fabric.reduces = true;
    EXPECT_DOUBLE_EQ(AllReduceSeconds(fabric, ideal, v, n), v / w);
  }
}

TEST(Collective, FollowsTheClosedFormsOnATorus) {
  CommParams<double> ideal;
  const double v = 3e6;
  for (const auto& [chips, longest, hops] :
       {std::tuple(64, 4, 6), std::tuple(256, 8, 10), std::tuple(4096, 16, 24)}) {
    const Fabric fabric = Torus(chips);
    const double w = fabric.link_bytes_per_s;
    const double others = (chips - 1.0) / chips;
    ideal.hop_s = 0;
    EXPECT_DOUBLE_EQ(AllGatherSeconds(fabric, ideal, v, chips), others * v / (2 * w * 3));
    EXPECT_DOUBLE_EQ(AllReduceSeconds(fabric, ideal, v, chips), others * v / (3 * w));
    EXPECT_NEAR(AllToAllSeconds(fabric, ideal, v, chips), v * longest / (8 * w), 1e-15);
    ideal.hop_s = 1e-6;
    EXPECT_NEAR(AllToAllSeconds(fabric, ideal, v, chips), v * longest / (8 * w) + hops * 1e-6,
                1e-15);
    // Small tensors wait for the hops.
    EXPECT_DOUBLE_EQ(AllGatherSeconds(fabric, ideal, 100, chips), hops * 1e-6);
    EXPECT_DOUBLE_EQ(AllReduceSeconds(fabric, ideal, 100, chips), 2 * hops * 1e-6);
  }
}

TEST(Collective, FollowsTheClosedFormsOnMeshAndRails) {
  const CommParams<double> ideal;
  const double v = 3e6;
  const Fabric mesh = FabricOf("mi300x", 8).fabric;
  EXPECT_DOUBLE_EQ(AllGatherSeconds(mesh, ideal, v, 8), v * 7 / 8 / (7 * 64e9));
  EXPECT_DOUBLE_EQ(AllGatherSeconds(mesh, ideal, v, 2), v / 2 / 64e9);  // One pair, one link.
  EXPECT_DOUBLE_EQ(SendSeconds(mesh, ideal, v, Reach::kSameIsland), v / 64e9);
  // Eight islands of eight: rails of 50 GB/s bind, eight of them together an island.
  const Fabric rails = FabricOf("h200", 64).fabric;
  EXPECT_DOUBLE_EQ(AllGatherSeconds(rails, ideal, v, 64), v * 7 / 8 / (8 * 50e9));
  EXPECT_DOUBLE_EQ(RingAllReduceSeconds(rails, ideal, v, 64),
                   std::max(2 * v * 7 / 8 / (8 * 50e9), 2 * v * 7 / 8 / 450e9));
  EXPECT_DOUBLE_EQ(AllToAllSeconds(rails, ideal, v, 64), v * 56 / 64 / 50e9);
  EXPECT_DOUBLE_EQ(SendSeconds(rails, ideal, v, Reach::kOtherIsland), v / 50e9);
}

TEST(Collective, SendsATokenOnceToEachPlace) {
  EXPECT_DOUBLE_EQ(DistinctDestinations(1, 8), 1);
  EXPECT_DOUBLE_EQ(DistinctDestinations(64, 1), 1);
  EXPECT_NEAR(DistinctDestinations(64, 8), 64 * (1 - std::pow(63.0 / 64, 8)), 1e-12);
  const CommParams<double> ideal;
  const Fabric fabric = FabricOf("h200", 64).fabric;
  TokenTraffic traffic{128, 7168, 1, 8, Copies::kPerExpert};
  EXPECT_DOUBLE_EQ(DispatchSeconds(fabric, ideal, traffic, 64), 128.0 * 7168 * 8 * 56 / 64 / 50e9);
  traffic.copies = Copies::kPerRank;
  EXPECT_DOUBLE_EQ(DispatchSeconds(fabric, ideal, traffic, 64),
                   128.0 * 7168 * DistinctDestinations(64, 8) * 56 / 64 / 50e9);
  traffic.copies = Copies::kPerIsland;
  EXPECT_DOUBLE_EQ(DispatchSeconds(fabric, ideal, traffic, 64),
                   128.0 * 7168 * DistinctDestinations(8, 8) * 7 / 8 / 50e9);
}

/// The same on random draws: the formulas are expectations.
TEST(Collective, CountsDestinationsAsDrawsDo) {
  Rng rng(kSeed);
  for (const auto& [n, k] : {std::pair(8, 8), std::pair(64, 8), std::pair(16, 2)}) {
    const int draws = 20000;
    double sum = 0;
    for (int i = 0; i < draws; ++i) {
      std::vector<bool> hit(static_cast<std::size_t>(n));
      for (int j = 0; j < k; ++j) hit[rng.Below(static_cast<std::uint64_t>(n))] = true;
      for (const bool one : hit) sum += one;
    }
    EXPECT_NEAR(sum / draws, DistinctDestinations(n, k), 0.05) << "seed " << kSeed;
  }
}

TEST(Collective, CostsNothingAlone) {
  for (const OnChips& machine : Machines()) {
    for (int which = 0; which < kTransfers; ++which) {
      EXPECT_EQ(Seconds(which, machine.fabric, machine.defaults.params, 1e6, 1), 0);
    }
  }
}

TEST(Collective, IsNeverSlowerWithMoreBandwidthOrFewerBytes) {
  OnRandomCases([](Rng& rng, const OnChips& machine, int which, double bytes, int ranks) {
    const CommParams<double>& params = machine.defaults.params;
    const double seconds = Seconds(which, machine.fabric, params, bytes, ranks);
    ASSERT_GT(seconds, 0);
    ASSERT_LT(seconds, kInfinity);
    Fabric faster = machine.fabric;
    const double factor = 1 + 3 * rng.Uniform();
    for (double* w :
         {&faster.chip_bytes_per_s, &faster.link_bytes_per_s, &faster.rail_bytes_per_s}) {
      *w *= factor;
    }
    ASSERT_LE(Seconds(which, faster, params, bytes, ranks), seconds);
    ASSERT_GE(Seconds(which, machine.fabric, params, bytes * factor, ranks), seconds);
    CommParams<double> slower = params;
    for (LinkTable<double>* table : {&slower.island, &slower.rails}) {
      for (LinkParams<double>& p : table->kinds) {
        p.launch_s += 1e-6 * rng.Uniform();
        p.half_bytes += 1e6 * rng.Uniform();
        p.efficiency *= 1 - 0.5 * rng.Uniform();
      }
    }
    ASSERT_GE(Seconds(which, machine.fabric, slower, bytes, ranks), seconds);
  });
}

TEST(Collective, CostsNothingWithoutLimits) {
  OnRandomCases([](Rng&, const OnChips& machine, int which, double bytes, int ranks) {
    Fabric fabric = machine.fabric;
    fabric.chip_bytes_per_s = fabric.link_bytes_per_s = fabric.rail_bytes_per_s = kInfinity;
    ASSERT_EQ(Seconds(which, fabric, CommParams<double>{}, bytes, ranks), 0);
  });
}

TEST(Collective, IsNoSlowerRoundARing) {
  OnRandomCases([](Rng&, const OnChips& machine, int which, double bytes, int ranks) {
    if (machine.fabric.topology != catalog::Topology::kTorus) return;
    Fabric lines = machine.fabric;
    lines.slice.ring = {};
    for (Slice& slice : lines.slices) slice.ring = {};
    ASSERT_LE(Seconds(which, machine.fabric, machine.defaults.params, bytes, ranks),
              Seconds(which, lines, machine.defaults.params, bytes, ranks));
  });
}

TEST(Collective, ReducesAsScatterAndGather) {
  OnRandomCases([](Rng& rng, const OnChips& machine, int, double bytes, int ranks) {
    CommParams<double> params;  // One kind of start-up and efficiency for all.
    for (LinkTable<double>* table : {&params.island, &params.rails}) {
      for (LinkParams<double>& p : table->kinds) {
        p = {0, 1e-6 * rng.Uniform(), 0.5, 0, 0.3};
        table->kinds.fill(p);
      }
    }
    params.hop_s = 1e-6 * rng.Uniform();
    const double both = AllGatherSeconds(machine.fabric, params, bytes, ranks) +
                        ReduceScatterSeconds(machine.fabric, params, bytes, ranks);
    ASSERT_NEAR(RingAllReduceSeconds(machine.fabric, params, bytes, ranks) / both, 1, 1e-12);
  });
}

TEST(Collective, TakesTheQuickestAllReduce) {
  OnRandomCases([](Rng&, const OnChips& machine, int, double bytes, int ranks) {
    const auto& [fabric, defaults] = machine;
    const double best = AllReduceSeconds(fabric, defaults.params, bytes, ranks);
    ASSERT_LE(best, RingAllReduceSeconds(fabric, defaults.params, bytes, ranks));
    if (ranks > fabric.island || fabric.topology == catalog::Topology::kTorus) return;
    ASSERT_LE(best, OneShotAllReduceSeconds(fabric, defaults.params, bytes, ranks));
    ASSERT_LE(best, TwoShotAllReduceSeconds(fabric, defaults.params, bytes, ranks));
  });
}

/// A part of a torus has shorter ways, but neither the rings nor all links of the whole.
TEST(Collective, KnowsAPartOfATorusFromTheWhole) {
  CommParams<double> ideal;
  const Fabric pod = Torus(4096);
  // Eight of 4,096 are a cube of lines; eight bought alone are the same box.
  EXPECT_DOUBLE_EQ(AllToAllSeconds(pod, ideal, 1e6, 8), AllToAllSeconds(Torus(8), ideal, 1e6, 8));
  // A cube of 4 x 4 x 4 inside a larger slice has no optical switch to close its axes.
  EXPECT_DOUBLE_EQ(AllToAllSeconds(pod, ideal, 1e6, 64),
                   2 * AllToAllSeconds(Torus(64), ideal, 1e6, 64));
  EXPECT_DOUBLE_EQ(AllReduceSeconds(pod, ideal, 1e6, 64),
                   2 * AllReduceSeconds(Torus(64), ideal, 1e6, 64));
}

/// A dual number: a value and its derivative by one parameter.
struct Dual {
  double value;
  double slope;
  explicit Dual(double v, double s = 0) : value(v), slope(s) {}
  friend Dual operator+(Dual a, Dual b) { return Dual(a.value + b.value, a.slope + b.slope); }
  friend Dual operator-(Dual a, Dual b) { return Dual(a.value - b.value, a.slope - b.slope); }
  friend Dual operator*(Dual a, Dual b) {
    return Dual(a.value * b.value, a.slope * b.value + a.value * b.slope);
  }
  friend Dual operator/(Dual a, Dual b) {
    return Dual(a.value / b.value, (a.slope - a.value / b.value * b.slope) / b.value);
  }
  friend Dual max(Dual a, Dual b) { return a.value < b.value ? b : a; }
  friend Dual min(Dual a, Dual b) { return b.value < a.value ? b : a; }
  friend Dual sqrt(Dual a) { return Dual(std::sqrt(a.value), a.slope / (2 * std::sqrt(a.value))); }
};

TEST(Collective, CarriesDerivatives) {
  OnRandomCases([](Rng& rng, const OnChips& machine, int which, double bytes, int ranks) {
    CommParams<Dual> params = Lift<Dual>(machine.defaults.params);
    CommParams<double> more = machine.defaults.params;
    const std::size_t kind = rng.Below(kCollectives);
    const double step = 1e-6;
    params.island.kinds[kind].efficiency.slope = 1;
    more.island.kinds[kind].efficiency += step;
    const TokenTraffic tokens = {bytes / 7168, 7168, 1, 8, static_cast<Copies>(which % 3)};
    const Dual got = which == 0   ? AllReduceSeconds(machine.fabric, params, Dual(bytes), ranks)
                     : which == 2 ? AllGatherSeconds(machine.fabric, params, Dual(bytes), ranks)
                                  : DispatchSeconds(machine.fabric, params, tokens, ranks);
    const auto plain = [&](const CommParams<double>& p) {
      return which == 0   ? AllReduceSeconds(machine.fabric, p, bytes, ranks)
             : which == 2 ? AllGatherSeconds(machine.fabric, p, bytes, ranks)
                          : DispatchSeconds(machine.fabric, p, tokens, ranks);
    };
    const double base = plain(machine.defaults.params);
    ASSERT_DOUBLE_EQ(got.value, base);
    ASSERT_NEAR(got.slope, (plain(more) - base) / step, 1e-4 * base);
  });
}

}  // namespace
}  // namespace roofscape::perf
