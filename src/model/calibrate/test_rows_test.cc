#include "model/calibrate/test_rows.h"

#include <cmath>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/core/rng.h"
#include "model/calibrate/fit.h"
#include "model/calibrate/model.h"

namespace roofscape::calibrate {
namespace {

catalog::Chip MakeChip(std::string id, std::string architecture, double tflops, double tb_s) {
  catalog::Chip chip;
  chip.entry.id = std::move(id);
  chip.architecture = std::move(architecture);
  chip.dense.bf16_tflops = tflops;
  chip.dense.fp8_tflops = 2.0 * tflops;
  chip.memory.usable_gb = 140.0;
  chip.memory.bandwidth_tb_s = tb_s;
  chip.links.scale_up = "test-links";
  return chip;
}

catalog::Model MakeModel(std::string id, bool routed) {
  catalog::Model model;
  model.entry.id = std::move(id);
  model.precision = "bf16";
  model.hidden = 4096;
  model.vocab = 128000;
  catalog::MixerLayers mixer;
  mixer.layers = 32;
  mixer.q_heads = 32;
  mixer.kv_heads = 8;
  mixer.head_dim = 128;
  model.mixers = {mixer};
  catalog::FfnLayers ffn;
  ffn.layers = 32;
  ffn.width = routed ? 1024 : 14336;
  ffn.routed = routed;
  ffn.experts = routed ? 64 : 0;
  ffn.top_k = routed ? 4 : 0;
  model.ffns = {ffn};
  return model;
}

}  // namespace

catalog::Catalog TestCatalog() {
  catalog::Catalog catalog;
  catalog.chips = {MakeChip("chip-a", "Hopper", 1000, 3.3), MakeChip("chip-b", "Hopper", 1000, 4.8),
                   MakeChip("chip-c", "Blackwell", 2250, 8.0)};
  catalog::Fabric fabric;
  fabric.entry.id = "test-links";
  fabric.chips = 8;
  fabric.chip_gb_s = 450;
  catalog.fabrics = {fabric};
  catalog.models = {MakeModel("dense-model", false), MakeModel("routed-model", true)};
  return catalog;
}

std::vector<ServingRow> PlantedRows(const catalog::Catalog& catalog,
                                    std::span<const double> planted, double noise,
                                    std::uint64_t seed) {
  Rng rng(seed);
  std::vector<ServingRow> rows;
  for (const char* chip : {"chip-a", "chip-b", "chip-c"}) {
    for (const char* model : {"dense-model", "routed-model"}) {
      for (const char* engine : {"vllm", "sglang"}) {
        for (const double tp : {1.0, 4.0}) {
          for (const double input : {1024.0, 8192.0}) {
            for (const double concurrency : {1.0, 4.0, 16.0, 64.0}) {
              ServingRow row;
              row.index = rows.size();
              row.chip = chip;
              row.model = model;
              row.engine = engine;
              row.speculative = "none";
              row.input = input;
              row.output = 1024.0;
              row.concurrency = concurrency;
              row.serve.tp = tp;
              row.curve =
                  row.chip + row.model + row.engine + std::to_string(tp) + std::to_string(input);
              row.ttft_s = row.tpot_s = 1.0;
              const auto c = MakeCase(catalog, row);
              EXPECT_TRUE(c) << c.error().message;
              const LogErrors e =
                  ErrorsOf(*c, planted);  // log of what is predicted: measured is 1 s.
              row.ttft_s = std::exp(e.ttft + noise * rng.Normal());
              row.tpot_s = std::exp(e.tpot + noise * rng.Normal());
              rows.push_back(row);
            }
          }
        }
      }
    }
  }
  return rows;
}

std::vector<Case> CasesOf(const catalog::Catalog& catalog, std::span<const ServingRow> rows) {
  std::vector<Case> cases;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    auto c = MakeCase(catalog, rows[i]);
    EXPECT_TRUE(c) << c.error().message;
    c->row = i;
    cases.push_back(*c);
  }
  return cases;
}

