#include "model/codesign/portability.h"

#include <gtest/gtest.h>

#include <limits>

#include "base/core/rng.h"
#include "model/codesign/test_spaces.h"
#include "model/perf/testing/test_machines.h"

namespace roofscape::codesign {
namespace {

constexpr double kNoLimit = std::numeric_limits<double>::infinity();

std::optional<Served> Of(double value) {
  Served s;
  s.value = value;
  return s;
}

TEST(Losses, AreNoneAtHomeAndNeverBelow) {
  constexpr std::uint64_t kSeed = 7;
  SCOPED_TRACE(kSeed);
  Rng rng(kSeed);
  std::vector<std::vector<ServedAt>> values(5);
  for (auto& model : values) {
    for (int x = 0; x < 4; ++x) model.push_back({Of(0.1 + rng.Uniform())});
  }
  const Losses l = LossesOf(values, 0);
  for (std::size_t x = 0; x < 4; ++x) {
    EXPECT_EQ(l.loss[x * 4 + x], 0.0);
    for (std::size_t y = 0; y < 4; ++y) {
      ASSERT_TRUE(l.loss[x * 4 + y]);
      EXPECT_GE(*l.loss[x * 4 + y], 0.0);
      EXPECT_LT(*l.loss[x * 4 + y], 1.0);
    }
  }
}

TEST(Losses, OfWhatDoesNotRunAreAllOrUnknown) {
  // Model 0 runs on machine 0 alone; nothing reaches the speed on machine 2.
  const std::vector<std::vector<ServedAt>> values = {{{Of(2.0)}, {std::nullopt}, {std::nullopt}},
                                                     {{Of(1.0)}, {Of(3.0)}, {std::nullopt}}};
  const Losses l = LossesOf(values, 0);
  EXPECT_EQ(l.best[0], 0U);
  EXPECT_EQ(l.best[1], 1U);
  EXPECT_FALSE(l.best[2]);
  EXPECT_EQ(l.loss[0 * 3 + 1], 1.0);
  EXPECT_EQ(l.loss[1 * 3 + 0], 0.5);
  EXPECT_FALSE(l.loss[0 * 3 + 2]);
  EXPECT_FALSE(l.loss[2 * 3 + 0]);
}

catalog::Model Released() {
  catalog::Model model = perf::RoutedModel();
  model.precision = "bf16";
  return model;
}

std::vector<Target> Targets(double link) {
  std::vector<Target> all(2);
  for (Target& t : all) {
    t.chip = TestWish().chips[0];
    t.chip.most = 16;
    t.engine = TestWish().engines[0];
    t.precision = "fp8";
    t.chip.machine.link_bandwidth = link;
    t.chip.machine.domain_chips = 16.0;
    t.chip.machine.memory = 16e9;  // The model does not fit on one.
  }
  all[0].name = "switch";
  all[1].name = "torus";
  all[1].chip.machine.links = perf::TestLinks(catalog::Topology::kTorus, link);
  return all;
}

TEST(Portability, ATorusGivesLessWhereExpertsAreSpreadAndKernelsAlikeBothWays) {
  const Wish common = TestWish();
  const auto targets = Targets(40e9);
  const SearchOptions options;
  Portability p(common, targets, {20.0}, kNoLimit, options, nullptr);
  const catalog::Model model = Released();
  const auto on_switch = p.BestOf(model, 0, {}, {});
  const auto on_torus = p.BestOf(model, 1, {}, {});
  ASSERT_TRUE(on_switch && (*on_switch)[0]);
  ASSERT_TRUE(on_torus && (*on_torus)[0]);
  EXPECT_NE((*on_torus)[0]->value, (*on_switch)[0]->value);
  // The layout of the other machine, kept, is never better than the one chosen anew.
  const auto kept = p.KeptOn(model, 1, *(*on_switch)[0]->kept);
  ASSERT_TRUE(kept);
  if ((*kept)[0]) {
    EXPECT_LE((*kept)[0]->value, (*on_torus)[0]->value * (1.0 + 1e-9));
  }
  // Kernels that reach all of their roofline beat those that reach a third, on both.
  for (const std::size_t x : {0U, 1U}) {
    const auto third = p.BestOf(model, x, {}, {0.3});
    const auto all = p.BestOf(model, x, {}, {1.0});
    ASSERT_TRUE(third && all && (*all)[0]);
    if ((*third)[0]) {
      EXPECT_GT((*all)[0]->value, (*third)[0]->value);
    }
  }
}

TEST(Portability, KernelsThatTakeLongerGiveLess) {
  const Wish common = TestWish();
  auto targets = Targets(400e9);
  targets[1] = targets[0];
  targets[1].kernel_time = 1.5;
  const SearchOptions options;
  Portability p(common, targets, {10.0}, kNoLimit, options, nullptr);
  const catalog::Model model = Released();
  const auto quick = p.BestOf(model, 0, {}, {});
  const auto slow = p.BestOf(model, 1, {}, {});
  ASSERT_TRUE(quick && slow && (*quick)[0] && (*slow)[0]);
  EXPECT_LT((*slow)[0]->value, (*quick)[0]->value);
  EXPECT_GT((*slow)[0]->value, (*quick)[0]->value / 1.6);
}

}  // namespace
}  // namespace roofscape::codesign
