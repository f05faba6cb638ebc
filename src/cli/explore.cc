// roofscape explore: which layout, engine and load serve a model best on given chips.

#include <memory>

#include <fmt/format.h>
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

void AddWhat(Command& command, ExploreOptions& o) {
  command.AddOption("--model", o.model, "A model of the catalog")->Required();
  command.AddOption("--chip", o.chips, "Chips of the catalog: NAME or NAME:COUNT, one or more")
      ->Delimiter(',')
      ->Required();
  command.AddOption("--chips", o.most_chips, "Chips of a deployment at most, of each kind")
      ->Check(InRange(1, 4096))
      ->ShowDefault();
  command.AddOption("--engine", o.engines, "vllm, sglang, trtllm; default: all three")
      ->Delimiter(',');
  command
      .AddOption("--precision", o.precisions,
                 "bf16, fp8, fp4, one or more; default: as the model was released")
      ->Delimiter(',');
  command.AddOption("--input-tokens", o.input, "Prompt tokens, nominal")
      ->Check(InRange(1.0, 1e8))
      ->ShowDefault();
  command.AddOption("--output-tokens", o.output, "Tokens of an answer, nominal")
      ->Check(InRange(2.0, 1e8))
      ->ShowDefault();
}

void AddGoal(Command& command, ExploreOptions& o) {
  command.AddOption("--interactivity", o.interactivity, "Tokens/s that a user gets at least")
      ->Check(InRange(0.01, 1e6));
  command.AddOption("--tpot-ms", o.tpot_ms, "The same as a limit of mean TPOT")
      ->Check(InRange(1e-3, 1e6));
  command.AddOption("--ttft-ms", o.ttft_ms, "Limit of mean TTFT; default: none")
      ->Check(InRange(1e-3, 1e9));
  command
      .AddOption("--objective", o.objective,
                 "What is to be most: tokens/s a chip, tokens a USD (--tier, --date), or tokens a "
                 "kWh of all-in power")
      ->Check(OneOf({"chip", "usd", "kwh"}))
      ->ShowDefault();
  command.AddFlag("--cautious", o.cautious,
                  "Judge by the worse ends of the 80 % intervals, not by their middles");
  AddPriceOptions(command, o.prices);
}

void AddSpace(Command& command, ExploreOptions& o) {
  command.AddOption("--concurrency", o.concurrency, "Requests in flight that may be chosen")
      ->Delimiter(',')
      ->Check(InRange(1.0, 1e7));
  command.AddOption("--max-concurrency", o.most_concurrency, "Without: up to so many")
      ->Check(InRange(1.0, 1e6))
      ->ShowDefault();
  command.AddOption("--mode", o.mode, "aggregated, disaggregated or any")
      ->Check(OneOf({"aggregated", "disaggregated", "any"}))
      ->ShowDefault();
  command.AddOption("--token-budget", o.token_budgets, "Prompt tokens of a step, one or more")
      ->Delimiter(',')
      ->Check(InRange(16.0, 1e6));
  command.AddOption("--stages", o.stages, "Pipeline stages at most")
      ->Check(InRange(1, 64))
      ->ShowDefault();
  command.AddFlag("--mtp", o.mtp, "Draft two tokens a step with the model's own draft layers");
}

}  // namespace

void AddExploreCommand(Command& app, Invocation& invocation) {
  Command* command = app.AddSubcommand("explore", kDescription);
  command->Footer(kFooter);
  const auto options = std::make_shared<ExploreOptions>();
  const auto why_not = std::make_shared<bool>(false);
  const auto json = std::make_shared<bool>(false);
  AddWhat(*command, *options);
  AddGoal(*command, *options);
  AddSpace(*command, *options);
  command->AddOption("--top", options->top, "Rows of the table")
      ->Check(InRange(1, 100))
      ->ShowDefault();
  command->AddOption("--simulate", options->simulate, "How many of them are simulated")
      ->Check(InRange(0, 100))
      ->ShowDefault();
  command->AddOption("--threads", options->threads, "Default: one a core; changes no result")
      ->Check(InRange(1, 1024));
  command->AddFlag("--why-not", *why_not, "Also count what was refused, by reason");
  command->AddOption("--params", options->params,
                     "Model file of calibrate; without: the one of this program");
  command->AddFlag("--json", *json, "Print one object");
  AddCatalogOption(*command, options->catalog);
  command->OnChosen([options, why_not, json, &invocation] {
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
