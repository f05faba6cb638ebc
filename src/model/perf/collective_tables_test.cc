// Held against measurements: what the note's tables say of dispatch and combine, and the measured
// collectives that are kept outside of the repository.

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "model/perf/collective.h"
#include "model/perf/test_fabrics.h"

namespace roofscape::perf {
namespace {

/// DeepSeek V3's layer: 8 of 256 experts, 7,168 wide, 128 tokens a chip.
struct Layer {
  double dispatch_us;
  double combine_us;
  double both_us() const { return dispatch_us + combine_us; }
};

Layer LayerOf(std::string_view chip, int ranks, double dispatch_bytes) {
  const auto [fabric, defaults] = FabricOf(chip, ranks);
  TokenTraffic traffic{128, 7168, dispatch_bytes, 8, defaults.copies};
  const double there = DispatchSeconds(fabric, defaults.params, traffic, ranks);
  traffic.bytes_per_element = 2;
  return {there * 1e6, CombineSeconds(fabric, defaults.params, traffic, ranks) * 1e6};
}

constexpr double kNvfp4 = 0.5625;  // Half a byte, and a byte of scale for 16 elements.

/// What was measured, and on the torus computed by hand from the cut; microseconds.
struct LayerCase {
  const char* chip;
  int ranks;
  double dispatch_bytes;
  double dispatch_us, combine_us;
};
const LayerCase kLayers[] = {
    {"h200", 8, 1, 40, 72},      {"h200", 16, 1, 101, 190},     {"h200", 32, 1, 145, 269},
    {"h200", 64, 1, 164, 307},   {"gb200", 64, kNvfp4, 23, 43}, {"tpu-v7", 64, 1, 49, 92},
    {"tpu-v7", 256, 1, 96, 183}, {"tpu-v7", 4096, 1, 197, 369},
};

TEST(DispatchAndCombine, TakeWhatWasMeasured) {
  std::string table = "\nchip     EP    dispatch us (was)   combine us (was)   both, error %\n";
  for (const LayerCase& c : kLayers) {
    const Layer got = LayerOf(c.chip, c.ranks, c.dispatch_bytes);
    const double both = c.dispatch_us + c.combine_us;
    table += fmt::format("{:8} {:4}  {:8.1f} {:8}  {:8.1f} {:8}  {:+10.1f}\n", c.chip, c.ranks,
                         got.dispatch_us, c.dispatch_us, got.combine_us, c.combine_us,
                         100 * (got.both_us() / both - 1));
    EXPECT_NEAR(got.dispatch_us / c.dispatch_us, 1, 0.15) << c.chip << " " << c.ranks;
    EXPECT_NEAR(got.combine_us / c.combine_us, 1, 0.15) << c.chip << " " << c.ranks;
  }
  fmt::print("{}", table);
}

/// Beyond the island the cards of NVLink domains fall behind a torus whose links go on.
TEST(DispatchAndCombine, CrossOverWhereTheIslandEnds) {
  std::string table =
      "\nEP     GB200 NVL72 + 400G   TPU7x torus   H200 NVLink8 + InfiniBand   (us)\n";
  for (int ranks = 8; ranks <= 4096; ranks *= 2) {
    const double rack = LayerOf("gb200", ranks, 1).both_us();
    const double torus = LayerOf("tpu-v7", ranks, 1).both_us();
    const double server = LayerOf("h200", ranks, 1).both_us();
    table += fmt::format("{:4} {:15.0f} {:16.0f} {:18.0f}\n", ranks, rack, torus, server);
    if (ranks == 64) {
      EXPECT_LT(rack * 1.7, torus);
      EXPECT_GT(server, 2.5 * torus);
    }
    if (ranks >= 128) {
      // Ahead up to 512; an axis of 16 then takes the torus down to the rate of a card.
      EXPECT_GT(rack, torus * (ranks <= 512 ? 1 : 0.9)) << ranks;
      EXPECT_GT(server, torus * (ranks <= 512 ? 1 : 0.9)) << ranks;
    }
  }
  fmt::print("{}", table);
}

/// Twice the card, and the rack is ahead at every size: the crossover is one of cards.
TEST(DispatchAndCombine, NeedASlowCardToCrossOver) {
  const catalog::Fabric& rack = **FindFabric(ShippedFabrics(), "nvlink5-72");
  const catalog::Fabric& card = **FindFabric(ShippedFabrics(), "rail-800g");
  const CommDefaults defaults = DefaultParams(rack, &card);
  for (int ranks = 8; ranks <= 4096; ranks *= 2) {
    const auto fabric = MakeFabric(rack, &card, ranks);
    ASSERT_TRUE(fabric);
    TokenTraffic traffic{128, 7168, 1, 8, defaults.copies};
    const double there = DispatchSeconds(*fabric, defaults.params, traffic, ranks);
    traffic.bytes_per_element = 2;
    const double both = there + CombineSeconds(*fabric, defaults.params, traffic, ranks);
    EXPECT_LT(both * 1e6, LayerOf("tpu-v7", ranks, 1).both_us()) << ranks;
    if (ranks == 256 || ranks == 512)
      fmt::print("EP {} at 800 Gbit/s: {:.0f} us\n", ranks, both * 1e6);
  }
}

/// The catalog's name for a system of the measured tables.
std::string_view ChipOf(std::string_view system) {
  if (system == "a100_sxm") return "a100-sxm-80gb";
  return system;
}

double Quantile(std::vector<double> values, double q) {
  std::sort(values.begin(), values.end());
  return values[static_cast<std::size_t>(q * static_cast<double>(values.size() - 1))];
}

/// Seconds of the row's operation at a size; one-shot kernels have a name of their own.
double Predicted(const OnChips& on, std::string_view op, double bytes, int ranks) {
  const CommParams<double>& params = on.defaults.params;
  if (op == "all_gather" || op == "reduce_scatter") {
    return AllGatherSeconds(on.fabric, params, bytes, ranks);
  }
  if (op == "alltoall") return AllToAllSeconds(on.fabric, params, bytes, ranks);
  if (op == "all_reduce_custom") return AllReduceSeconds(on.fabric, params, bytes, ranks);
  // The library has no kernels of one shot. Eight GPUs and more have it added up in the switch.
  const double ring = RingAllReduceSeconds(on.fabric, params, bytes, ranks);
  if (!on.fabric.reduces || ranks < 8) return ring;
  return std::min(ring, InSwitchAllReduceSeconds(on.fabric, params, bytes, ranks));
}

/// Rows of the calibration: time at 64 KB, at 1 MB, and bandwidth of the largest message.
TEST(Collectives, TakeWhatWasMeasured) {
  const auto rows = SharedTable("facts/comm_calibration.csv");
  if (!rows) {
    GTEST_SKIP() << "facts/comm_calibration.csv is not here: measured data are kept outside of the "
                    "repository, in ../shared/data or where ROOFSCAPE_SHARED_DATA says";
  }
  std::map<std::string, std::vector<double>> errors;
  for (std::size_t i = 1; i < rows->size(); ++i) {
    const std::vector<std::string>& row = (*rows)[i];
    const std::string& library = row[1];
    const std::string& op = row[2];
    const bool custom = op == "all_reduce_custom";
    if (custom &&
        library.find(row[0] == "a100_sxm" ? "vLLM_custom_graph" : "TRTLLM") == std::string::npos) {
      continue;  // Of the others the launch differs: docs/internals/collectives.md.
    }
    const auto number = [&](std::size_t column) {
      return std::strtod(row[column].c_str(), nullptr);
    };
    const int ranks = static_cast<int>(number(3));
    const OnChips on = FabricOf(ChipOf(row[0]), ranks);
    const auto note = [&](std::string_view what, double got, double want) {
      errors[fmt::format("{:20} {}", op, what)].push_back(100 * std::abs(got / want - 1));
    };
    note("64 KB", Predicted(on, op, 65536, ranks), number(8) * 1e-6);
    note("1 MB", Predicted(on, op, 1048576, ranks), number(9) * 1e-6);
    const double large = number(6);
    const double others = (ranks - 1.0) / ranks * (op.starts_with("all_reduce") ? 2 : 1);
    note("largest", large * others / Predicted(on, op, large, ranks), number(5) * 1e9);
  }
  std::string table = "\noperation            size      rows  median %  p90 %  max %\n";
  for (const auto& [what, of] : errors) {
    table += fmt::format("{:30} {:4} {:8.1f} {:7.1f} {:6.1f}\n", what, of.size(), Quantile(of, 0.5),
                         Quantile(of, 0.9), Quantile(of, 1));
    EXPECT_LT(Quantile(of, 0.5), 14) << what;
    EXPECT_LT(Quantile(of, 1), 40) << what;
  }
  fmt::print("{}", table);
}

}  // namespace
}  // namespace roofscape::perf
