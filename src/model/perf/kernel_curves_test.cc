#include "model/perf/kernel_curves.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>
#include <span>
#include <utility>

#include <gtest/gtest.h>

#include "base/core/rng.h"

namespace roofscape::perf {
namespace {

constexpr Roofs kRoofs = {0x1p50, 0x1p51, 0, 0x1p51, 0x1p42, 0x1p39};  // Exact as floats.

KernelCurve MakeCurve(std::uint64_t seed, std::size_t dims, KernelKey key = {}) {
  Rng rng(seed);
  KernelCurve::Parts parts;
  parts.key = key;
  parts.roofs = kRoofs;
  parts.floor_s = 3e-6f;
  parts.low = -4;
  parts.step = 4.0f / 255;
  parts.rows = 7;
  std::size_t nodes = 1;
  for (std::size_t a = 0; a < dims; ++a) {
    CurveAxis axis;
    axis.size = 1 + static_cast<int>(rng.Below(6));
    float knot = static_cast<float>(rng.Uniform()) - 1;
    for (int i = 0; i < axis.size; ++i) {
      axis.knots[static_cast<std::size_t>(i)] = knot;
      knot += 0.1f + static_cast<float>(rng.Uniform());
    }
    nodes *= static_cast<std::size_t>(axis.size);
    parts.axes.push_back(axis);
  }
  for (std::size_t i = 0; i < nodes; ++i) {
    parts.values.push_back(static_cast<std::uint8_t>(rng.Below(256)));
  }
  return KernelCurve(std::move(parts));
}

/// log2 of the efficiency, by the definition: one axis after the other, from the first.
double SlowLog(const KernelCurve::Parts& parts, std::span<const float> x, std::size_t axis_at,
               std::size_t node) {
  if (axis_at == parts.axes.size()) return static_cast<double>(parts.values[node]);
  const CurveAxis& axis = parts.axes[axis_at];
  const auto size = static_cast<std::size_t>(axis.size);
  const auto at = [&](std::size_t i) { return SlowLog(parts, x, axis_at + 1, node * size + i); };
  if (x[axis_at] <= axis.knots[0]) return at(0);
  if (x[axis_at] >= axis.knots[size - 1]) return at(size - 1);
  std::size_t i = 0;
  while (axis.knots[i + 1] < x[axis_at]) ++i;
  const double share = static_cast<double>(x[axis_at] - axis.knots[i]) /
                       static_cast<double>(axis.knots[i + 1] - axis.knots[i]);
  return at(i) + share * (at(i + 1) - at(i));
}

TEST(KernelCurve, InterpolatesAsDefined) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE(seed);
    const std::size_t dims = 1 + seed % kMaxAxes;
    const KernelCurve curve = MakeCurve(seed, dims);
    Rng rng(seed);
    for (int i = 0; i < 50; ++i) {
      KernelPoint point;
      point.roof_s = 1e-5;
      for (float& x : point.x) x = static_cast<float>(rng.Uniform() * 8 - 2);
      const double slow = SlowLog(curve.parts(), point.x, 0, 0);
      const double efficiency = std::exp2(-4 + 4.0 / 255 * slow);
      EXPECT_NEAR(curve.Efficiency(point.x) / efficiency, 1, 1e-4);
      EXPECT_NEAR(curve.Seconds(point) * efficiency, 1e-5 + 3e-6, 1e-8);
    }
  }
}

TEST(KernelCurve, WhatIsNoNumberStaysInsideTheTables) {
  const KernelCurve curve = MakeCurve(5, 4);
  const float nothing = std::numeric_limits<float>::quiet_NaN();
  const float endless = std::numeric_limits<float>::infinity();
  curve.Efficiency({nothing, nothing, nothing, nothing});  // Under ASan: no read outside.
  EXPECT_GT(curve.Efficiency({endless, -endless, endless, -endless}), 0);
}

