#include "cli/deployment_options.h"

#include <algorithm>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "cli/catalog_source.h"

namespace roofscape::cli {
namespace {

/// The chip with other links between its likes.
Result<> ReplaceFabric(const DeploymentOptions& options, catalog::Catalog& catalog) {
  if (options.fabric.empty()) return {};
  RS_ASSIGN_OR_RETURN(const catalog::Fabric* fabric, catalog::FindFabric(catalog, options.fabric));
  RS_ASSIGN_OR_RETURN(const catalog::Chip* chip, catalog::FindChip(catalog, options.chip));
  for (catalog::Chip& c : catalog.chips) {
    if (c.entry.id == chip->entry.id) c.links.scale_up = fabric->entry.id;
  }
  return {};
}

/// A number of chips that contradicts the degrees, or experts where there are none.
Result<> CheckLayout(const DeploymentOptions& o, const catalog::Catalog& catalog) {
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

void AddLayoutOptions(CLI::App& command, DeploymentOptions& options) {
  const auto count = [&](const char* flag, std::optional<double>& place, const char* text) {
    command.add_option(flag, place, text)->check(CLI::Range(1.0, 1e6));
  };
  count("--tp", options.tp, "Tensor parallel degree (of decoding)");
  count("--ep", options.ep, "Expert parallel degree");
  count("--dp", options.dp, "Data parallel degree of attention");
  count("--pp", options.pp, "Pipeline stages");
  count("--chips", options.chips,
        "Chips of the deployment; without: the larger of tp x dp and ep, x pp");
  count("--threads", options.threads,
        "Threads of a processor that roofscape probe measured; without: the most it measured");
  count("--slots", options.slots,
        "Slots of llama.cpp, each with a cache of its own; on a processor that was measured");
  count("--workers", options.workers, "Decode workers, where disaggregated");
  count("--prefill-tp", options.prefill_tp, "Tensor parallel degree of prefill workers");
  count("--prefill-ep", options.prefill_ep, "Expert parallel degree of prefill workers");
  count("--prefill-dp", options.prefill_dp, "Data parallel attention of prefill workers");
  count("--prefill-workers", options.prefill_workers, "Prefill workers");
}

}  // namespace

void AddDeploymentOptions(CLI::App& command, DeploymentOptions& options) {
  command.add_option("--model", options.model, "A model of the catalog")->required();
  command.add_option("--chip", options.chip, "A chip of the catalog")->required();
  command.add_option("--fabric", options.fabric, "Links between the chips, instead of the chip's");
  command.add_option("--engine", options.engine, "vllm, sglang or trtllm; others: what they share");
  command.add_option("--precision", options.precision,
                     "bf16, fp8, fp4, ...; without: as the model was released");
  AddLayoutOptions(command, options);
}

void AddParamsOption(CLI::App& command, DeploymentOptions& options) {
  command.add_option("--params", options.params,
                     "Model file of calibrate; without: the one of this program");
}

calibrate::ServingRow RowOf(const DeploymentOptions& o) {
  calibrate::ServingRow row;
  row.chip = o.chip;
  row.model = o.model;
  row.engine = o.engine;
  row.precision = o.precision;
  row.speculative = "none";
  row.chips = o.chips;
  row.threads = o.threads;
  row.slots = o.slots;
  const calibrate::RowPool pool = {o.workers, o.tp, o.ep, o.dp, o.pp};
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

Result<catalog::Catalog> LoadDeploymentCatalog(const DeploymentOptions& options) {
  RS_ASSIGN_OR_RETURN(catalog::Catalog catalog, LoadCatalog(options.catalog));
  RS_RETURN_IF_ERROR(CheckLayout(options, catalog));
  RS_RETURN_IF_ERROR(ReplaceFabric(options, catalog));
  return catalog;
}

Result<> CheckFits(const calibrate::Case& c) {
  if (!c.service.unlimited_cache) return {};
  return Error{
      ErrorCode::kInvalidArgument,
      fmt::format("the weights, {:.0f} GB a chip, leave no room for a cache in the {:.0f} GB of "
                  "'{}': use more chips (--tp, --ep) or a narrower --precision",
                  c.service.serve.worker.weight_bytes / 1e9, c.service.machine.memory / 1e9,
                  c.service.machine.chip)};
}

}  // namespace roofscape::cli
