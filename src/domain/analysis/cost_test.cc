#include "domain/analysis/cost.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "base/core/rng.h"
#include "base/core/text.h"
#include "domain/analysis/days.h"
#include "domain/analysis/energy.h"
#include "domain/analysis/test_rows.h"

namespace roofscape::analysis {
namespace {

Pricing PricesOf(const std::string& day, catalog::Tier tier = catalog::Tier::kOwnedHyperscaler) {
  return {&ShippedCatalog(), tier, *catalog::ParseDate(day)};
}

/// One line of the golden file.
struct Case {
  std::string name, figure, chip, kind, boundary_or_tier, date;
  double prefill_chips, decode_chips, input_tps, output_tps, ours, theirs;
};

std::vector<Case> GoldenCases() {
  std::ifstream file("src/domain/analysis/dashboard_golden.csv");
  std::string line;
  std::getline(file, line);
  std::vector<Case> cases;
  while (std::getline(file, line)) {
    const std::vector<std::string> f = Split(line, ',');
    const auto number = [&](std::size_t i) { return std::strtod(f.at(i).c_str(), nullptr); };
    cases.push_back({f.at(0), f.at(1), f.at(2), f.at(3), f.at(4), f.at(5), number(6), number(7),
                     number(8), number(9), number(10), number(11)});
  }
  return cases;
}

spec::Row RowOf(const Case& c) {
  spec::Row row = MakeRow(c.chip, 64, 30, 1);
  row.values.Remove("total_tps_per_chip");
  spec::Role prefill, decode;
  prefill.name = "prefill";
  prefill.chips_per_worker = static_cast<std::int64_t>(c.prefill_chips);
  decode.name = "decode";
  decode.chips_per_worker = static_cast<std::int64_t>(c.decode_chips);
  row.deployment.roles = {decode};
  if (c.prefill_chips > 0) row.deployment.roles = {prefill, decode};
  row.values.Set("input_tps", c.input_tps);
  row.values.Set("output_tps", c.output_tps);
  row.values.Set("total_tps", c.input_tps + c.output_tps);
  return row;
}

double Ours(const Case& c) {
  const spec::Row row = RowOf(c);
  const TokenKind kind = *ParseTokenKind(c.kind);
  if (c.figure == "tps_per_mw" || c.figure == "joules_per_token") {
    const PowerContext context{&ShippedCatalog(), *catalog::ParseDate(c.date), {}, {}};
    const Boundary boundary = *ParseBoundary(c.boundary_or_tier);
    const auto figure = c.figure == "tps_per_mw" ? TpsPerMw(row, kind, boundary, context)
                                                 : JoulesPerToken(row, kind, boundary, context);
    return figure ? figure->value : NAN;
  }
  const Pricing pricing = PricesOf(c.date, *catalog::ParseTier(c.boundary_or_tier));
  const auto figure = c.figure == "tokens_per_usd" ? TokensPerUsd(row, kind, pricing)
                                                   : UsdPerMtok(row, kind, pricing);
  return figure ? figure->value : NAN;
}

/// The dashboard's figures where they are right, ours where they are not; the arithmetic stands in
/// the file.
TEST(Cost, AgreesWithTheDashboardWhereItIsRight) {
  const std::vector<Case> cases = GoldenCases();
  ASSERT_EQ(cases.size(), 10U);
  for (const Case& c : cases) {
    EXPECT_NEAR(Ours(c) / c.ours, 1, 1e-12) << c.name;
    const bool right = c.name.starts_with("right");
    EXPECT_EQ(std::abs(Ours(c) / c.theirs - 1) < 1e-12, right) << c.name;
  }
}

TEST(Cost, RoleLocalRatesNeverFeedACost) {
  spec::Row row = MakeRow("gb200", 64, 30, 100);
  row.values.Set("decode_chip_output_tps", 500);
  row.values.Set("prefill_chip_input_tps", 900);
  const auto figure = UsdPerMtok(row, TokenKind::kOutput, PricesOf("2026-08-15"));
  ASSERT_FALSE(figure);
  EXPECT_EQ(figure.error().code, ErrorCode::kNotFound);
}

TEST(Cost, SaysWhatIsMissing) {
  const spec::Row row = MakeRow("b200", 64, 30, 1000);
  const auto early = UsdPerMtok(row, TokenKind::kTotal, PricesOf("2023-01-01"));
  ASSERT_FALSE(early);
  EXPECT_NE(early.error().message.find("2023-01-01"), std::string::npos);
  EXPECT_FALSE(UsdPerMtok(MakeRow("", 1, 1, 1), TokenKind::kTotal, PricesOf("2026-08-15")));
  EXPECT_FALSE(UsdPerMtok(MakeRow("b200", 1, 1, 0), TokenKind::kTotal, PricesOf("2026-08-15")));
}

/// A price of a placeholder is told as such: B300 of August 2025 was 1.2 x B200.
TEST(Cost, CarriesBookDateAndPlaceholder) {
  const auto figure =
      UsdPerMtok(MakeRow("b300", 64, 30, 1000), TokenKind::kTotal, PricesOf("2026-01-01"));
  ASSERT_TRUE(figure);
  EXPECT_EQ(figure->price.book, "inferencex-2025-08");
  EXPECT_TRUE(figure->price.placeholder);
}

TEST(Cost, ALaterBookChangesNoEarlierFigure) {
  const std::uint64_t seed = 20261128;
  SCOPED_TRACE("seed " + std::to_string(seed));
  Rng rng(seed);
  const std::int64_t first = DayNumber({2025, 9, 1});
  for (int trial = 0; trial < 200; ++trial) {
    const std::int64_t added = first + static_cast<std::int64_t>(rng.Below(500));
    catalog::Catalog later = ShippedCatalog();
    catalog::PriceBook book;
    book.entry.id = "zz-added";
    book.date = DateOfNumber(added);
    for (const catalog::Chip& chip : later.chips) {
      catalog::Price price;
      price.chip = chip.entry.id;
      price.usd_hr.fill(1 + 10 * rng.Uniform());
      price.all_in_kw = 0.5 + rng.Uniform();
      book.prices.push_back(price);
    }
    later.prices.push_back(book);
    const auto& chip = later.chips[rng.Below(later.chips.size())].entry.id;
    const spec::Row row = MakeRow(chip, 8, 30, 100 + 900 * rng.Uniform());
    const auto asked = DateOfNumber(added - 1 - static_cast<std::int64_t>(rng.Below(400)));
    const auto tier = catalog::kTiers[rng.Below(catalog::kTiers.size())];
    const auto before = UsdPerMtok(row, TokenKind::kTotal, {&ShippedCatalog(), tier, asked});
    const auto after = UsdPerMtok(row, TokenKind::kTotal, {&later, tier, asked});
    ASSERT_EQ(bool(before), bool(after)) << chip;
    if (before) {
      EXPECT_EQ(before->value, after->value) << chip;
    }
    const PowerContext old_power{&ShippedCatalog(), asked, {}, {}};
    const PowerContext new_power{&later, asked, {}, {}};
    const auto j0 = JoulesPerToken(row, TokenKind::kTotal, Boundary::kProvisioned, old_power);
    const auto j1 = JoulesPerToken(row, TokenKind::kTotal, Boundary::kProvisioned, new_power);
    ASSERT_EQ(bool(j0), bool(j1)) << chip;
    if (j0) {
      EXPECT_EQ(j0->value, j1->value) << chip;
    }
  }
}

TEST(Cost, TasksArePricedOnlyAtALikeMix) {
  spec::Row row = MakeRow("b200", 64, 30, 900);
  row.values.Set("input_tps_per_chip", 100);
  row.values.Set("output_tps_per_chip", 800);
  // 10 % input: 0.1 of 1000 tokens and 0.9; 1.73 USD an hour over 900 tokens/s.
  const auto like = UsdPerTask(row, 100, 900, PricesOf("2026-08-15"));
  ASSERT_TRUE(like);
  EXPECT_NEAR(like->value, 1000 * 1.73 / (3600 * 900), 1e-12);
  EXPECT_FALSE(UsdPerTask(row, 900, 100, PricesOf("2026-08-15")));
}

TEST(Cost, RevenueCountsCachedInput) {
  spec::Row row = MakeRow("b200", 64, 30, 900);
  row.values.Set("input_tps_per_chip", 800);
  row.values.Set("output_tps_per_chip", 100);
  const TokenPrices prices{1.0, 4.0, 0.1};
  const auto unknown = RevenueOf(row, prices);
  ASSERT_TRUE(unknown);
  EXPECT_FALSE(unknown->cached_fraction);
  EXPECT_NEAR(unknown->usd_per_chip_hour, 3600 * (800 * 1.0 + 100 * 4.0) / 1e6, 1e-12);
  row.values.Set("input_tokens", 1000);
  row.values.Set("cached_tokens", 500);
  const auto half = RevenueOf(row, prices);
  ASSERT_TRUE(half);
  EXPECT_NEAR(half->usd_per_chip_hour, 3600 * (400 * 1.0 + 400 * 0.1 + 100 * 4.0) / 1e6, 1e-12);
}

}  // namespace
}  // namespace roofscape::analysis