TEST(KernelCurve, IsContinuousAcrossKnotsAndHoldsItsBoundary) {
  const KernelCurve curve = MakeCurve(3, 3);
  for (std::size_t a = 0; a < 3; ++a) {
    const CurveAxis& axis = curve.parts().axes[a];
    for (int i = 0; i < axis.size; ++i) {
      std::array<float, kMaxAxes> x = {0.3f, 0.4f, 0.5f, 0};
      x[a] = axis.knots[static_cast<std::size_t>(i)] - 1e-4f;
      const double before = curve.Efficiency(x);
      x[a] += 2e-4f;
      EXPECT_NEAR(curve.Efficiency(x) / before, 1, 0.02);
    }
  }
  KernelPoint far;
  far.x = {100, 100, 100, 0};
  KernelPoint edge;
  for (std::size_t a = 0; a < 3; ++a) {
    const CurveAxis& axis = curve.parts().axes[a];
    edge.x[a] = axis.knots[static_cast<std::size_t>(axis.size) - 1];
  }
  EXPECT_DOUBLE_EQ(curve.Efficiency(far.x), curve.Efficiency(edge.x));
  EXPECT_EQ(curve.OctavesOutside(edge), 0);
  EXPECT_GT(curve.OctavesOutside(far), 250);
}

std::vector<KernelCurves::Chip> TwoChips() {
  std::vector<KernelCurves::Chip> chips = {{"a-chip", kRoofs, {}}, {"b-chip", kRoofs, {}}};
  const auto attention = [](int head_dim, bool windowed) {
    return KernelKey{KernelOp::kDecodeAttention, KernelEngine::kVllm, KernelPrecision::kBf16,
                     AttentionVariant(head_dim, windowed)};
  };
  chips[0].curves.push_back(MakeCurve(1, 3, {}));
  chips[0].curves.push_back(MakeCurve(2, 3, attention(64, false)));
  chips[0].curves.push_back(MakeCurve(3, 4, attention(64, true)));
  chips[0].curves.push_back(MakeCurve(4, 3, attention(128, false)));
  chips[1].curves.push_back(
      MakeCurve(5, 2, {KernelOp::kNcclAllReduce, KernelEngine::kNccl, KernelPrecision::kBf16, 0}));
  return chips;
}

TEST(KernelCurves, ReadsWhatItWrote) {
  const auto chips = TwoChips();
  const auto bytes = Serialize(chips);
  const auto read = KernelCurves::Parse(bytes);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(Serialize(read->chips()), bytes);
  ASSERT_EQ(read->chips().size(), 2u);
  EXPECT_EQ(read->chips()[0].roofs, kRoofs);
  const KernelCurve* const gemm = read->Find("a-chip", {});
  ASSERT_NE(gemm, nullptr);
  KernelPoint point;
  point.x = {0.3f, 0.9f, 1.1f, 0};
  EXPECT_DOUBLE_EQ(gemm->Seconds(point), chips[0].curves[0].Seconds(point));
}

TEST(KernelCurves, FindsByKeyAndTheNearestHead) {
  const auto read = KernelCurves::Parse(Serialize(TwoChips()));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->Find("no-chip", {}), nullptr);
  EXPECT_EQ(read->Find("b-chip", {}), nullptr);
  KernelKey key = {KernelOp::kDecodeAttention, KernelEngine::kVllm, KernelPrecision::kBf16, 0};
  EXPECT_EQ(read->Find("a-chip", key), nullptr);
  const auto nearest = [&](double head_dim, bool windowed) {
    const KernelCurve* const curve = read->FindAttention("a-chip", key, head_dim, windowed);
    return curve == nullptr ? 0 : static_cast<int>(curve->key().variant);
  };
  EXPECT_EQ(nearest(128, false), 256);
  EXPECT_EQ(nearest(112, false), 256);
  EXPECT_EQ(nearest(72, false), 128);
  EXPECT_EQ(nearest(512, true), 129) << "the only one with a window";
  key.precision = KernelPrecision::kFp8;
  EXPECT_EQ(nearest(128, false), 0);
}

TEST(KernelCurves, RefusesEveryBeginningOfAFile) {
  const auto bytes = Serialize(TwoChips());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const auto read = KernelCurves::Parse(std::span(bytes).first(size));
    ASSERT_FALSE(read) << size;
    EXPECT_NE(read.error().message.find("tools/kernel-curves"), std::string::npos);
  }
  auto longer = bytes;
  longer.push_back(0);
  EXPECT_FALSE(KernelCurves::Parse(longer));
}

TEST(KernelCurves, AChangedByteIsRefusedOrGivesFiniteTimes) {
  const auto bytes = Serialize(TwoChips());
  Rng rng(1);
  for (int i = 0; i < 20'000; ++i) {
    auto changed = bytes;
    changed[rng.Below(bytes.size())] = static_cast<std::uint8_t>(rng.Below(256));
    const auto read = KernelCurves::Parse(changed);
    if (!read) continue;
    for (const KernelCurves::Chip& chip : read->chips()) {
      for (const KernelCurve& curve : chip.curves) {
        const double time = curve.Seconds(KernelPoint{1e-3, {1, 1, 1, 1}});
        ASSERT_TRUE(std::isfinite(time) && time > 0) << i;
      }
    }
  }
}

