#include "domain/analysis/derived_axes.h"

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "base/core/text.h"
#include "domain/analysis/energy.h"

namespace roofscape::analysis {
namespace {

constexpr std::array kKinds = {TokenKind::kTotal, TokenKind::kInput, TokenKind::kOutput};

/// A figure of a chip's book, looked up once a chip.
class ByChip {
 public:
  using Look = std::function<std::optional<double>(const spec::Row&)>;

  explicit ByChip(Look look) : look_(std::move(look)) {}

  std::optional<double> Of(const spec::Row& row) {
    const auto known = found_.find(row.deployment.chip);
    if (known != found_.end()) return known->second;
    return found_.emplace(row.deployment.chip, look_(row)).first->second;
  }

 private:
  Look look_;
  std::map<std::string, std::optional<double>> found_;
};

std::shared_ptr<ByChip> ProvisionedWatts(const Pricing& pricing) {
  return std::make_shared<ByChip>([pricing](const spec::Row& row) -> std::optional<double> {
    const auto power =
        ChipPower(row, Boundary::kProvisioned, {pricing.catalog, pricing.date, {}, {}});
    return power && power->value > 0 ? std::optional(power->value) : std::nullopt;
  });
}

std::string JoulesName(TokenKind kind) {
  return fmt::format("joules_per_{}_token_provisioned", Name(kind));
}

std::string PerMegawattName(TokenKind kind) {
  return fmt::format("{}_tps_per_mw_provisioned", Name(kind));
}

std::string KindText(TokenKind kind) {
  return kind == TokenKind::kTotal ? "tokens" : std::string(Name(kind)) + " tokens";
}

AxisInfo CostInfo(TokenKind kind) {
  return {fmt::format("usd_per_mtok_{}", Name(kind)), "USD/Mtok",
          "cost of a million " + KindText(kind), spec::Direction::kLowerIsBetter, true};
}

AxisInfo JoulesInfo(TokenKind kind) {
  return {JoulesName(kind), "J/token",
          fmt::format("energy a{} token, all-in power", kind == TokenKind::kTotal   ? ""
                                                        : kind == TokenKind::kInput ? "n input"
                                                                                    : "n output"),
          spec::Direction::kLowerIsBetter, true};
}

AxisInfo PerMegawattInfo(TokenKind kind) {
  return {PerMegawattName(kind), "tokens/s/MW", KindText(kind) + " a second a megawatt, all-in",
          spec::Direction::kHigherIsBetter, true};
}

std::vector<AxisInfo> MakeAxes() {
  std::vector<AxisInfo> all;
  for (const spec::MetricInfo& metric : spec::AllMetrics()) {
    if (metric.direction == spec::Direction::kNeither) continue;
    all.push_back({metric.name, metric.unit, metric.title, metric.direction, false});
  }
  for (const TokenKind kind : kKinds) all.push_back(CostInfo(kind));
  for (const TokenKind kind : kKinds) all.push_back(JoulesInfo(kind));
  for (const TokenKind kind : {TokenKind::kTotal, TokenKind::kOutput}) {
    all.push_back(PerMegawattInfo(kind));
  }
  return all;
}

RowAxis Axis(const AxisInfo& info, std::function<std::optional<double>(const spec::Row&)> value) {
  return {info.name, info.unit, info.direction, std::move(value)};
}

RowAxis JoulesAxis(TokenKind kind, const Pricing& pricing) {
  return Axis(
      JoulesInfo(kind),
      [kind, watts = ProvisionedWatts(pricing)](const spec::Row& row) -> std::optional<double> {
        const auto rate = RatePerChip(row, kind);
        const auto chip_w = rate ? watts->Of(row) : std::nullopt;
        return chip_w ? std::optional(*chip_w / *rate) : std::nullopt;
      });
}

RowAxis PerMegawattAxis(TokenKind kind, const Pricing& pricing) {
  return Axis(
      PerMegawattInfo(kind),
      [kind, watts = ProvisionedWatts(pricing)](const spec::Row& row) -> std::optional<double> {
        const auto rate = RatePerChip(row, kind);
        const auto chip_w = rate ? watts->Of(row) : std::nullopt;
        return chip_w ? std::optional(1e6 * *rate / *chip_w) : std::nullopt;
      });
}

}  // namespace

const std::vector<AxisInfo>& AllAxes() {
  static const std::vector<AxisInfo> all = MakeAxes();
  return all;
}

Result<AxisInfo> FindAxis(std::string_view name) {
  std::vector<std::string> names;
  for (const AxisInfo& axis : AllAxes()) {
    if (axis.name == name) return axis;
    names.push_back(axis.name);
  }
  RS_RETURN_IF_ERROR(spec::FindMetric(name));  // One of which neither more nor less is better.
  return MetricAxis(std::string(name)).error();
}

std::string RateName(TokenKind kind) { return std::string(Name(kind)) + "_tps_per_chip"; }

std::optional<TokenKind> CostKindOf(std::string_view axis_name) {
  for (const TokenKind kind : kKinds) {
    if (CostInfo(kind).name == axis_name) return kind;
  }
  return std::nullopt;
}

RowAxis CostAxis(TokenKind kind, const Pricing& pricing) {
  auto prices = std::make_shared<ByChip>([pricing](const spec::Row& row) -> std::optional<double> {
    const auto price = ChipPrice(row.deployment.chip, pricing);
    return price ? std::optional(price->value) : std::nullopt;
  });
  return Axis(CostInfo(kind),
              [kind, prices = std::move(prices)](const spec::Row& row) -> std::optional<double> {
                const auto rate = RatePerChip(row, kind);
                const auto price = rate ? prices->Of(row) : std::nullopt;
                return price ? std::optional(UsdPerMtok(*price, *rate)) : std::nullopt;
              });
}

Result<RowAxis> AxisNamed(std::string_view name, const Pricing& pricing) {
  for (const TokenKind kind : kKinds) {
    if (name == CostInfo(kind).name) return CostAxis(kind, pricing);
    if (name == JoulesName(kind)) return JoulesAxis(kind, pricing);
    if (name == PerMegawattName(kind) && kind != TokenKind::kInput) {
      return PerMegawattAxis(kind, pricing);
    }
  }
  RS_RETURN_IF_ERROR(FindAxis(name));
  return MetricAxis(std::string(name));
}

}  // namespace roofscape::analysis
