#include "model/calibrate/own_chip.h"

#include <cmath>

#include <gtest/gtest.h>

#include "model/perf/testing/test_machines.h"

namespace roofscape::calibrate {
namespace {

catalog::Catalog Measured() {
  catalog::Chip chip;
  chip.entry.id = "cpu";
  chip.memory = {"DRAM", std::nullopt, 64, 0.02};
  chip.dense.bf16_tflops = 0.1;
  chip.reads = {{1, 100, 10}};
  for (const std::int64_t m : {1, 2, 8, 64, 512}) {
    const double us = m == 1 ? 10 : std::max(30.0, 5.0 * static_cast<double>(m));
    chip.products.push_back(
        {"q4_0", "ggml AMX", 1, m, 1000, 1000, 30, 2e3 * static_cast<double>(m) / us});
  }
  for (const std::int64_t keys : {1, 1000})
    chip.attentions.push_back({"ggml", 1, 1, keys, 1, 1, 1, 20});
  chip.attentions.push_back({"ggml", 1, 100, 100, 1, 1, 1, 40});
  catalog::Catalog catalog;
  catalog.chips = {chip};
  catalog::Model model = perf::DenseModel();
  model.entry.id = "dense";
  model.precision = "q4_0";
  catalog.models = {model};
  return catalog;
}

Result<Case> CaseAt(const catalog::Catalog& catalog, double concurrency) {
  ServingRow row;
  row.chip = "cpu";
  row.model = "dense";
  row.engine = "llama.cpp";
  row.input = 64;
  row.output = 64;
  row.concurrency = concurrency;
  row.slots = 16;
  return MakeCase(catalog, row);
}

/// The same with other truths behind it: what an engine on that chip might really show.
Case Truth(Case c, double kernels, double host, double requests) {
  for (const auto i : {perf::kCurveProducts, perf::kCurveDecode, perf::kCurvePrefill}) {
    (*c.own)[i] *= kernels;
  }
  for (const auto i : {perf::kStepHost, perf::kSequenceHost}) (*c.own)[i] *= host;
  (*c.own)[perf::kRequest] *= requests;
  return c;
}

MeasuredPoint PointOf(const Case& c) {
  const auto p = perf::MeanField(c.service, *c.own, c.load);
  return {c.load.concurrency, p.ttft, p.tpot};
}

double Off(const Figure& f, double truth) { return std::abs(std::log(f.value / truth)); }
double Width(const Figure& f) { return std::log(f.high80 / f.low80); }

TEST(OwnChip, WithoutAPointIsWhatTheProbeSays) {
  const catalog::Catalog catalog = Measured();
  const auto c = CaseAt(catalog, 4);
  ASSERT_TRUE(c) << c.error().message;
  ASSERT_TRUE(c->own);
  const Prediction p = OwnChip().Predict(*c);
  EXPECT_EQ(p.domain, Domain::kProbed);
  EXPECT_NEAR(p.tpot_s.value, PointOf(*c).tpot_s, 1e-12);
  EXPECT_LT(p.tpot_s.low80, p.tpot_s.value);
  EXPECT_GT(p.tput_per_chip.high80, p.tput_per_chip.value);
}

TEST(OwnChip, OnePointMakesOthersBetterAndTheirIntervalsNarrower) {
  const catalog::Catalog catalog = Measured();
  const struct {
    double kernels, host, requests;
  } truths[] = {{1.3, 1.0, 3.0}, {0.8, 2.0, 0.5}, {1.0, 5.0, 1.0}, {1.5, 0.4, 1.0}};
  for (const auto& t : truths) {
    OwnChip learned;
    learned.Learn(*CaseAt(catalog, 1),
                  PointOf(Truth(*CaseAt(catalog, 1), t.kernels, t.host, t.requests)));
    EXPECT_TRUE(learned.learned());
    const Prediction at = learned.Predict(*CaseAt(catalog, 1));
    const MeasuredPoint one = PointOf(Truth(*CaseAt(catalog, 1), t.kernels, t.host, t.requests));
    EXPECT_LT(Off(at.tpot_s, one.tpot_s), 0.03);
    EXPECT_LT(Off(at.ttft_s, one.ttft_s), 0.06);
    for (const double users : {4.0, 16.0}) {
      const Case c = *CaseAt(catalog, users);
      const MeasuredPoint truth = PointOf(Truth(c, t.kernels, t.host, t.requests));
      const Prediction before = OwnChip().Predict(c);
      const Prediction after = learned.Predict(c);
      EXPECT_LT(Off(after.tpot_s, truth.tpot_s), Off(before.tpot_s, truth.tpot_s) + 0.01) << users;
      EXPECT_LT(Off(after.tpot_s, truth.tpot_s), 0.15) << users;
      EXPECT_LT(Width(after.tpot_s), Width(before.tpot_s));
      EXPECT_LT(Width(after.tput_per_chip), Width(before.tput_per_chip));
      EXPECT_EQ(after.domain, Domain::kAnchored);
    }
  }
}

TEST(OwnChip, LearnsNothingFromAPointThatIsAsPredicted) {
  const catalog::Catalog catalog = Measured();
  OwnChip learned;
  learned.Learn(*CaseAt(catalog, 1), PointOf(*CaseAt(catalog, 1)));
  for (std::size_t i = 0; i < OwnChip::kFactors; ++i) EXPECT_NEAR(learned.factor(i), 1.0, 1e-6);
}

TEST(OwnChip, NoMoreAreServedThanThereAreSlots) {
  const catalog::Catalog catalog = Measured();
  const Prediction full = OwnChip().Predict(*CaseAt(catalog, 16));
  const Prediction over = OwnChip().Predict(*CaseAt(catalog, 64));
  EXPECT_LT(Off(over.tpot_s, full.tpot_s.value), 0.05);
  EXPECT_GT(over.ttft_s.value, 10.0 * full.ttft_s.value);  // They wait.
  EXPECT_LT(Off(over.tput_per_chip, full.tput_per_chip.value), 0.1);
}

TEST(OwnChip, OneProcessorIsPredictedAndNoMore) {
  const catalog::Catalog catalog = Measured();
  ServingRow row;
  row.chip = "cpu";
  row.model = "dense";
  row.input = row.output = 64;
  row.concurrency = 1;
  row.chips = 2;
  row.serve.tp = 2;
  const auto c = MakeCase(catalog, row);
  ASSERT_FALSE(c);
  EXPECT_NE(c.error().message.find("one of them is predicted"), std::string::npos);
  row.serve.tp.reset();
  row.chips.reset();
  row.precision = "bf16";
  row.threads = 1;
  const auto threads = MakeCase(catalog, row);
  ASSERT_FALSE(threads);
  EXPECT_NE(threads.error().message.find("--threads"), std::string::npos);
}

}  // namespace
}  // namespace roofscape::calibrate
