// Dated price books: what an hour of a chip costs, and what power a chip draws with everything
// around it. Prices only ever get added: a later book changes no earlier figure.
//
// Thread safety: plain values.

#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/core/result.h"
#include "domain/catalog/entry.h"

namespace roofscape::catalog {

enum class Tier {
  kOwnedHyperscaler,  // The owner's cost, a large hyperscaler with a four-year economic life.
  kOwnedNeocloud,     // The owner's cost, a large GPU cloud.
  kRented3yr,         // A rental contract over three years, about a quarter paid up front.
  kOnDemand,          // Rented by the hour, list price.
};

inline constexpr std::array kTiers = {Tier::kOwnedHyperscaler, Tier::kOwnedNeocloud,
                                      Tier::kRented3yr, Tier::kOnDemand};

/// The tier's field in a price book without its unit: "owned_hyperscaler".
std::string_view Name(Tier tier);
Result<Tier> ParseTier(std::string_view name);

/// What a book says of one chip.
struct Price {
  std::string chip;                                         // The id of a chip.
  std::array<std::optional<double>, kTiers.size()> usd_hr;  // By tier.
  std::optional<double> all_in_kw;  // The chip's share of server, network, cooling and losses.
  bool placeholder = false;         // Computed from another chip's price by whoever published it.
  std::string source;               // The id of a source in the book.
  std::string note;

  friend bool operator==(const Price&, const Price&) = default;
};

struct PriceBook {
  Entry entry;
  std::optional<Date> date;  // From this day on.
  std::vector<Price> prices;

  friend bool operator==(const PriceBook&, const PriceBook&) = default;
};

/// A figure of a book, with where and when it comes from.
struct DatedFigure {
  double value = 0.0;
  Date date;         // Of the book.
  std::string book;  // Its id.
  bool placeholder = false;

  friend bool operator==(const DatedFigure&, const DatedFigure&) = default;
};

/// [USD an hour of one chip] The last price that is not later than `date`; a later one never
/// counts. `chip` is an id. Of two books of the same day the first by id counts; Check() names such
/// a pair.
std::optional<DatedFigure> PriceAt(const std::vector<PriceBook>& books, std::string_view chip,
                                   Tier tier, Date date);

/// [kW a chip] The same for the power with everything around the chip.
std::optional<DatedFigure> AllInPowerAt(const std::vector<PriceBook>& books, std::string_view chip,
                                        Date date);

}  // namespace roofscape::catalog
