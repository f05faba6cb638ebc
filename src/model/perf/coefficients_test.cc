#include "model/perf/coefficients.h"

#include <cmath>
#include <vector>

#include <gtest/gtest.h>

namespace roofscape::perf {
namespace {

std::array<double, kCoefficients> ValuesWithout(const Without& without) {
  // Fitted numbers must not move what is left out.
  return CoefficientsFor(std::vector<double>(kFitted, 0.1),
                         {kVllm, Generation::kHopper, kBurstProtocol, without});
}

TEST(Without, NothingLeavesAllAsFitted) {
  const auto values = ValuesWithout({});
  for (std::size_t c = 0; c < kCoefficients; ++c) {
    EXPECT_NEAR(values[c], CoefficientTable()[c].prior * std::exp(0.4), 1e-9 * values[c])
        << CoefficientTable()[c].name;
  }
}

TEST(Without, ReachedPeaksAreWholeOnes) {
  const auto all = ValuesWithout({});
  const auto values = ValuesWithout({.reach = true});
  for (std::size_t c = 0; c < kCoefficients; ++c) {
    const std::string_view name = CoefficientTable()[c].name;
    const bool share = name.ends_with("_read") || name.starts_with("reach_") ||
                       name.ends_with("_reach") || name == "prefill_attention";
    EXPECT_EQ(values[c], share ? 1.0 : all[c]) << name;
  }
}

TEST(Without, HostCostIsEveryTimeThatNoKernelAndNoLinkTakes) {
  const auto all = ValuesWithout({});
  const auto values = ValuesWithout({.host = true});
  for (std::size_t c = 0; c < kCoefficients; ++c) {
    const std::string_view name = CoefficientTable()[c].name;
    const bool host = name.ends_with("_host_s") || name.ends_with("_floor_s") ||
                      name == "request_s" || name == "prompt_token_s";
    EXPECT_EQ(values[c], host ? 0.0 : all[c]) << name;
  }
}

TEST(Without, ImbalanceIsTheWorstRanksExcessAlone) {
  const auto all = ValuesWithout({});
  const auto values = ValuesWithout({.imbalance = true});
  for (std::size_t c = 0; c < kCoefficients; ++c) {
    EXPECT_EQ(values[c], c == kImbalance ? 0.0 : all[c]) << CoefficientTable()[c].name;
  }
}

}  // namespace
}  // namespace roofscape::perf
