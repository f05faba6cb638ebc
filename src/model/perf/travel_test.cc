#include "model/perf/travel.h"

#include <gtest/gtest.h>

#include "model/perf/forward.h"
#include "model/perf/test_fabrics.h"
#include "model/perf/testing/test_machines.h"

namespace roofscape::perf {
namespace {

using catalog::Topology;

Machine MachineOn(std::shared_ptr<const Links> links, double domain) {
  Machine m = TestMachine();
  m.domain_chips = domain;
  m.links = std::move(links);
  return m;
}

Lowered Worker(double chips, double dp) {
  return ServiceOf(RoutedModel(), {.chips = chips, .dp = dp, .ep = dp}).serve.worker;
}

TEST(Travel, OnATorusIsWhatItsCollectivesSay) {
  const auto links = TestLinks(Topology::kTorus, 400e9);
  const Machine m = MachineOn(links, 16.0);
  const auto c = PriorCoefficients();
  const Lowered w = Worker(16.0, 16.0);
  const TokenTraffic out{32.0, w.hidden, 1.0, 8, Copies::kPerRank};
  const TokenTraffic back{32.0, w.hidden, 2.0, 8, Copies::kPerRank};
  const double once = DispatchSeconds(links->fabric, links->params, out, 16) +
                      CombineSeconds(links->fabric, links->params, back, 16);
  EXPECT_NEAR(TravelSeconds(m, c, w, 32.0) / (once * w.routed_layers), 1.0, 1e-12);
  const Lowered cut = Worker(4.0, 1.0);
  const double sum = AllReduceSeconds(links->fabric, links->params, 32.0 * cut.hidden * 2.0, 4);
  EXPECT_NEAR(SumSeconds(m, c, cut, 32.0) / (sum * 2.0 * cut.reduced_layers), 1.0, 1e-12);
  // The pass has them, and no curve that was measured behind a switch.
  StepLoad<double> load;
  load.decode = 32.0;
  load.context = 100.0;
  EXPECT_DOUBLE_EQ(ForwardSeconds(m, w, c, load, false)[kTravelPart], TravelSeconds(m, c, w, 32.0));
}

TEST(Travel, ANormOverAllHeadsAddsASumALayerWhereHeadsAreShared) {
  catalog::Model model = RoutedModel();
  const auto sums = [&](double chips) {
    const Lowered w = ServiceOf(model, {.chips = chips}).serve.worker;
    return SumSeconds(MachineOn(nullptr, 8.0), PriorCoefficients(), w, 1.0);
  };
  const double without = sums(4.0);
  for (catalog::MixerLayers& m : model.mixers) m.qk_norm_whole = true;
  // Of one token a sum is little but its start, and there are three where there were two.
  EXPECT_NEAR(sums(4.0) / without, 1.5, 0.01);
  EXPECT_EQ(sums(1.0), 0.0);
}

TEST(Travel, CostsMoreOnATorusAndAMeshThanBehindASwitchWhereBytesDecide) {
  const auto c = PriorCoefficients();
  // All to all: the torus has its cut.
  const Lowered spread = Worker(16.0, 16.0);
  const Machine torus = MachineOn(TestLinks(Topology::kTorus, 400e9), 16.0);
  const Machine single = MachineOn(nullptr, 16.0);
  EXPECT_GT(TravelSeconds(torus, c, spread, 4096.0),
            1.1 * TravelSeconds(single, c, spread, 4096.0));
  // Two of a mesh of eight have one link of seven.
  const Lowered pair = Worker(2.0, 1.0);
  const Machine mesh = MachineOn(TestLinks(Topology::kMesh, 400e9), 8.0);
  EXPECT_GT(SumSeconds(mesh, c, pair, 4096.0),
            3.0 * SumSeconds(MachineOn(nullptr, 8.0), c, pair, 4096.0));
}

TEST(Travel, AsManyChipsAsNoLinksJoinAreCountedAsBehindASwitch) {
  const auto c = PriorCoefficients();
  const Lowered w = Worker(16.0, 16.0);
  const Machine mesh = MachineOn(TestLinks(Topology::kMesh, 400e9), 8.0);
  EXPECT_DOUBLE_EQ(TravelSeconds(mesh, c, w, 64.0),
                   TravelSeconds(MachineOn(nullptr, 8.0), c, w, 64.0));
}

// The closed form of a large torus: 128 tokens a chip of a model 7,168 wide, 8 experts of a token,
// over 64 chips of 4 x 4 x 4: 49 us out in eight bits and 92 back in sixteen.
TEST(Travel, OfATpuIsTheClosedFormsOfItsTorus) {
  const auto& catalog = ShippedFabrics();
  const auto chip = catalog::FindChip(catalog, "tpu-v7");
  ASSERT_TRUE(chip);
  const auto m = MakeMachine(catalog, **chip);
  ASSERT_TRUE(m);
  ASSERT_TRUE(m->links);
  catalog::Model model = RoutedModel();
  model.hidden = 7168;
  model.ffns[0].layers = 1;
  const auto w = Lower(model, {.chips = 64, .dp = 64, .ep = 64}, {});
  ASSERT_TRUE(w);
  EXPECT_NEAR(TravelSeconds(*m, PriorCoefficients(), *w, 128.0), 141e-6, 141e-6 * 0.1);
}

TEST(Travel, SwitchesHaveNoLinksOfTheirOwn) {
  const auto& catalog = ShippedFabrics();
  for (const char* name : {"h100-sxm", "h200-sxm", "b200-sxm", "gb200-nvl72", "a100-sxm-80gb"}) {
    const auto m = MakeMachine(catalog, **catalog::FindChip(catalog, name));
    ASSERT_TRUE(m) << name;
    EXPECT_FALSE(m->links) << name;
  }
  for (const char* name : {"tpu-v5e", "tpu-v7", "mi300x", "mi355x", "trainium2"}) {
    const auto m = MakeMachine(catalog, **catalog::FindChip(catalog, name));
    ASSERT_TRUE(m) << name;
    EXPECT_TRUE(m->links) << name;
  }
}

TEST(Travel, FewGroupsMeanFewCopies) {
  const auto c = PriorCoefficients();
  for (const bool torus : {false, true}) {
    const Machine m =
        MachineOn(torus ? TestLinks(Topology::kTorus, 400e9) : nullptr, torus ? 16.0 : 4.0);
    Lowered w = Worker(16.0, 16.0);
    const double all = TravelSeconds(m, c, w, 4096.0);
    w.travel.groups = 8.0;
    w.travel.most_groups = 2.0;
    EXPECT_LT(TravelSeconds(m, c, w, 4096.0), all) << torus;
    // Every group allowed is no limit but for how the copies are counted.
    w.travel.most_groups = 8.0;
    EXPECT_NEAR(TravelSeconds(m, c, w, 4096.0) / all, 1.0, 0.05) << torus;
  }
}

// The note's 471 us for eight H200 a domain and 64 chips, dispatch and combine of a layer; one
// domain that holds all of them costs a seventh.
TEST(Travel, OverRailsOnlyWhatLeavesADomainTakesThem) {
  const auto& catalog = ShippedFabrics();
  const auto m = MakeMachine(catalog, **catalog::FindChip(catalog, "h200-sxm"));
  ASSERT_TRUE(m);
  catalog::Model model = RoutedModel();
  model.hidden = 7168;
  model.ffns[0].layers = 1;
  model.ffns[0].experts = 256;
  const auto w = Lower(model, {.chips = 64, .dp = 64, .ep = 64}, {});
  ASSERT_TRUE(w);
  EXPECT_NEAR(TravelSeconds(*m, PriorCoefficients(), *w, 128.0), 471e-6, 471e-6 * 0.15);
  Machine one = *m;
  one.domain_chips = 64.0;
  EXPECT_LT(TravelSeconds(one, PriorCoefficients(), *w, 128.0), 471e-6 / 4.0);
}

TEST(Travel, SumsOverRailsGoOnBothTiersAtOnce) {
  const auto c = PriorCoefficients();
  Machine m = MachineOn(nullptr, 4.0);
  m.rail_bandwidth = 50e9;
  // Each chip of four trades a quarter with its peers: 2 x 3 / 4 of it over its rail.
  const double bytes = 1e9;
  const double across = bytes * 2.0 * 3.0 / 16.0 / 50e9 / kRailsReach;
  EXPECT_NEAR(OneSumSeconds(m, c, 16.0, bytes), across + 2.0 * c[kSumStart], 1e-12);
  // Inside, where that takes longer.
  m.rail_bandwidth = 1e15;
  EXPECT_NEAR(OneSumSeconds(m, c, 16.0, bytes), OneSumSeconds(m, c, 4.0, bytes) + c[kSumStart],
              1e-9);
}

TEST(Travel, OverRailsATokenGoesOnceToAnIslandOfGroups) {
  const auto c = PriorCoefficients();
  Machine m = MachineOn(nullptr, 4.0);
  m.rail_bandwidth = 50e9;
  Lowered w = Worker(16.0, 16.0);
  const double all = TravelSeconds(m, c, w, 4096.0);
  w.travel.groups = 4.0;
  w.travel.most_groups = 2.0;
  EXPECT_LT(TravelSeconds(m, c, w, 4096.0), 0.5 * all);
}

TEST(Travel, HidesBehindTheOtherHalfOfABatch) {
  const auto c = PriorCoefficients();
  Machine m = MachineOn(nullptr, 4.0);
  m.rail_bandwidth = 50e9;
  StepLoad<double> load;
  load.decode = 512.0;
  load.context = 1024.0;
  Lowered w = Worker(16.0, 16.0);
  const auto one = ForwardSeconds(m, w, c, load, false);
  w.travel.two_batches = true;
  const auto two = ForwardSeconds(m, w, c, load, false);
  // What computes is not less, what travels is; never below the longer of the two.
  EXPECT_GE(Total(two) - two[kTravelPart], Total(one) - one[kTravelPart]);
  EXPECT_LT(two[kTravelPart], one[kTravelPart]);
  StepLoad<double> half = load;
  half.decode *= 0.5;
  const auto part = OneBatchSeconds(m, w, c, half, false);
  EXPECT_GE(Total(two) * (1.0 + 1e-12), 2.0 * part[kTravelPart]);
  // A link so slow that nothing else counts gains nothing but loses nothing of note.
  load.decode = 2.0;
  m.rail_bandwidth = 1e6;
  const auto slow = ForwardSeconds(m, w, c, load, false);
  w.travel.two_batches = false;
  EXPECT_NEAR(Total(slow) / Total(ForwardSeconds(m, w, c, load, false)), 1.0, 0.2);
}

}  // namespace
}  // namespace roofscape::perf
