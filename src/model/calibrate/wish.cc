#include "model/calibrate/wish.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

namespace roofscape::calibrate {

ServingRow RowOf(const Wish& wish) {
  ServingRow row;
  row.chip = wish.chip;
  row.model = wish.model;
  row.engine = wish.engine;
  row.precision = wish.precision;
  row.speculative = wish.drafts.value_or(0.0) > 0.0 ? "mtp" : "none";
  row.drafts = wish.drafts;
  row.accepted = wish.accepted;
  row.power_cap_w = wish.power_cap_w;
  row.cached = wish.prefix_hit;
  row.fetched = wish.host_hit;
  constexpr double kGiga = 1e9;
  if (wish.host_gbps) row.host_bytes_per_s = *wish.host_gbps * kGiga;
  row.chips = wish.chips;
  row.threads = wish.threads;
  row.slots = wish.slots;
  const RowPool pool = {wish.workers, wish.tp, wish.ep, wish.dp, wish.pp};
  row.disaggregated = wish.Disaggregated();
  if (row.disaggregated) {
    row.decode = pool;
    row.prefill = {wish.prefill_workers, wish.prefill_tp, wish.prefill_ep, wish.prefill_dp,
                   std::nullopt};
    row.decode.workers = wish.workers.value_or(1.0);
    row.prefill.workers = wish.prefill_workers.value_or(1.0);
  } else {
    row.serve = pool;
  }
  return row;
}

Result<> CheckLayout(const Wish& wish, const catalog::Catalog& catalog) {
  const double chips = wish.tp.value_or(1.0) * wish.dp.value_or(1.0) * wish.pp.value_or(1.0);
  if (!wish.Disaggregated() && wish.chips && (wish.tp || wish.dp || wish.pp) &&
      *wish.chips != chips) {
    return Error{ErrorCode::kInvalidArgument,
                 fmt::format("--chips {:g} is not tp x dp x pp = {:g}: leave one of them out",
                             *wish.chips, chips)};
  }
  RS_ASSIGN_OR_RETURN(const catalog::Model* model, catalog::FindModel(catalog, wish.model));
  const bool routed = std::any_of(model->ffns.begin(), model->ffns.end(),
                                  [](const catalog::FfnLayers& f) { return f.routed; });
  if (!routed && (wish.ep.value_or(1.0) > 1.0 || wish.prefill_ep.value_or(1.0) > 1.0)) {
    return Error{
        ErrorCode::kInvalidArgument,
        fmt::format("--ep spreads experts, and '{}' has none: leave it out", model->entry.id)};
  }
  return {};
}

Result<> ReplaceFabric(const Wish& wish, catalog::Catalog& catalog) {
  if (wish.fabric.empty()) return {};
  RS_ASSIGN_OR_RETURN(const catalog::Fabric* fabric, catalog::FindFabric(catalog, wish.fabric));
  RS_ASSIGN_OR_RETURN(const catalog::Chip* chip, catalog::FindChip(catalog, wish.chip));
  for (catalog::Chip& c : catalog.chips) {
    if (c.entry.id == chip->entry.id) c.links.scale_up = fabric->entry.id;
  }
  return {};
}

namespace {

Error Unfit(std::string message) { return Error{ErrorCode::kInvalidArgument, std::move(message)}; }

/// Weights that leave room, and links to everyone of the group.
Result<> CheckWorker(const perf::Machine& machine, const perf::Lowered& worker,
                     std::string_view role) {
  if (perf::CacheBytes(machine, worker, 0.9) < 1e9) {
    return Unfit(
        fmt::format("the weights{}, {:.0f} GB a chip, leave no room for a cache in the "
                    "{:.0f} GB of '{}': use more chips (--{}tp, --{}ep) or a narrower "
                    "--precision",
                    role.empty() ? "" : " of a prefill worker", worker.weight_bytes / 1e9,
                    machine.memory / 1e9, machine.chip, role, role));
  }
  const double chips = worker.layout.chips;
  if (chips > 1.0 && machine.link_bandwidth <= 0.0) {
    return Unfit(
        fmt::format("how fast the links of '{}' are is not known, so nothing can be "
                    "predicted on {:g} of them: name others with --fabric",
                    machine.chip, chips));
  }
  if (chips > machine.domain_chips && machine.rail_bandwidth <= 0.0) {
    return Unfit(
        fmt::format("the links of '{}' join {:g} chips, no others are known, and a worker "
                    "has {:g}: lower --{}tp, --{}dp or --{}ep, or name others with "
                    "--fabric",
                    machine.chip, machine.domain_chips, chips, role, role, role));
  }
  return {};
}

}  // namespace

Result<> CheckFits(const Case& c) {
  const perf::Service& s = c.service;
  RS_RETURN_IF_ERROR(CheckWorker(s.machine, s.serve.worker, ""));
  return s.disaggregated ? CheckWorker(s.machine, s.prefill.worker, "prefill-") : Result<>();
}

}  // namespace roofscape::calibrate
