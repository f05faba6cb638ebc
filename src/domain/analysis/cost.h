// What tokens cost: the price of an hour of the chips over the tokens they handle in it.
//
//   usd_per_mtok = r x 1e6 / (3600 q)      r: USD an hour of a chip, q: tokens/s a chip
//   tokens_per_usd = 3600 q / r
//
// q divides by ALL chips of the deployment, for every kind of token: rates per prefill or decode
// chip have names of their own and never feed a cost. The three kinds put the whole cost on one
// kind of token each; they are alternatives and are never added. Book, tier and day are part of
// the value: the last price not later than the day counts, so that a later book changes no earlier
// figure. Definitions: docs/reference/metrics.md.
//
// Errors: a missing rate, price or chip is kNotFound with what is missing. A cost is never 0 for
// lack of data. Thread safety: pure functions.

#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/core/result.h"
#include "domain/catalog/catalog.h"
#include "domain/spec/row.h"

namespace roofscape::analysis {

enum class TokenKind { kTotal, kInput, kOutput };

std::string_view Name(TokenKind kind);
Result<TokenKind> ParseTokenKind(std::string_view name);

/// [tokens/s/chip] Over all chips of the deployment. From the per-chip rate, else from the
/// deployment's rate and its number of chips; missing where the row has neither, or 0.
std::optional<double> RatePerChip(const spec::Row& row, TokenKind kind);

/// Whose prices, and of which day. REQUIRES: the catalog outlives its use.
struct Pricing {
  const catalog::Catalog* catalog = nullptr;
  catalog::Tier tier = catalog::Tier::kOwnedHyperscaler;
  catalog::Date date;
};

struct CostFigure {
  double value = 0.0;
  TokenKind kind = TokenKind::kTotal;
  catalog::Tier tier = catalog::Tier::kOwnedHyperscaler;
  catalog::Date asked;         // The day of which the price was asked.
  catalog::DatedFigure price;  // [USD/h/chip] with book and day.
};

/// [USD/h/chip] of the chip by any of its names.
Result<catalog::DatedFigure> ChipPrice(std::string_view chip, const Pricing& pricing);

/// The formulas alone, e.g. for a rate that was interpolated. REQUIRES: both positive.
double UsdPerMtok(double usd_per_chip_hour, double tps_per_chip);
double TokensPerUsd(double usd_per_chip_hour, double tps_per_chip);

Result<CostFigure> UsdPerMtok(const spec::Row& row, TokenKind kind, const Pricing& pricing);
Result<CostFigure> TokensPerUsd(const spec::Row& row, TokenKind kind, const Pricing& pricing);

/// The share of output among all tokens, from the point's counts or rates, else from the workload's
/// nominal lengths.
double OutputShare(const spec::Row& row);

/// How far a task's share of output tokens may be from the point's for the point's price to be the
/// task's: the cost per total token moves with the mix.
inline constexpr double kLikeOutputShare = 0.1;

/// [USD] (input + output) / 1e6 x usd_per_mtok_total at this point. kInvalidArgument where the
/// task's share of output differs from the point's by more than kLikeOutputShare.
/// REQUIRES: input_tokens >= 0, output_tokens > 0.
Result<CostFigure> UsdPerTask(const spec::Row& row, double input_tokens, double output_tokens,
                              const Pricing& pricing);

/// What tokens are sold for, USD a million.
struct TokenPrices {
  double input = 0.0;
  double output = 0.0;
  std::optional<double> cached_input;  // Missing: cached tokens are sold as other input.
};

struct Revenue {
  double usd_per_chip_hour = 0.0;
  std::optional<double> cached_fraction;  // Of the input. Missing: not known, counted as uncached.
};

/// Revenue of an hour of a chip at this point at full use. Needs input and output rates.
Result<Revenue> RevenueOf(const spec::Row& row, const TokenPrices& prices);

}  // namespace roofscape::analysis
