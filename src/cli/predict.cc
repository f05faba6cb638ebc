// roofscape predict: what a deployment would do, by the performance model.

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "cli/catalog_source.h"
#include "cli/command.h"
#include "cli/model_source.h"
#include "cli/predict_text.h"

namespace roofscape::cli {
namespace {

constexpr const char* kDescription = "Predict a deployment's speed, with intervals.";

constexpr const char* kFooter =
    "Example:\n"
    "  roofscape predict --model llama-3.1-70b --chip h200-sxm --engine vllm --precision fp8 \\\n"
    "    --tp 4 --input-tokens 1024 --output-tokens 1024 --concurrency 1,4,16,64\n"
    "  roofscape predict --model deepseek-v3 --chip gb200-nvl72 --engine trtllm --precision fp4 "
    "\\\n"
    "    --tp 8 --ep 8 --prefill-tp 4 --prefill-ep 4 --prefill-workers 2 --concurrency 64\n\n"
    "The load is InferenceX's: all requests at once, 10 a slot, lengths 0.8 to 1.0 of what is\n"
    "given, no prefix cache. --prefill-* makes the deployment disaggregated; --tp, --ep, --dp are\n"
    "then those of decoding. Names: roofscape catalog list.";

struct Options {
  std::string model, chip, fabric, engine, precision;
  std::optional<double> chips, workers;
  std::optional<double> tp, ep, dp, pp;
  std::optional<double> prefill_tp, prefill_ep, prefill_dp, prefill_workers;
  double input = 1024;
  double output = 1024;
  std::vector<double> concurrency = {1, 4, 16, 64};
  std::string params;
  std::string catalog;
  bool json = false;
};

calibrate::ServingRow RowOf(const Options& o) {
  calibrate::ServingRow row;
  row.chip = o.chip;
  row.model = o.model;
  row.engine = o.engine;
  row.precision = o.precision;
  row.speculative = "none";
  row.input = o.input;
  row.output = o.output;
  row.chips = o.chips;
  const calibrate::RowPool pool = {o.workers, o.tp, o.ep, o.dp, o.pp};
  row.disaggregated = o.prefill_tp || o.prefill_ep || o.prefill_dp || o.prefill_workers;
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

/// The chip with other links between its likes.
Result<> ReplaceFabric(const Options& options, catalog::Catalog& catalog) {
  if (options.fabric.empty()) return {};
  RS_ASSIGN_OR_RETURN(const catalog::Fabric* fabric, catalog::FindFabric(catalog, options.fabric));
  RS_ASSIGN_OR_RETURN(const catalog::Chip* chip, catalog::FindChip(catalog, options.chip));
  for (catalog::Chip& c : catalog.chips) {
    if (c.entry.id == chip->entry.id) c.links.scale_up = fabric->entry.id;
  }
  return {};
}

/// A number of chips that contradicts the degrees, or experts where there are none.
Result<> CheckLayout(const Options& o, const catalog::Catalog& catalog) {
  const bool split = o.prefill_tp || o.prefill_ep || o.prefill_dp || o.prefill_workers;
  const double chips = o.tp.value_or(1.0) * o.dp.value_or(1.0) * o.pp.value_or(1.0);
  if (!split && o.chips && (o.tp || o.dp || o.pp) && *o.chips != chips) {
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

Result<> CheckFits(const calibrate::Case& c) {
  if (!c.service.unlimited_cache) return {};
  return Error{
      ErrorCode::kInvalidArgument,
      fmt::format("the weights, {:.0f} GB a chip, leave no room for a cache in the {:.0f} GB of "
                  "'{}': use more chips (--tp, --ep) or a narrower --precision",
                  c.service.serve.worker.weight_bytes / 1e9, c.service.machine.memory / 1e9,
                  c.service.machine.chip)};
}

Result<> Predict(const Options& options) {
  RS_ASSIGN_OR_RETURN(catalog::Catalog catalog, LoadCatalog(options.catalog));
  RS_RETURN_IF_ERROR(CheckLayout(options, catalog));
  RS_RETURN_IF_ERROR(ReplaceFabric(options, catalog));
  RS_ASSIGN_OR_RETURN(const calibrate::Model model, LoadModel(options.params));
  RS_ASSIGN_OR_RETURN(const auto kernels, LoadKernels());
  calibrate::ServingRow row = RowOf(options);
  std::vector<PredictedPoint> points;
  for (const double concurrency : options.concurrency) {
    row.concurrency = concurrency;
    RS_ASSIGN_OR_RETURN(const calibrate::Case c, calibrate::MakeCase(catalog, row, &kernels->book));
    RS_RETURN_IF_ERROR(CheckFits(c));
    points.push_back({concurrency, model.Predict(c), model.Explain(c)});
  }
  if (options.json) {
    const Json json = {{"schema", "roofscape-prediction-1"},
                       {"model", options.model},
                       {"chip", options.chip},
                       {"fitted_rows", model.rows()},
                       {"points", PredictionJson(points)}};
    fmt::print("{}\n", json.dump(2));
    return {};
  }
  const Style style = StyleOf(stdout);
  fmt::print("{}\n", PredictionTable(points, style));
  fmt::print("{}", ExplanationText(points.back(), style));
  return {};
}

void AddLayoutOptions(CLI::App& command, Options& options) {
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

void AddPredictCommand(CLI::App& app, Invocation& invocation) {
  CLI::App* command = app.add_subcommand("predict", kDescription);
  command->footer(kFooter);
  const auto options = std::make_shared<Options>();
  command->add_option("--model", options->model, "A model of the catalog")->required();
  command->add_option("--chip", options->chip, "A chip of the catalog")->required();
  command->add_option("--fabric", options->fabric,
                      "Links between the chips, instead of the chip's");
  command->add_option("--engine", options->engine,
                      "vllm, sglang or trtllm; others: what they share");
  command->add_option("--precision", options->precision,
                      "bf16, fp8, fp4, ...; without: as the model was released");
  AddLayoutOptions(*command, *options);
  command->add_option("--input-tokens", options->input, "Prompt tokens, nominal")
      ->check(CLI::Range(1.0, 1e8))
      ->capture_default_str();
  command->add_option("--output-tokens", options->output, "Tokens of an answer, nominal")
      ->check(CLI::Range(2.0, 1e8))
      ->capture_default_str();
  command->add_option("--concurrency", options->concurrency, "Requests in flight, one or more")
      ->delimiter(',')
      ->check(CLI::Range(1.0, 1e7));
  command->add_option("--params", options->params,
                      "Model file of calibrate; without: the one of this program");
  command->add_flag("--json", options->json, "Print one object");
  AddCatalogOption(*command, options->catalog);
  command->callback([options, &invocation] {
    invocation.run = [options] {
      const Result<> done = Predict(*options);
      return done ? int{kDone} : Report(done.error());
    };
  });
}

}  // namespace roofscape::cli
