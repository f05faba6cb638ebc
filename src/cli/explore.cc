// roofscape explore: which layout, engine and load serve a model best on given chips.

#include <memory>

#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "cli/catalog_source.h"
#include "cli/command.h"
#include "cli/explore_run.h"
#include "cli/explore_text.h"

namespace roofscape::cli {
namespace {

constexpr const char* kDescription = "Search the layouts that serve a model best on given chips.";

constexpr const char* kFooter =
    "Example:\n"
    "  roofscape explore --model llama-3.1-70b --chip h200-sxm --chips 8 --precision fp8 \\\n"
    "    --interactivity 50\n"
    "  roofscape explore --model deepseek-v3 --chip h200-sxm:16,b200-sxm:8 --engine sglang \\\n"
    "    --input-tokens 8192 --interactivity 30 --ttft-ms 2000 --objective usd --why-not\n\n"
    "Every legal layout is looked at: tensor, expert and pipeline parallel, copies of attention,\n"
    "replicas, prefill apart from decode, at every load. The mean field decides what is worth\n"
    "correcting by measured rows; the first ones are simulated. Load and figures are those of\n"
    "predict. A precision narrower than the model was released in changes its answers, so it must\n"
    "be asked for.";

void AddWhat(CLI::App& command, ExploreOptions& o) {
  command.add_option("--model", o.model, "A model of the catalog")->required();
  command.add_option("--chip", o.chips, "Chips of the catalog: NAME or NAME:COUNT, one or more")
      ->delimiter(',')
      ->required();
  command.add_option("--chips", o.most_chips, "Chips of a deployment at most, of each kind")
      ->check(CLI::Range(1, 4096))
      ->capture_default_str();
  command.add_option("--engine", o.engines, "vllm, sglang, trtllm; default: all three")
      ->delimiter(',');
  command
      .add_option("--precision", o.precisions,
                  "bf16, fp8, fp4, one or more; default: as the model was released")
      ->delimiter(',');
  command.add_option("--input-tokens", o.input, "Prompt tokens, nominal")
      ->check(CLI::Range(1.0, 1e8))
      ->capture_default_str();
  command.add_option("--output-tokens", o.output, "Tokens of an answer, nominal")
      ->check(CLI::Range(2.0, 1e8))
      ->capture_default_str();
}

void AddGoal(CLI::App& command, ExploreOptions& o) {
  command.add_option("--interactivity", o.interactivity, "Tokens/s that a user gets at least")
      ->check(CLI::Range(0.01, 1e6));
  command.add_option("--tpot-ms", o.tpot_ms, "The same as a limit of mean TPOT")
      ->check(CLI::Range(1e-3, 1e6));
  command.add_option("--ttft-ms", o.ttft_ms, "Limit of mean TTFT; default: none")
      ->check(CLI::Range(1e-3, 1e9));
  command
      .add_option("--objective", o.objective,
                  "What is to be most: tokens/s a chip, tokens a USD (--tier, --date), or tokens a "
                  "kWh of all-in power")
      ->check(CLI::IsMember({"chip", "usd", "kwh"}))
      ->capture_default_str();
  command.add_flag("--cautious", o.cautious,
                   "Judge by the worse ends of the 80 % intervals, not by their middles");
  AddPriceOptions(command, o.prices);
}

void AddSpace(CLI::App& command, ExploreOptions& o) {
  command.add_option("--concurrency", o.concurrency, "Requests in flight that may be chosen")
      ->delimiter(',')
      ->check(CLI::Range(1.0, 1e7));
  command.add_option("--max-concurrency", o.most_concurrency, "Without: up to so many")
      ->check(CLI::Range(1.0, 1e6))
      ->capture_default_str();
  command.add_option("--mode", o.mode, "aggregated, disaggregated or any")
      ->check(CLI::IsMember({"aggregated", "disaggregated", "any"}))
      ->capture_default_str();
  command.add_option("--token-budget", o.token_budgets, "Prompt tokens of a step, one or more")
      ->delimiter(',')
      ->check(CLI::Range(16.0, 1e6));
  command.add_option("--stages", o.stages, "Pipeline stages at most")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
  command.add_flag("--mtp", o.mtp, "Draft two tokens a step with the model's own draft layers");
}

}  // namespace

void AddExploreCommand(CLI::App& app, Invocation& invocation) {
  CLI::App* command = app.add_subcommand("explore", kDescription);
  command->footer(kFooter);
  const auto options = std::make_shared<ExploreOptions>();
  const auto why_not = std::make_shared<bool>(false);
  const auto json = std::make_shared<bool>(false);
  AddWhat(*command, *options);
  AddGoal(*command, *options);
  AddSpace(*command, *options);
  command->add_option("--top", options->top, "Rows of the table")
      ->check(CLI::Range(1, 100))
      ->capture_default_str();
  command->add_option("--simulate", options->simulate, "How many of them are simulated")
      ->check(CLI::Range(0, 100))
      ->capture_default_str();
  command->add_option("--threads", options->threads, "Default: one a core; changes no result")
      ->check(CLI::Range(1, 1024));
  command->add_flag("--why-not", *why_not, "Also count what was refused, by reason");
  command->add_option("--params", options->params,
                      "Model file of calibrate; without: the one of this program");
  command->add_flag("--json", *json, "Print one object");
  AddCatalogOption(*command, options->catalog);
  command->callback([options, why_not, json, &invocation] {
    invocation.run = [options, why_not, json, &invocation] {
      const Result<Exploration> done = Explore(*options, invocation.clock->Wall());
      if (!done) return Report(done.error());
      const Style style = StyleOf(stdout);
      if (*json) {
        fmt::print("{}\n", ExplorationJson(*done).dump(2));
      } else {
        fmt::print("{}", ExplorationText(*done, style));
        if (*why_not) fmt::print("\n{}", RefusalText(done->space, style));
      }
      return int{kDone};
    };
  });
}

}  // namespace roofscape::cli
