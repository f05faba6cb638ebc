#include "domain/analysis/cost.h"

#include <array>
#include <cmath>

#include <fmt/format.h>

#include "base/core/check.h"
#include "base/core/names.h"

namespace roofscape::analysis {
namespace {

constexpr std::array<std::string_view, 3> kNames = {"total", "input", "output"};

std::optional<double> Positive(std::optional<double> value) {
  if (!value || !std::isfinite(*value) || *value <= 0) return std::nullopt;
  return value;
}

Error NoRate(TokenKind kind) {
  return {ErrorCode::kNotFound,
          fmt::format("the point has no {} token rate a chip of its deployment", Name(kind))};
}

}  // namespace

std::string_view Name(TokenKind kind) { return kNames[static_cast<std::size_t>(kind)]; }

Result<TokenKind> ParseTokenKind(std::string_view name) {
  return ParseName<TokenKind>("token kind", name, kNames);
}

std::optional<double> RatePerChip(const spec::Row& row, TokenKind kind) {
  // Looked up once: this is asked of every row of an archive.
  struct Places {
    std::size_t per_chip = 0, deployment = 0;
  };
  static const auto kPlaces = [] {
    std::array<Places, kNames.size()> places;
    for (std::size_t i = 0; i < kNames.size(); ++i) {
      const std::string metric = std::string(kNames[i]) + "_tps";
      places[i] = {spec::MetricPlace(metric + "_per_chip").value(),
                   spec::MetricPlace(metric).value()};
    }
    return places;
  }();
  const Places& places = kPlaces[static_cast<std::size_t>(kind)];
  if (const auto rate = Positive(row.values.Get(places.per_chip))) return rate;
  const auto chips = spec::ChipCount(row.deployment);
  const auto rate = Positive(row.values.Get(places.deployment));
  if (!rate || !chips || *chips <= 0) return std::nullopt;
  return *rate / static_cast<double>(*chips);
}

Result<catalog::DatedFigure> ChipPrice(std::string_view chip, const Pricing& pricing) {
  RS_CHECK(pricing.catalog != nullptr);
  if (chip.empty()) {
    return Error{ErrorCode::kNotFound, "the point does not say which chip served it"};
  }
  RS_ASSIGN_OR_RETURN(const catalog::Chip* entry, catalog::FindChip(*pricing.catalog, chip));
  const auto price =
      catalog::PriceAt(pricing.catalog->prices, entry->entry.id, pricing.tier, pricing.date);
  if (price) return *price;
  return Error{ErrorCode::kNotFound,
               fmt::format("chip '{}': no price book up to {} has a price of tier '{}'",
                           entry->entry.id, pricing.date.ToIso(), catalog::Name(pricing.tier))};
}

double UsdPerMtok(double usd_per_chip_hour, double tps_per_chip) {
  RS_CHECK(usd_per_chip_hour > 0 && tps_per_chip > 0);
  return usd_per_chip_hour * 1e6 / (3600.0 * tps_per_chip);
}

double TokensPerUsd(double usd_per_chip_hour, double tps_per_chip) {
  RS_CHECK(usd_per_chip_hour > 0 && tps_per_chip > 0);
  return 3600.0 * tps_per_chip / usd_per_chip_hour;
}

Result<CostFigure> UsdPerMtok(const spec::Row& row, TokenKind kind, const Pricing& pricing) {
  const auto rate = RatePerChip(row, kind);
  if (!rate) return NoRate(kind);
  RS_ASSIGN_OR_RETURN(const catalog::DatedFigure price, ChipPrice(row.deployment.chip, pricing));
  return CostFigure{UsdPerMtok(price.value, *rate), kind, pricing.tier, pricing.date, price};
}

Result<CostFigure> TokensPerUsd(const spec::Row& row, TokenKind kind, const Pricing& pricing) {
  const auto rate = RatePerChip(row, kind);
  if (!rate) return NoRate(kind);
  RS_ASSIGN_OR_RETURN(const catalog::DatedFigure price, ChipPrice(row.deployment.chip, pricing));
  return CostFigure{TokensPerUsd(price.value, *rate), kind, pricing.tier, pricing.date, price};
}

double OutputShare(const spec::Row& row) {
  const auto input = RatePerChip(row, TokenKind::kInput);
  const auto output = RatePerChip(row, TokenKind::kOutput);
  if (input && output) return *output / (*input + *output);
  const auto in = static_cast<double>(row.workload.input.tokens);
  const auto out = static_cast<double>(row.workload.output.tokens);
  return out / (in + out);
}

Result<CostFigure> UsdPerTask(const spec::Row& row, double input_tokens, double output_tokens,
                              const Pricing& pricing) {
  RS_CHECK(input_tokens >= 0 && output_tokens > 0);
  const double tokens = input_tokens + output_tokens;
  const double share = output_tokens / tokens;
  // Not "> k": the share of a point that tells neither rates nor lengths is no number.
  if (!(std::abs(share - OutputShare(row)) <= kLikeOutputShare)) {
    return Error{ErrorCode::kInvalidArgument,
                 fmt::format("the task's tokens are {:.0f} % output, the point's {:.0f} %: "
                             "its price is not the task's",
                             100 * share, 100 * OutputShare(row))};
  }
  RS_ASSIGN_OR_RETURN(CostFigure figure, UsdPerMtok(row, TokenKind::kTotal, pricing));
  figure.value *= tokens / 1e6;
  return figure;
}

Result<Revenue> RevenueOf(const spec::Row& row, const TokenPrices& prices) {
  const auto input = RatePerChip(row, TokenKind::kInput);
  const auto output = RatePerChip(row, TokenKind::kOutput);
  if (!input) return NoRate(TokenKind::kInput);
  if (!output) return NoRate(TokenKind::kOutput);
  Revenue revenue;
  const auto cached = row.values.Get("cached_tokens");
  const auto tokens = Positive(row.values.Get("input_tokens"));
  if (cached && tokens && *cached >= 0 && *cached <= *tokens) {
    revenue.cached_fraction = *cached / *tokens;
  }
  const double hit = revenue.cached_fraction.value_or(0.0);
  const double input_price =
      (1 - hit) * prices.input + hit * prices.cached_input.value_or(prices.input);
  revenue.usd_per_chip_hour = 3600.0 / 1e6 * (*input * input_price + *output * prices.output);
  return revenue;
}

}  // namespace roofscape::analysis
