#include "cli/deployment_options.h"

#include <CLI/CLI.hpp>

#include "cli/catalog_source.h"

namespace roofscape::cli {
namespace {

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

Result<catalog::Catalog> LoadDeploymentCatalog(const DeploymentOptions& options) {
  RS_ASSIGN_OR_RETURN(catalog::Catalog catalog, LoadCatalog(options.catalog));
  RS_RETURN_IF_ERROR(calibrate::CheckLayout(options, catalog));
  RS_RETURN_IF_ERROR(calibrate::ReplaceFabric(options, catalog));
  return catalog;
}

}  // namespace roofscape::cli
