#include "domain/catalog/price.h"

#include <algorithm>
#include <cstddef>

#include "base/core/names.h"

namespace roofscape::catalog {
namespace {

constexpr std::array<std::string_view, kTiers.size()> kNames = {
    "owned_hyperscaler", "owned_neocloud", "rented_3yr", "on_demand"};

/// True if `a` is the better answer than `b`: later, or of the same day and first by its book's id.
bool Later(const DatedFigure& a, const DatedFigure& b) {
  return a.date != b.date ? a.date > b.date : a.book < b.book;
}

template <class Pick>
std::optional<DatedFigure> LastAt(const std::vector<PriceBook>& books, std::string_view chip,
                                  Date date, Pick pick) {
  std::optional<DatedFigure> best;
  for (const PriceBook& book : books) {
    if (!book.date || *book.date > date) continue;
    for (const Price& price : book.prices) {
      const std::optional<double> value = pick(price);
      if (price.chip != chip || !value) continue;
      const DatedFigure figure{*value, *book.date, book.entry.id, price.placeholder};
      if (!best || Later(figure, *best)) best = figure;
    }
  }
  return best;
}

}  // namespace

std::string_view Name(Tier tier) { return kNames[static_cast<std::size_t>(tier)]; }

Result<Tier> ParseTier(std::string_view name) { return ParseName<Tier>("tier", name, kNames); }

std::optional<DatedFigure> PriceAt(const std::vector<PriceBook>& books, std::string_view chip,
                                   Tier tier, Date date) {
  return LastAt(books, chip, date, [tier](const Price& price) {
    return price.usd_hr[static_cast<std::size_t>(tier)];
  });
}

std::optional<DatedFigure> AllInPowerAt(const std::vector<PriceBook>& books, std::string_view chip,
                                        Date date) {
  return LastAt(books, chip, date, [](const Price& price) { return price.all_in_kw; });
}

}  // namespace roofscape::catalog
