#include "results/ingest/inferencex_power.h"

#include <array>
#include <cmath>
#include <optional>
#include <string_view>

#include "results/ingest/corrections.h"

namespace roofscape::ingest::inferencex {
namespace {

/// Energy windows and benchmark durations may differ by 1 % in theirs; printed digits add a little.
constexpr double kAgree = 0.02;
/// From this version of their power fields on, joules are those of the whole deployment.
constexpr std::int64_t kWholeDeployment = 2;

struct Energy {
  std::string_view field;  // Theirs.
  Rate joules;
  std::string_view metric;  // Ours.
  std::string_view rate;    // The deployment's tokens a second of that kind.
};

constexpr auto kEnergies = std::to_array<Energy>({
    {"joules_per_total_token", Rate::kJoulesTotal, "joules_per_total_token_device", "total_tps"},
    {"joules_per_input_token", Rate::kJoulesInput, "joules_per_input_token_device", "input_tps"},
    {"joules_per_output_token", Rate::kJoulesOutput, "joules_per_output_token_device",
     "output_tps"},
});

std::optional<double> Value(const Record& record, Rate rate) {
  return record.has(rate) && record.at(rate) > 0.0 ? std::optional(record.at(rate)) : std::nullopt;
}

/// Nothing of the row's power is used.
void Refuse(const Record& record, std::string_view code, spec::Row& row) {
  for (const Rate rate : {Rate::kChipPower, Rate::kAllPower}) {
    if (const auto watts = Value(record, rate)) {
      Note(row, code, rate == Rate::kChipPower ? "avg_power_w" : "avg_total_gpu_power_w", watts,
           std::nullopt);
    }
  }
  for (const Energy& energy : kEnergies) {
    if (const auto joules = Value(record, energy.joules)) {
      Note(row, code, energy.field, joules, std::nullopt);
    }
  }
}

}  // namespace

void SetPower(const Record& record, const Chips& chips, bool disaggregated, spec::Row& row) {
  if (record.at(Flag::kPowerValid) == std::optional(false)) {
    return Refuse(record, "power_invalid", row);
  }
  // The chips that were read are then not those of the deployment: idle ones stood beside them.
  if (record.worker_chips > 0 && record.worker_chips != chips.all) {
    return Refuse(record, "power_devices", row);
  }
  const auto all = static_cast<double>(chips.all);
  auto watts = Value(record, Rate::kAllPower);
  if (const auto each = Value(record, Rate::kChipPower)) {
    const double sum = *each * all;
    if (watts && std::abs(*watts / sum - 1.0) > kAgree) {
      return Refuse(record, "power_devices", row);
    }
    if (!watts) watts = sum;
  }
  if (watts) row.values.Set("device_power_w", *watts);
  const bool whole = !disaggregated || record.at(Count::kPowerSchema) >= kWholeDeployment;
  for (const Energy& energy : kEnergies) {
    const auto joules = Value(record, energy.joules);
    if (!joules) continue;
    const auto rate = row.values.Get(energy.rate);
    std::optional<double> now = joules;
    if (!whole && energy.joules != Rate::kJoulesTotal) {
      now = watts && rate && *rate > 0.0 ? std::optional(*watts / *rate) : std::nullopt;
      if (!now || std::abs(*now / *joules - 1.0) > kAgree) {
        Note(row, "energy_boundary", energy.field, joules, now);
      } else {
        now = joules;
      }
    }
    if (now && std::isfinite(*now)) row.values.Set(energy.metric, *now);
  }
}

}  // namespace roofscape::ingest::inferencex
