#include "model/codesign/elasticity.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "model/codesign/test_spaces.h"

namespace roofscape::codesign {
namespace {

ElasticAsk Ask() {
  ElasticAsk ask;
  ask.wish = TestWish();
  ask.wish.chips[0].machine.rail_bandwidth = 50e9;
  ask.speed_tps = 30.0;
  ask.ttft_limit_s = std::numeric_limits<double>::infinity();
  ask.draws = 6;
  ask.seed = 3;
  return ask;
}

const Elasticity& Of(const std::vector<Elasticity>& all, const std::string& input) {
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const Elasticity& e) { return e.input == input; });
  EXPECT_NE(found, all.end()) << input;
  return *found;
}

TEST(Elasticity, OfThePriceIsMinusOneAndOfMoreOfAResourceNotBelow) {
  const auto all = Elasticities(Ask(), {}, nullptr);
  ASSERT_TRUE(all);
  EXPECT_NEAR(*Of(*all, "spent_a_second").value, -1.0, 1e-9);
  for (const char* more : {"compute", "memory_bandwidth", "memory_size", "link_bandwidth",
                           "rail_bandwidth", "domain_chips", "kernel_speed"}) {
    EXPECT_GE(*Of(*all, more).value, -1e-6) << more;
  }
  for (const char* more : {"launch_time", "host_time", "collective_start"}) {
    EXPECT_LE(*Of(*all, more).value, 1e-6) << more;
  }
  // A dense model whose tokens are read from memory: that is what counts.
  EXPECT_GT(*Of(*all, "memory_bandwidth").value, 0.2);
}

TEST(Elasticity, IntervalsHoldTheValueAndRepeat) {
  const auto a = Elasticities(Ask(), {}, nullptr);
  const auto b = Elasticities(Ask(), {}, nullptr);
  ASSERT_TRUE(a && b);
  bool wide = false;
  for (std::size_t i = 0; i < a->size(); ++i) {
    const Elasticity& e = (*a)[i];
    EXPECT_EQ(e.value, (*b)[i].value);
    EXPECT_EQ(e.low80, (*b)[i].low80);
    if (!e.low80) continue;
    EXPECT_LE(*e.low80, *e.value);
    EXPECT_GE(*e.high80, *e.value);
    wide = wide || *e.high80 - *e.low80 > 0.01;
  }
  EXPECT_TRUE(wide);
}

TEST(Elasticity, OfASpeedThatIsNotReachedIsAnError) {
  ElasticAsk ask = Ask();
  ask.speed_tps = 1e5;
  EXPECT_FALSE(Elasticities(ask, {}, nullptr));
}

}  // namespace
}  // namespace roofscape::codesign