class Embedded : public testing::Test {
 protected:
  static const KernelCurves& Curves() {
    static const Result<KernelCurves> kCurves = KernelCurves::Parse(EmbeddedKernelCurves());
    return *kCurves;
  }
};

TEST_F(Embedded, NamesChipsOfTheCatalogAndStaysSmall) {
  EXPECT_LE(EmbeddedKernelCurves().size(), 3'000'000u);
  EXPECT_EQ(Curves().chips().size(), 7u);
  for (const KernelCurves::Chip& chip : Curves().chips()) {
    EXPECT_TRUE(std::filesystem::exists("catalog/chips/" + chip.id + ".toml")) << chip.id;
  }
}

TEST_F(Embedded, ErrsLittle) {
  double rows = 0;
  double misses = 0;
  for (const KernelCurves::Chip& chip : Curves().chips()) {
    for (const KernelCurve& curve : chip.curves) {
      EXPECT_LT(curve.error().fit_median, 0.16f)
          << chip.id << " " << Name(curve.key().op) << " " << Name(curve.key().engine) << " "
          << Name(curve.key().precision) << " " << curve.key().variant;
      rows += curve.parts().rows;
      misses += curve.parts().rows * static_cast<double>(curve.error().fit_median);
    }
  }
  EXPECT_GT(rows, 7e6);
  EXPECT_LT(misses / rows, 0.05);
}

/// FLOP/s of the best product.
double BestGemm(const KernelCurve& curve) {
  double best = 0;
  for (double m = 1024; m <= 32768; m *= 2) {
    for (double n = 2048; n <= 65536; n *= 2) {
      for (double k = 2048; k <= 65536; k *= 2) {
        best = std::max(best, 2 * m * n * k / curve.Seconds(GemmShape{m, n, k}));
      }
    }
  }
  return best;
}

// What catalog/chips names as reached, best of all engines and shapes ([reached] *_gemm_tflops).
TEST_F(Embedded, ReachesWhatTheCatalogSaysIsReached) {
  struct Case {
    const char* chip;
    KernelPrecision precision;
    double tflops;
  };
  for (const Case& c : {Case{"h200-sxm", KernelPrecision::kBf16, 821},
                        {"b200-sxm", KernelPrecision::kBf16, 1880},
                        {"b200-sxm", KernelPrecision::kNvfp4, 4767},
                        {"gb200-nvl72", KernelPrecision::kBf16, 2216}}) {
    double best = 0;
    for (int e = 0; e < 3; ++e) {
      const KernelCurve* const curve =
          Curves().Find(c.chip, {KernelOp::kGemm, static_cast<KernelEngine>(e), c.precision, 0});
      ASSERT_NE(curve, nullptr);
      best = std::max(best, BestGemm(*curve));
    }
    EXPECT_NEAR(best / 1e12 / c.tflops, 1, 0.12) << c.chip << " " << Name(c.precision);
  }
}

TEST_F(Embedded, BiggerCallsTakeLonger) {
  const KernelCurve* const gemm =
      Curves().Find("h200-sxm", {KernelOp::kGemm, KernelEngine::kVllm, KernelPrecision::kBf16, 0});
  ASSERT_NE(gemm, nullptr);
  double last = 0;
  for (double m = 64; m <= 32768; m *= 4) {
    const double time = gemm->Seconds(GemmShape{m, 8192, 8192});
    EXPECT_GT(time, last) << m;
    last = time;
  }
  const KernelCurve* const decode = Curves().FindAttention(
      "h200-sxm", {KernelOp::kDecodeAttention, KernelEngine::kVllm, KernelPrecision::kBf16, 0}, 128,
      false);
  ASSERT_NE(decode, nullptr);
  last = 0;
  for (double batch = 4; batch <= 256; batch *= 4) {
    const DecodeShape shape = {batch, 8192, 32, 8, 128, 0};
    const double time = decode->Seconds(shape);
    EXPECT_GT(time, last) << batch;
    last = time;
  }
}

}  // namespace
}  // namespace roofscape::perf
