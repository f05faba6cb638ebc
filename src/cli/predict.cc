// roofscape predict: what a deployment would do, by the performance model.

#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "cli/catalog_source.h"
#include "cli/command.h"
#include "cli/deployment_options.h"
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

struct Options : DeploymentOptions {
  double input = 1024;
  double output = 1024;
  std::vector<double> concurrency = {1, 4, 16, 64};
  bool json = false;
};

Result<> Predict(Options options) {
  RS_RETURN_IF_ERROR(CompleteDeployment(options));
  RS_ASSIGN_OR_RETURN(const catalog::Catalog catalog, LoadDeploymentCatalog(options));
  RS_ASSIGN_OR_RETURN(const calibrate::Model model, LoadModel(options.params));
  RS_ASSIGN_OR_RETURN(const auto kernels, LoadKernels());
  calibrate::ServingRow row = calibrate::RowOf(options);
  row.input = options.input;
  row.output = options.output;
  std::vector<calibrate::PredictedPoint> points;
  for (const double concurrency : options.concurrency) {
    row.concurrency = concurrency;
    RS_ASSIGN_OR_RETURN(const calibrate::Case c, calibrate::MakeCase(catalog, row, &kernels->book));
    RS_RETURN_IF_ERROR(calibrate::CheckFits(c));
    points.push_back({concurrency, model.Predict(c), model.Explain(c)});
  }
  if (options.json) {
    const Json json = {{"schema", "roofscape-prediction-1"},
                       {"model", options.model},
                       {"chip", options.chip},
                       {"fitted_rows", model.rows()},
                       {"points", calibrate::PredictionJson(points)}};
    fmt::print("{}\n", json.dump(2));
    return {};
  }
  const Style style = StyleOf(stdout);
  fmt::print("{}\n", PredictionTable(points, style));
  fmt::print("{}", ExplanationText(points.back(), style));
  return {};
}

}  // namespace

void AddPredictCommand(CLI::App& app, Invocation& invocation) {
  CLI::App* command = app.add_subcommand("predict", kDescription);
  command->footer(kFooter);
  const auto options = std::make_shared<Options>();
  AddDeploymentOptions(*command, *options);
  command->add_option("--input-tokens", options->input, "Prompt tokens, nominal")
      ->check(CLI::Range(1.0, 1e8))
      ->capture_default_str();
  command->add_option("--output-tokens", options->output, "Tokens of an answer, nominal")
      ->check(CLI::Range(2.0, 1e8))
      ->capture_default_str();
  command->add_option("--concurrency", options->concurrency, "Requests in flight, one or more")
      ->delimiter(',')
      ->check(CLI::Range(1.0, 1e7));
  AddParamsOption(*command, *options);
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
