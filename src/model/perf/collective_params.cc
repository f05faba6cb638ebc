#include "model/perf/collective_params.h"

namespace roofscape::perf {
namespace {

using catalog::Topology;

constexpr std::size_t Index(Collective kind) { return static_cast<std::size_t>(kind); }

/// What an island reaches of which nothing was measured: between the figures of the NVLink domains
/// of catalog/fabrics, which no maker of another switch or mesh has shown to beat.
LinkTable<double> AssumedIsland() {
  LinkTable<double> table;
  table[Collective::kSmallAllReduce] = {5e-6, 20e-6, 0.7, 0, 0};
  table[Collective::kRingAllReduce] = {7e-6, 1.1e-6, 0.84, 5e6, 0.2};
  table[Collective::kInSwitchAllReduce] = {30e-6, 0, 0.65, 5e6, 0};
  table[Collective::kGather] = {7e-6, 1.1e-6, 0.84, 6e6, 0.4};
  table[Collective::kAllToAll] = {9e-6, 0.2e-6, 0.82, 7e6, 0.5};
  table[Collective::kDispatch] = {12e-6, 0, 0.55, 0, 0.5};
  table[Collective::kCombine] = {12e-6, 0.1e-6, 0.55, 0, 0.5};
  table[Collective::kSend] = {10e-6, 0, 0.8, 0, 0};
  return table;
}

/// A torus moves what a compiler has planned: its hops are the start-up, and links give 85 % of
/// their bandwidth to payload.
LinkTable<double> AssumedTorus() {
  LinkTable<double> table;
  for (LinkParams<double>& p : table.kinds) p.efficiency = 0.85;
  return table;
}

/// Network cards: what dispatch and combine reach on InfiniBand, and the ten microseconds that
/// engines' own models give a transfer.
LinkTable<double> AssumedRails() {
  LinkTable<double> table;
  for (LinkParams<double>& p : table.kinds) p = {20e-6, 5e-6, 0.85, 0, 0};
  table[Collective::kDispatch] = {25e-6, 0, kRailsReach, 0, 0};
  table[Collective::kCombine] = {25e-6, 0, kRailsReach, 0, 0};
  table[Collective::kSend] = {10e-6, 0, 0.85, 0, 0};
  return table;
}

/// Puts what the catalog measured in the place of what was assumed.
void Take(const catalog::Fabric& from, LinkTable<double>& table,
          std::array<Tier, kCollectives>& tiers) {
  for (std::size_t i = 0; i < kCollectives; ++i) {
    const std::optional<catalog::CollectiveFit>& fit = from.collectives[i];
    if (!fit) continue;
    table.kinds[i] = {fit->launch_us.value_or(0) * 1e-6, fit->step_us.value_or(0) * 1e-6,
                      fit->efficiency.value_or(1), fit->half_mb.value_or(0) * 1e6,
                      fit->own_share.value_or(0)};
    tiers[i] = Tier::kMeasured;
  }
}

}  // namespace

CommDefaults DefaultParams(const catalog::Fabric& scale_up, const catalog::Fabric* scale_out) {
  CommDefaults out;
  out.island_tier.fill(Tier::kAssumed);
  out.rails_tier.fill(Tier::kAssumed);
  out.params.island = scale_up.topology == Topology::kTorus ? AssumedTorus() : AssumedIsland();
  out.params.rails = AssumedRails();
  out.params.hop_s = scale_up.hop_us.value_or(scale_up.topology == Topology::kTorus ? 1 : 0) * 1e-6;
  Take(scale_up, out.params.island, out.island_tier);
  if (scale_out != nullptr) Take(*scale_out, out.params.rails, out.rails_tier);
  const auto& dispatch = scale_up.collectives[Index(Collective::kDispatch)];
  if (dispatch && dispatch->copies == "expert") out.copies = Copies::kPerExpert;
  return out;
}

Result<CommDefaults> DefaultParams(const catalog::Catalog& catalog, const catalog::Chip& chip) {
  if (chip.links.scale_up.empty()) return CommDefaults{};
  RS_ASSIGN_OR_RETURN(const catalog::Fabric* up, FindFabric(catalog, chip.links.scale_up));
  const catalog::Fabric* out = nullptr;
  if (!chip.links.scale_out.empty()) {
    RS_ASSIGN_OR_RETURN(out, FindFabric(catalog, chip.links.scale_out));
  }
  return DefaultParams(*up, out);
}

}  // namespace roofscape::perf
