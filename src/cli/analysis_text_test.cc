// The texts of costs, trends and comparisons: what stands in them, and that they fit 80 columns.

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include <string>
#include <vector>

#include "base/core/text.h"
#include "cli/compare_text.h"
#include "cli/cost_text.h"
#include "cli/trend_text.h"
#include "domain/analysis/derived_axes.h"

namespace roofscape::cli {
namespace {

spec::Row MakeRow(std::int64_t concurrency, double interactivity, double rate) {
  spec::Row row;
  row.origin.key = "k" + std::to_string(concurrency);
  row.origin.source = "20261128-210000-abcdef";
  row.measured = {1'785'542'400'000'000};  // 2026-08-01
  row.protocol = "steady";
  row.window = "steady";
  row.deployment.model = "dsr1";
  row.deployment.chip = "b200-sxm";
  row.deployment.engine = "vllm";
  row.deployment.precision = "fp8";
  spec::Role role;
  role.chips_per_worker = 8;
  row.deployment.roles = {role};
  row.concurrency = concurrency;
  row.values.Set("interactivity_p50_tps", interactivity);
  row.values.Set("total_tps_per_chip", rate);
  row.values.Set("input_tps_per_chip", 0.1 * rate);
  row.values.Set("output_tps_per_chip", 0.9 * rate);
  return row;
}

const catalog::Catalog& Facts() {
  static const catalog::Catalog kCatalog = [] {
    catalog::Catalog facts;
    catalog::Chip chip;
    chip.entry.id = "b200-sxm";
    facts.chips = {chip};
    catalog::Model model;
    model.entry.id = "dsr1";
    facts.models = {model};
    catalog::Price price;
    price.chip = "b200-sxm";
    price.usd_hr.fill(1.8);
    price.all_in_kw = 1.71;
    catalog::PriceBook book;
    book.entry.id = "book-a";
    book.date = catalog::Date{2026, 7, 1};
    book.prices = {price};
    facts.prices = {book};
    return facts;
  }();
  return kCatalog;
}

analysis::Pricing Prices() { return {&Facts(), catalog::Tier::kOwnedHyperscaler, {2026, 8, 15}}; }

void ExpectFits(const std::string& text) {
  for (const std::string& line : Split(text, '\n')) EXPECT_LE(line.size(), 80U) << line;
}

const std::vector<spec::Row>& Rows() {
  static const std::vector<spec::Row> kRows = {MakeRow(1, 100, 100), MakeRow(64, 25, 1000)};
  return kRows;
}

TEST(AnalysisText, CostsNameBookTierDayAndBoundary) {
  const auto readings = analysis::ReadAt(
      Rows(),
      {*analysis::MetricAxis("interactivity_p50_tps"),
       *analysis::MetricAxis(analysis::RateName(analysis::TokenKind::kTotal)), 25, true, false});
  ASSERT_TRUE(readings);
  const CostQuery query{analysis::TokenKind::kTotal, Prices(), analysis::Boundary::kProvisioned};
  const std::string text = CostTable(Rows(), *readings, query, {});
  ExpectFits(text);
  EXPECT_NE(text.find("0.500"), std::string::npos) << text;  // 1.8e6 / (3600 x 1000)
  for (const char* part : {"book-a", "owned_hyperscaler", "2026-08-15", "provisioned"}) {
    EXPECT_NE(text.find(part), std::string::npos) << part << "\n" << text;
  }
  const Json json = CostJson(Rows(), *readings, query);
  EXPECT_EQ(json["series"][0]["step"]["row"], "k64");
  EXPECT_EQ(json["series"][0]["step"]["price"]["book"], "book-a");
}

TEST(AnalysisText, AFleet) {
  const auto fleet = analysis::FleetFromUsers(Rows()[1], 1000, Prices());
  ASSERT_TRUE(fleet);
  const std::string text = FleetText(*fleet, {});
  ExpectFits(text);
  EXPECT_NE(text.find("4 deployments of together 32 chips"), std::string::npos) << text;
}

TEST(AnalysisText, TrendsNameTheRunThatSetThem) {
  const analysis::TrendQuery query{*analysis::MetricAxis("interactivity_p50_tps"), 20,
                                   *analysis::MetricAxis("total_tps_per_chip")};
  const auto trends = analysis::TrendsOf(Rows(), query);
  const std::string text = TrendTables(Rows(), trends, query, {});
  ExpectFits(text);
  EXPECT_NE(text.find("2026-08-01"), std::string::npos) << text;
  EXPECT_NE(text.find("20261128-2"), std::string::npos) << text;
  EXPECT_EQ(TrendJson(Rows(), trends, query)["trends"][0]["steps"][0]["value"], 1000);
}

TEST(AnalysisText, IntelligenceSaysWhatItAssumes) {
  catalog::Eval eval;
  eval.entry.id = "e";
  eval.entry.name = "An eval";
  eval.comparable = true;
  catalog::Score score;
  score.weights = "DeepSeek-R1";
  score.model = "dsr1";
  score.score = 0.7;
  score.error = 0.03;
  score.question_tokens = 7000;
  eval.scores = {score};
  analysis::IntelligenceQuery query;
  query.eval = &eval;
  query.pricing = Prices();
  query.input_tokens = 300;
  const auto points = analysis::IntelligenceOf(Rows(), query);
  ASSERT_TRUE(points);
  const std::string text = IntelligenceTable(Rows(), *points, query, {});
  ExpectFits(text);
  EXPECT_NE(text.find("300 (assumed)"), std::string::npos) << text;
  EXPECT_EQ(IntelligenceJson(Rows(), *points, query)["points"][0]["row"], "k64");
  EXPECT_EQ(GainText(analysis::FitAnnualGain({})), "too few points (0 records)");
}

TEST(AnalysisText, ComparisonsSayWhatCannotBeShown) {
  std::vector<spec::Row> b = {MakeRow(1, 100, 105), MakeRow(64, 25, 1050)};
  b[0].deployment.engine_version = b[1].deployment.engine_version = "0.9";
  const auto comparison =
      analysis::CompareByLoad(Rows(), b, *analysis::MetricAxis("total_tps_per_chip"));
  ASSERT_TRUE(comparison);
  const std::string text = ComparisonTable(*comparison, "users", {});
  ExpectFits(text);
  EXPECT_NE(text.find("+5.0 %"), std::string::npos) << text;
  EXPECT_NE(text.find("differences under 10 %"), std::string::npos) << text;
  EXPECT_NE(text.find("engine_version"), std::string::npos) << text;
  EXPECT_TRUE(ComparisonJson(*comparison, "users")["low"].is_null());
}

TEST(AnalysisText, ShiftsOfCurves) {
  std::vector<spec::Row> rows = Rows();
  for (spec::Row row : Rows()) {
    row.measured.unix_us += 86'400'000'000;
    row.values.Set("total_tps_per_chip", 0.8 * *row.values.Get("total_tps_per_chip"));
    rows.push_back(row);
  }
  const auto curves = analysis::SplitIntoCurves(rows);
  const auto shifts = analysis::FindShifts(rows, curves, "total_tps_per_chip");
  const std::string text = ShiftTable(rows, curves, shifts, {});
  ExpectFits(text);
  EXPECT_NE(text.find("worse"), std::string::npos) << text;
  EXPECT_NE(text.find("-20.0 %"), std::string::npos) << text;
  EXPECT_NE(text.find("1 of 1 curves"), std::string::npos) << text;
}

TEST(AnalysisText, ARateOfNothingHasNoPrice) {
  std::vector<spec::Row> rows = {MakeRow(1, 100, 100)};
  rows[0].values.Set("total_tps_per_chip", 0);
  analysis::ReadingQuery query;
  query.x = *analysis::MetricAxis("interactivity_p50_tps");
  query.y = *analysis::MetricAxis("total_tps_per_chip");
  const auto readings = analysis::ReadAt(rows, query);
  ASSERT_TRUE(readings);
  EXPECT_NE(CostTable(rows, *readings, {.pricing = Prices()}, {}).find("-"), std::string::npos);
}

}  // namespace
}  // namespace roofscape::cli
