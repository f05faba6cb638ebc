#include "domain/analysis/energy.h"

#include <array>
#include <string>

#include <fmt/format.h>

#include "base/core/check.h"
#include "base/core/names.h"

namespace roofscape::analysis {
namespace {

constexpr std::array<std::string_view, 4> kNames = {"device", "host", "provisioned", "facility"};

Error Missing(Boundary boundary, std::string_view what) {
  return {ErrorCode::kNotFound, fmt::format("power at the {} boundary: {}", Name(boundary), what)};
}

std::optional<double> DeviceJoules(const spec::Row& row, TokenKind kind) {
  return row.values.Get(fmt::format("joules_per_{}_token_device", Name(kind)));
}

Result<EnergyFigure> DevicePower(const spec::Row& row) {
  const auto chips = spec::ChipCount(row.deployment);
  const auto watts = row.values.Get("device_power_w");
  if (watts && chips && *chips > 0) {
    const double chip_w = *watts / static_cast<double>(*chips);
    return EnergyFigure{chip_w, Boundary::kDevice, chip_w, std::nullopt};
  }
  for (const TokenKind kind : {TokenKind::kTotal, TokenKind::kOutput, TokenKind::kInput}) {
    const auto joules = DeviceJoules(row, kind);
    const auto rate = RatePerChip(row, kind);
    if (joules && rate) {
      return EnergyFigure{*joules * *rate, Boundary::kDevice, *joules * *rate, std::nullopt};
    }
  }
  return Missing(Boundary::kDevice, "the point has no valid measured power");
}

Result<EnergyFigure> HostPower(const spec::Row& row, const PowerContext& context) {
  const auto chips = spec::ChipCount(row.deployment);
  if (!context.host_w) return Missing(Boundary::kHost, "the servers' power was not measured");
  if (!chips || *chips <= 0) return Missing(Boundary::kHost, "the number of chips is unknown");
  const double chip_w = *context.host_w / static_cast<double>(*chips);
  return EnergyFigure{chip_w, Boundary::kHost, chip_w, std::nullopt};
}

Result<EnergyFigure> ProvisionedPower(const spec::Row& row, const PowerContext& context) {
  RS_CHECK(context.catalog != nullptr);
  if (row.deployment.chip.empty()) {
    return Missing(Boundary::kProvisioned, "the point does not say which chip served it");
  }
  RS_ASSIGN_OR_RETURN(const catalog::Chip* chip,
                      catalog::FindChip(*context.catalog, row.deployment.chip));
  const auto kw = catalog::AllInPowerAt(context.catalog->prices, chip->entry.id, context.date);
  if (!kw) {
    return Missing(Boundary::kProvisioned,
                   fmt::format("no price book up to {} has the all-in power of '{}'",
                               context.date.ToIso(), chip->entry.id));
  }
  return EnergyFigure{1000 * kw->value, Boundary::kProvisioned, 1000 * kw->value, kw};
}

}  // namespace

std::string_view Name(Boundary boundary) { return kNames[static_cast<std::size_t>(boundary)]; }

Result<Boundary> ParseBoundary(std::string_view name) {
  return ParseName<Boundary>("boundary", name, kNames);
}

Result<EnergyFigure> ChipPower(const spec::Row& row, Boundary boundary,
                               const PowerContext& context) {
  if (boundary == Boundary::kDevice) return DevicePower(row);
  if (boundary == Boundary::kHost) return HostPower(row, context);
  if (boundary == Boundary::kProvisioned) return ProvisionedPower(row, context);
  if (!context.pue || *context.pue < 1) {
    return Missing(boundary, "needs the building's PUE, at least 1");
  }
  RS_ASSIGN_OR_RETURN(const EnergyFigure power, HostPower(row, context));
  const double chip_w = *power.chip_w * *context.pue;
  return EnergyFigure{chip_w, boundary, chip_w, std::nullopt};
}

Result<EnergyFigure> JoulesPerToken(const spec::Row& row, TokenKind kind, Boundary boundary,
                                    const PowerContext& context) {
  const auto rate = RatePerChip(row, kind);
  Result<EnergyFigure> power = ChipPower(row, boundary, context);
  if (boundary == Boundary::kDevice) {
    if (const auto joules = DeviceJoules(row, kind)) {
      return EnergyFigure{*joules, boundary, power ? power->chip_w : std::nullopt, std::nullopt};
    }
  }
  if (!power) return power.error();
  if (!rate) return Missing(boundary, fmt::format("the point has no {} token rate", Name(kind)));
  power->value = *power->chip_w / *rate;
  return power;
}

Result<EnergyFigure> JoulesPerToken(const PowerReading& reading, double tokens, Boundary boundary) {
  RS_CHECK(tokens > 0 && (boundary == Boundary::kDevice || boundary == Boundary::kHost));
  if (reading.energy_j) {
    return EnergyFigure{*reading.energy_j / tokens, boundary, reading.device_w, std::nullopt};
  }
  std::string codes;
  for (const PowerFault fault : reading.faults) codes += " " + std::string(ReasonCode(fault));
  return Missing(boundary, "the sampled power is not valid:" + codes);
}

Result<EnergyFigure> TpsPerMw(const spec::Row& row, TokenKind kind, Boundary boundary,
                              const PowerContext& context) {
  RS_ASSIGN_OR_RETURN(EnergyFigure power, ChipPower(row, boundary, context));
  const auto rate = RatePerChip(row, kind);
  if (!rate) return Missing(boundary, fmt::format("the point has no {} token rate", Name(kind)));
  power.value = 1e6 * *rate / *power.chip_w;
  return power;
}

}  // namespace roofscape::analysis