namespace {

std::vector<double> Planted() {
  std::vector<double> z(perf::kFitted, 0.0);
  z[perf::BaseIndex(perf::kWeightRead)] = 0.08;
  z[perf::BaseIndex(perf::kKernelFloor)] = 0.4;
  z[perf::BaseIndex(perf::kRequest)] = -0.8;
  z[perf::EngineIndex(perf::kStepHost, perf::kSglang)] = 0.5;
  return z;
}

TEST(Fit, FindsTheTimesOfPlantedCoefficients) {
  const catalog::Catalog catalog = TestCatalog();
  const auto rows = PlantedRows(catalog, Planted(), 0.01, 3);
  const auto cases = CasesOf(catalog, rows);
  const std::vector<char> all(cases.size(), 1);
  const Fit fit = FitCoefficients(cases, all, FitOptions{});
  double worst = 0.0;
  for (const Case& c : cases) worst = std::max(worst, std::abs(ErrorsOf(c, fit.fitted).tpot));
  // The noise is 1 % and the priors pull a little; untouched priors are off by 20 % and more.
  EXPECT_LT(worst, 0.08);
  double without = 0.0;
  for (const Case& c : cases) {
    without =
        std::max(without, std::abs(ErrorsOf(c, std::vector<double>(perf::kFitted, 0.0)).tpot));
  }
  EXPECT_GT(without, 0.15);
}

TEST(Fit, LeavesAloneWhatIsLeftOut) {
  const catalog::Catalog catalog = TestCatalog();
  const auto rows = PlantedRows(catalog, Planted(), 0.01, 8);
  auto cases = CasesOf(catalog, rows);
  const std::vector<char> all(cases.size(), 1);
  const double whole = FitCoefficients(cases, all, FitOptions{}).loss;
  for (Case& c : cases) c.setting.without = {.imbalance = true, .host = true, .reach = true};
  const Fit fit = FitCoefficients(cases, all, FitOptions{});
  for (std::size_t i = 0; i < perf::kFitted; ++i) {
    const std::size_t coefficient = i % perf::kCoefficients;
    if (!perf::FixedBy(cases[0].setting.without, coefficient)) continue;
    EXPECT_EQ(fit.fitted[i], 0.0) << perf::CoefficientTable()[coefficient].name;
  }
  // Rows of a model that has all of it are explained worse.
  EXPECT_GT(fit.loss, 1.5 * whole);
}

TEST(Fit, OneWrongGroupDoesNotBendTheRest) {
  const catalog::Catalog catalog = TestCatalog();
  auto rows = PlantedRows(catalog, Planted(), 0.01, 4);
  for (ServingRow& row : rows) {
    if (row.chip == "chip-b" && row.model == "dense-model" && row.engine == "vllm")
      *row.tpot_s *= 2.0;
  }
  const auto cases = CasesOf(catalog, rows);
  const Fit fit = FitCoefficients(cases, std::vector<char>(cases.size(), 1), FitOptions{});
  std::vector<double> others;
  for (const Case& c : cases) {
    if (rows[c.row].chip != "chip-b") others.push_back(std::abs(ErrorsOf(c, fit.fitted).tpot));
  }
  std::sort(others.begin(), others.end());
  EXPECT_LT(others[others.size() / 2], 0.06);
}

TEST(Model, TheSameRowsGiveTheSameFileAndItReadsBack) {
  const catalog::Catalog catalog = TestCatalog();
  const auto rows = PlantedRows(catalog, Planted(), 0.02, 5);
  const auto cases = CasesOf(catalog, rows);
  const std::vector<char> all(cases.size(), 1);
  const Model model = Model::Calibrate(cases, all);
  EXPECT_EQ(model.ToJson(), Model::Calibrate(cases, all).ToJson());
  const auto again = Model::FromJson(model.ToJson());
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(again->ToJson(), model.ToJson());
  for (const Case& c : cases) {
    const Prediction a = model.Predict(c);
    const Prediction b = again->Predict(c);
    // The file keeps four decimals of each logarithm.
    EXPECT_NEAR(a.tpot_s.value, b.tpot_s.value, 2e-3 * a.tpot_s.value);
    EXPECT_LT(a.tpot_s.low80, a.tpot_s.value);
    EXPECT_GT(a.tpot_s.high80, a.tpot_s.value);
    EXPECT_TRUE(model.Fitted(c));
  }
}

TEST(Model, WhatIsUnknownHasAWiderInterval) {
  const catalog::Catalog catalog = TestCatalog();
  const auto rows = PlantedRows(catalog, Planted(), 0.02, 6);
  const auto cases = CasesOf(catalog, rows);
  std::vector<char> used(cases.size(), 1);
  for (std::size_t i = 0; i < cases.size(); ++i) {
    used[i] = rows[i].chip == "chip-a" || (rows[i].chip == "chip-b" && rows[i].engine == "vllm");
  }
  const Model model = Model::Calibrate(cases, used);
  const auto width = [&](const Case& c) {
    const Figure f = model.Predict(c).tpot_s;
    return std::log(f.high80 / f.low80);
  };
  // Of chip-b SGLang was not measured; of chip-c not even its generation was.
  const auto first = [&](std::string_view chip, std::string_view engine) {
    for (const Case& c : cases) {
      if (rows[c.row].chip == chip && rows[c.row].engine == engine) return &c;
    }
    return static_cast<const Case*>(nullptr);
  };
  const Case& known = *first("chip-a", "sglang");
  const Case& partly = *first("chip-b", "sglang");
  const Case& unknown = *first("chip-c", "sglang");
  EXPECT_EQ(model.Predict(known).domain, Domain::kKnown);
  EXPECT_EQ(model.Predict(partly).domain, Domain::kPartly);
  EXPECT_EQ(model.Predict(unknown).domain, Domain::kUnknown);
  EXPECT_GT(width(partly), width(known));
  EXPECT_GT(width(unknown), width(partly));
}

TEST(Model, ABrokenFileIsRefusedWithItsFault) {
  const catalog::Catalog catalog = TestCatalog();
  const auto rows = PlantedRows(catalog, Planted(), 0.02, 7);
  const auto cases = CasesOf(catalog, rows);
  const Json whole = Model::Calibrate(cases, std::vector<char>(cases.size(), 1)).ToJson();
  for (const char* field :
       {"schema", "rows", "coefficients", "names", "interval_scales", "anchors"}) {
    Json broken = whole;
    broken.erase(field);
    EXPECT_FALSE(Model::FromJson(broken)) << field;
    broken[field] = "x";
    EXPECT_FALSE(Model::FromJson(broken)) << field;
  }
  Json broken = whole;
  broken["anchors"][0][3] = nullptr;
  EXPECT_FALSE(Model::FromJson(broken));
  broken = whole;
  broken["interval_scales"][0] = -1;
  EXPECT_FALSE(Model::FromJson(broken));
}

}  // namespace
}  // namespace roofscape::calibrate
