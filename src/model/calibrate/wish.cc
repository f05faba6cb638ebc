#include "model/calibrate/wish.h"

#include <algorithm>

#include <fmt/format.h>

namespace roofscape::calibrate {

ServingRow RowOf(const Wish& o) {
  ServingRow row;
  row.chip = o.chip;
  row.model = o.model;
  row.engine = o.engine;
  row.precision = o.precision;
  row.speculative = o.drafts.value_or(0.0) > 0.0 ? "mtp" : "none";
  row.drafts = o.drafts;
  row.accepted = o.accepted;
  row.chips = o.chips;
  row.threads = o.threads;
  row.slots = o.slots;
  const RowPool pool = {o.workers, o.tp, o.ep, o.dp, o.pp};
  row.disaggregated = o.Disaggregated();
  if (row.disaggregated) {
    row.decode = pool;
    row.prefill = {o.prefill_workers, o.prefill_tp, o.prefill_ep, o.prefill_dp, std::nullopt};
    row.decode.workers = o.workers.value_or(1.0);
    row.prefill.workers = o.prefill_workers.value_or(1.0);
  } else {
    row.serve = pool;
  }
  return row;
}

Result<> CheckLayout(const Wish& o, const catalog::Catalog& catalog) {
  const double chips = o.tp.value_or(1.0) * o.dp.value_or(1.0) * o.pp.value_or(1.0);
  if (!o.Disaggregated() && o.chips && (o.tp || o.dp || o.pp) && *o.chips != chips) {
    return Error{ErrorCode::kInvalidArgument,
                 fmt::format("--chips {:g} is not tp x dp x pp = {:g}: leave one of them out",
                             *o.chips, chips)};
  }
  RS_ASSIGN_OR_RETURN(const catalog::Model* model, catalog::FindModel(catalog, o.model));
  const bool routed = std::any_of(model->ffns.begin(), model->ffns.end(),
                                  [](const catalog::FfnLayers& f) { return f.routed; });
  if (!routed && (o.ep.value_or(1.0) > 1.0 || o.prefill_ep.value_or(1.0) > 1.0)) {
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

Result<> CheckFits(const Case& c) {
  if (!c.service.unlimited_cache) return {};
  return Error{
      ErrorCode::kInvalidArgument,
      fmt::format("the weights, {:.0f} GB a chip, leave no room for a cache in the {:.0f} GB of "
                  "'{}': use more chips (--tp, --ep) or a narrower --precision",
                  c.service.serve.worker.weight_bytes / 1e9, c.service.machine.memory / 1e9,
                  c.service.machine.chip)};
}

}  // namespace roofscape::calibrate
