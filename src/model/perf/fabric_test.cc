#include "model/perf/fabric.h"

#include <algorithm>
#include <string>

#include <gtest/gtest.h>

#include "domain/catalog/check.h"
#include "model/perf/test_fabrics.h"

namespace roofscape::perf {
namespace {

using Lengths = std::array<int, kTorusAxes>;

TEST(Fabric, StandsOnACatalogThatPassesItsCheck) {
  for (const catalog::Problem& problem : catalog::Check(ShippedFabrics())) {
    ADD_FAILURE() << problem.ToText();
  }
}

TEST(Fabric, LowersEveryShippedChip) {
  for (const catalog::Chip& chip : ShippedFabrics().chips) {
    for (const int chips : {1, 2, 8}) {
      const auto fabric = MakeFabric(ShippedFabrics(), chip, chips);
      if (!fabric) {
        // Then it says what it lacks, or how many it can hold.
        const std::string& why = fabric.error().message;
        EXPECT_TRUE(why.find("is missing") != std::string::npos ||
                    why.find("ask for at most") != std::string::npos)
            << why;
        EXPECT_GT(chips, 1) << why;
        continue;
      }
      EXPECT_EQ(fabric->chips, chips);
      EXPECT_LE(fabric->island, chips);
      EXPECT_EQ(fabric->chip_bytes_per_s > 0, fabric->island > 1) << chip.entry.id;
      EXPECT_EQ(fabric->rail_bytes_per_s > 0, fabric->island < chips) << chip.entry.id;
    }
  }
}

TEST(Fabric, SpreadsOverIslandsAndRails) {
  const Fabric h200 = FabricOf("h200", 64).fabric;
  EXPECT_EQ(h200.island, 8);
  EXPECT_EQ(h200.Islands(64), 8);
  EXPECT_EQ(h200.Islands(9), 2);
  EXPECT_DOUBLE_EQ(h200.rail_bytes_per_s, 50e9);
  EXPECT_TRUE(h200.reduces);
  EXPECT_EQ(FabricOf("gb200", 64).fabric.island, 64);
  EXPECT_EQ(FabricOf("gb200", 64).fabric.rail_bytes_per_s, 0);
  EXPECT_EQ(FabricOf("gb200", 144).fabric.island, 72);
}

TEST(Fabric, SharesAMeshOutAmongAllItsPairs) {
  const Fabric mesh = FabricOf("mi355x", 8).fabric;
  EXPECT_DOUBLE_EQ(mesh.link_bytes_per_s, 76.8e9);
  EXPECT_NEAR(mesh.link_bytes_per_s * 7, mesh.chip_bytes_per_s, 1e9);
  // Four of them do not get the links to the other four.
  EXPECT_DOUBLE_EQ(FabricOf("mi355x", 4).fabric.link_bytes_per_s, 76.8e9);
}

struct Box {
  const char* chip;
  int chips;
  Lengths length;  // Sorted.
  bool rings;      // On every axis longer than one.
};

TEST(Fabric, ChoosesTheBestSliceOfATorus) {
  const Box boxes[] = {
      {"tpu-v7", 64, {4, 4, 4}, true},      {"tpu-v7", 256, {4, 8, 8}, true},
      {"tpu-v7", 4096, {16, 16, 16}, true}, {"tpu-v7", 9216, {16, 24, 24}, true},
      {"tpu-v7", 8, {2, 2, 2}, false},      {"tpu-v5p", 8960, {16, 20, 28}, true},
      {"tpu-v5e", 256, {1, 16, 16}, true},  {"tpu-v5e", 64, {1, 8, 8}, false},
      {"tpu-v6e", 4, {1, 2, 2}, false},     {"trainium2", 16, {1, 4, 4}, true},
  };
  for (const Box& box : boxes) {
    SCOPED_TRACE(std::string(box.chip) + " " + std::to_string(box.chips));
    const Slice slice = FabricOf(box.chip, box.chips).fabric.slice;
    Lengths length = slice.length;
    std::sort(length.begin(), length.end());
    EXPECT_EQ(length, box.length);
    for (std::size_t i = 0; i < kTorusAxes; ++i) {
      EXPECT_EQ(slice.ring[i], box.rings && slice.length[i] > 1);
    }
  }
}

/// Against the slow definition: no box of any shape is better than the one that was chosen.
TEST(Fabric, FindsNoBetterSubSlice) {
  const Fabric fabric = FabricOf("tpu-v4", 512).fabric;
  for (int ranks = 1; ranks <= 512; ++ranks) {
    const Slice best = SliceOf(fabric, ranks);
    ASSERT_EQ(best, BestSlice(fabric, ranks));
    ASSERT_GE(best.chips(), ranks);
    for (int a = 1; a <= 8; ++a) {
      for (int b = 1; b <= 8; ++b) {
        for (int c = 1; c <= 8; ++c) {
          if (a * b * c < ranks) continue;
          Slice other{{a, b, c}, {a == 8, b == 8, c == 8}};
          ASSERT_LE(best.chips(), other.chips());
          if (best.chips() == other.chips()) {
            ASSERT_LE(best.longest(), other.longest());
          }
        }
      }
    }
  }
}

TEST(Fabric, SaysWhatIsMissing) {
  struct Case {
    void (*spoil)(catalog::Fabric&);
    const char* want;
  };
  const Case cases[] = {
      {[](catalog::Fabric& f) { f.chip_gb_s.reset(); }, "chip_gb_s: is missing"},
      {[](catalog::Fabric& f) { f.chips.reset(); }, "chips: is missing"},
      {[](catalog::Fabric& f) { f.topology = catalog::Topology::kRails; }, "not chips"},
      {[](catalog::Fabric& f) { f.topology = catalog::Topology::kTorus; }, "shape_chips"},
  };
  const catalog::Fabric& sound = **FindFabric(ShippedFabrics(), "nvlink4-8");
  for (const Case& c : cases) {
    catalog::Fabric fabric = sound;
    c.spoil(fabric);
    const auto lowered = MakeFabric(fabric, nullptr, 8);
    ASSERT_FALSE(lowered) << c.want;
    EXPECT_NE(lowered.error().message.find(c.want), std::string::npos) << lowered.error().message;
  }
  EXPECT_NE(MakeFabric(sound, nullptr, 16).error().message.find("ask for at most 8"),
            std::string::npos);
  EXPECT_FALSE(MakeFabric(sound, nullptr, 0));
}

TEST(Fabric, TellsWhatItAssumed) {
  EXPECT_EQ(FabricOf("h200", 8).fabric.tier, Tier::kDatasheet);
  EXPECT_EQ(FabricOf("tpu-v7", 64).fabric.tier, Tier::kAssumed);  // The lengths of its axes.
  const CommDefaults h200 = FabricOf("h200", 64).defaults;
  EXPECT_EQ(h200.island_tier[static_cast<std::size_t>(Collective::kGather)], Tier::kMeasured);
  EXPECT_EQ(h200.rails_tier[static_cast<std::size_t>(Collective::kGather)], Tier::kAssumed);
  EXPECT_EQ(h200.copies, Copies::kPerExpert);
  const CommDefaults tpu = FabricOf("tpu-v7", 64).defaults;
  EXPECT_EQ(tpu.island_tier[static_cast<std::size_t>(Collective::kDispatch)], Tier::kAssumed);
}

}  // namespace
}  // namespace roofscape::perf
