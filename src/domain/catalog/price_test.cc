#include "domain/catalog/price.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/core/rng.h"

namespace roofscape::catalog {
namespace {

constexpr auto kRented = static_cast<std::size_t>(Tier::kRented3yr);

PriceBook Book(std::string id, Date date, std::string chip, std::optional<double> rented) {
  PriceBook book;
  book.entry.id = std::move(id);
  book.date = date;
  Price price;
  price.chip = std::move(chip);
  price.usd_hr[kRented] = rented;
  price.all_in_kw = 1.5;
  book.prices.push_back(std::move(price));
  return book;
}

TEST(PriceAt, IsTheLastNotAfterTheDay) {
  const std::vector<PriceBook> books = {Book("b", {2026, 7, 1}, "x", 2.0),
                                        Book("a", {2025, 8, 1}, "x", 3.0),
                                        Book("c", {2026, 9, 1}, "x", std::nullopt)};
  struct Case {
    Date date;
    std::optional<double> want;
  };
  const std::vector<Case> cases = {
      {{2025, 7, 31}, std::nullopt},  // Before the first book there is no price.
      {{2025, 8, 1}, 3.0},            // The first day of a book counts.
      {{2026, 6, 30}, 3.0},          {{2026, 7, 1}, 2.0},
      {{2026, 12, 31}, 2.0},  // A later book without this tier leaves the last known price.
  };
  for (const Case& c : cases) {
    const auto price = PriceAt(books, "x", Tier::kRented3yr, c.date);
    ASSERT_EQ(price.has_value(), c.want.has_value()) << c.date.ToIso();
    if (price) {
      EXPECT_EQ(price->value, *c.want) << c.date.ToIso();
    }
  }
  EXPECT_FALSE(PriceAt(books, "y", Tier::kRented3yr, {2026, 12, 31}));
  EXPECT_FALSE(PriceAt(books, "x", Tier::kOnDemand, {2026, 12, 31}));
  EXPECT_EQ(AllInPowerAt(books, "x", {2026, 12, 31})->date, (Date{2026, 9, 1}));
}

Date RandomDate(Rng& rng) {
  const auto below = [&rng](std::uint64_t n) { return static_cast<int>(rng.Below(n)); };
  return {2024 + below(4), 1 + below(12), 1 + below(28)};
}

PriceBook RandomBook(Rng& rng, int number) {
  const std::string chip(1, static_cast<char>('a' + rng.Below(3)));
  std::optional<double> price;
  if (rng.Below(4) != 0) price = 1.0 + static_cast<double>(rng.Below(500)) / 100;
  return Book("book" + std::to_string(number), RandomDate(rng), chip, price);
}

TEST(PriceAt, ALaterPriceChangesNoEarlierFigure) {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Rng rng(seed);
    std::vector<PriceBook> books;
    for (int i = 0; i < 12; ++i) books.push_back(RandomBook(rng, i));
    const PriceBook added = RandomBook(rng, 99);
    std::vector<PriceBook> more = books;
    more.insert(more.begin() + static_cast<std::ptrdiff_t>(rng.Below(books.size() + 1)), added);
    for (int i = 0; i < 60; ++i) {
      const Date date = RandomDate(rng);
      if (date >= *added.date) continue;
      for (const char* chip : {"a", "b", "c"}) {
        EXPECT_EQ(PriceAt(books, chip, Tier::kRented3yr, date),
                  PriceAt(more, chip, Tier::kRented3yr, date));
        EXPECT_EQ(AllInPowerAt(books, chip, date), AllInPowerAt(more, chip, date));
      }
    }
  }
}

TEST(Tier, NamesReadBack) {
  for (const Tier tier : kTiers) EXPECT_EQ(*ParseTier(Name(tier)), tier);
  const auto wrong = ParseTier("rented_3y");
  ASSERT_FALSE(wrong);
  EXPECT_NE(wrong.error().message.find("Did you mean 'rented_3yr'?"), std::string::npos);
}

}  // namespace
}  // namespace roofscape::catalog
