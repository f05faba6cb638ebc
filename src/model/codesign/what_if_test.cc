#include "model/codesign/what_if.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "model/codesign/test_spaces.h"

namespace roofscape::codesign {
namespace {

Scene TestScene() {
  Scene scene;
  scene.wish = TestWish();
  scene.usd_per_hour = 2.0;
  scene.all_in_kw = 1.5;
  scene.spend = Spend::kUsd;
  scene.speed_tps = 20.0;
  scene.ttft_limit_s = std::numeric_limits<double>::infinity();
  return scene;
}

Knobs With(std::initializer_list<std::pair<Knob, double>> values) {
  Knobs knobs = {};
  for (const auto& [knob, value] : values) knobs[static_cast<std::size_t>(knob)] = value;
  return knobs;
}

Outcome Of(const Scene& scene, const Knobs& knobs) {
  const SearchOptions options;
  auto out = WhatIf(scene, options, nullptr).Evaluate(knobs);
  EXPECT_TRUE(out) << out.error().message;
  return out ? *out : Outcome{};
}

TEST(WhatIf, EveryKnobHasItsName) {
  for (std::size_t i = 0; i < kKnobs; ++i) {
    EXPECT_EQ(ParseKnob(Name(static_cast<Knob>(i))), static_cast<Knob>(i));
  }
  EXPECT_FALSE(ParseKnob("chip.colour"));
}

TEST(WhatIf, SettingWhatIsAlreadySoChangesNothing) {
  const Scene scene = TestScene();
  const Outcome now = Of(scene, {});
  ASSERT_GT(now.value, 0.0);
  const perf::Machine& m = scene.wish.chips[0].machine;
  const Outcome same = Of(scene, With({{Knob::kFlopsTimes, 1.0},
                                       {Knob::kBandwidth, m.bandwidth / 1e12},
                                       {Knob::kMemory, m.memory / 1e9},
                                       {Knob::kLinks, m.link_bandwidth / 1e9},
                                       {Knob::kKernelTime, 1.0},
                                       {Knob::kUsdPerHour, 2.0},
                                       {Knob::kAddedPjPerBit, 0.0}}));
  EXPECT_NEAR(same.value / now.value, 1.0, 1e-9);
}

TEST(WhatIf, PriceAndPowerCountAsTheyShould) {
  Scene scene = TestScene();
  const Outcome now = Of(scene, {});
  EXPECT_NEAR(Of(scene, With({{Knob::kUsdPerHour, 1.0}})).value / now.value, 2.0, 1e-9);
  // 400 GB/s at 10 pJ a bit, both ends: 64 W.
  EXPECT_NEAR(*Of(scene, With({{Knob::kAddedPjPerBit, 10.0}})).kw, 1.564, 1e-9);
  scene.spend = Spend::kKwh;
  EXPECT_NEAR(Of(scene, {}).value / (now.tput_per_chip * 3600.0 / 1.5), 1.0, 1e-9);
  const Outcome site = Of(scene, With({{Knob::kSiteMw, 3.0}}));
  EXPECT_NEAR(*site.site_tps / (2000.0 * site.tput_per_chip), 1.0, 1e-9);
}

Knobs InOrbit() {
  return With({{Knob::kLaunchUsdPerKg, 1000.0},
               {Knob::kSolarWm2, 400.0},
               {Knob::kSunlit, 1.0},
               {Knob::kSolarKgM2, 2.0},
               {Knob::kRadiatorWm2, 750.0},
               {Knob::kRadiatorKgM2, 5.0},
               {Knob::kChipKg, 10.0},
               {Knob::kStructureUsdKg, 500.0},
               {Knob::kHardwareShare, 0.8},
               {Knob::kLifeYears, 5.0},
               {Knob::kFailures, 0.05}});
}

TEST(WhatIf, AnOrbitIsItsAreasItsMassAndItsLife) {
  const Scene scene = TestScene();
  const Outcome o = Of(scene, InOrbit());
  EXPECT_NEAR(*o.solar_m2, 3.75, 1e-12);
  EXPECT_NEAR(*o.radiator_m2, 2.0, 1e-12);
  EXPECT_NEAR(*o.mass_kg, 27.5, 1e-12);
  const double hours = 5.0 * 8766.0;
  EXPECT_NEAR(*o.usd_per_hour, 1.6 + (27.5 * 1000.0 + 17.5 * 500.0) / hours, 1e-12);
  EXPECT_NEAR(o.alive, (1.0 - std::exp(-0.25)) / 0.25, 1e-12);
  // A number left out is asked for by its name.
  Knobs lacking = InOrbit();
  lacking[static_cast<std::size_t>(Knob::kChipKg)] = std::nullopt;
  const SearchOptions options;
  const auto refused = WhatIf(scene, options, nullptr).Evaluate(lacking);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("orbit.chip_kg"), std::string::npos);
}

TEST(WhatIf, TheWidestSwingDecides) {
  const Scene scene = TestScene();
  const SearchOptions options;
  const WhatIf what_if(scene, options, nullptr);
  const auto swings = Swings(what_if, {{Knob::kMemory, 100.0, 100.0, 100.0},
                                       {Knob::kUsdPerHour, 2.0, 1.0, 4.0},
                                       {Knob::kBandwidth, 4.0, 3.9, 4.1}});
  ASSERT_TRUE(swings);
  EXPECT_EQ((*swings)[0].parameter, 1U);
  EXPECT_NEAR((*swings)[0].size, std::log(4.0), 1e-9);
  EXPECT_EQ((*swings)[1].parameter, 2U);
  EXPECT_EQ((*swings)[2].size, 0.0);
}

TEST(WhatIf, ALateUserLeavesLessTimeForThePrompt) {
  Scene scene = TestScene();
  scene.ttft_limit_s = 0.5;
  const Outcome near = Of(scene, {});
  const Outcome far = Of(scene, With({{Knob::kLatencyMs, 300.0}}));
  ASSERT_GT(near.value, 0.0);
  EXPECT_LE(far.value, near.value);
  EXPECT_LE(far.ttft_s, 0.5);
  EXPECT_GE(far.ttft_s, 0.3);
}

TEST(WhatIf, APartnerOfWafersDecodes) {
  Scene scene = TestScene();
  WaferSite site;
  site.wafer.memory_bytes = 40e9;
  site.wafer.bytes_per_s = 20e15;
  site.wafer.flops = {10e15, 10e15};
  site.wafer.layer_s = {5e-6, 15e-6};
  site.crossing_s = {1e-6, 4e-6};
  scene.partner = site;
  scene.speed_tps = 1000.0;
  const SearchOptions options;
  EXPECT_FALSE(WhatIf(scene, options, nullptr).Evaluate({})) << "its price is missing";
  const Outcome with = Of(scene, With({{Knob::kPartnerUsd, 50.0}, {Knob::kPartnerLinks, 100.0}}));
  EXPECT_GT(with.value, 0.0);
  EXPECT_LE(with.tpot_s, 1e-3);
  EXPECT_NE(with.plan.find("wafer"), std::string::npos) << with.plan;
  // Nothing is so quick without it.
  scene.partner = std::nullopt;
  EXPECT_EQ(Of(scene, {}).value, 0.0);
  scene.partner = site;
  const Outcome dear = Of(scene, With({{Knob::kPartnerUsd, 500.0}}));
  EXPECT_LT(dear.value, with.value);
}

}  // namespace
}  // namespace roofscape::codesign
