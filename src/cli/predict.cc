// roofscape predict: what a deployment would do, by the performance model.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/catalog_source.h"
#include "cli/command.h"
#include "cli/deployment_options.h"
#include "cli/model_source.h"
#include "cli/predict_open.h"
#include "cli/predict_run.h"
#include "cli/predict_text.h"
#include "cli/price_options.h"
#include "model/calibrate/own_chip.h"
#include "model/sim/engine_policy.h"

namespace roofscape::cli {
namespace {

constexpr const char* kDescription = "Predict a deployment's speed, with intervals.";

constexpr const char* kFooter =
    "Example:\n"
    "  roofscape predict --model llama-3.1-70b --chip h200-sxm --engine vllm \\\n"
    "    --precision fp8 --tp 4 --input-tokens 1024 --output-tokens 1024 --concurrency 1,4,16,64\n"
    "  roofscape predict --model deepseek-v3 --chip gb200-nvl72 --engine trtllm \\\n"
    "    --precision fp4 --tp 8 --ep 8 --prefill-tp 4 --prefill-ep 4 --prefill-workers 2 \\\n"
    "    --concurrency 64\n"
    "  roofscape predict --model llama-3.1-70b --chip h200-sxm --precision fp8 --tp 4 \\\n"
    "    --rate 1,2,4,8\n\n"
    "With --concurrency the load is InferenceX's: all requests at once, 10 a slot; with\n"
    "--rate they come one by one, whatever is in flight. Lengths are 0.8 to 1.0 of what is given.\n"
    "--prefill-* makes the deployment disaggregated; --tp, --ep, --dp are then those of\n"
    "decoding. Names: roofscape catalog list.";

struct Options : DeploymentOptions {
  double input = 1024;
  double output = 1024;
  std::vector<double> concurrency = {1, 4, 16, 64};
  std::vector<double> rates;  // Open loops instead.
  std::optional<double> max_sequences;
  std::vector<double> acceptance;
  std::optional<double> acceptance_length;
  std::string like;
  std::optional<double> anchor;
  bool save = false;
  std::string name = "predicted";
  std::string db;
  PriceOptions prices;
  bool json = false;
};

/// What is predicted, and what a measured run says of it.
struct Question {
  calibrate::ServingRow row;
  std::vector<double> concurrency;
  std::optional<LikeRun> like;
};

Result<Question> QuestionOf(const Options& options) {
  Question q;
  q.row = calibrate::RowOf(options);
  q.row.input = options.input;
  q.row.output = options.output;
  q.concurrency = options.concurrency;
  if (options.like.empty()) {
    if (options.anchor || options.save) {
      return Error{ErrorCode::kInvalidArgument,
                   fmt::format("{} needs a measured run: name one with --like RUN",
                               options.anchor ? "--anchor" : "--save")};
    }
    return q;
  }
  RS_ASSIGN_OR_RETURN(q.like, LoadLikeRun(options.db, options.like));
  q.row.input = q.like->input_tokens;
  q.row.output = q.like->output_tokens;
  q.row.length_share = 1.0;
  q.row.length_low = q.like->run.plan.workload.output.low;
  q.row.requests_per_slot = static_cast<double>(q.like->run.plan.load.requests_per_slot);
  if (!q.row.slots) q.row.slots = q.like->slots;
  q.concurrency.clear();
  for (const MeasuredLoad& load : q.like->loads) q.concurrency.push_back(load.concurrency);
  return q;
}

/// Learns from the measured point that `--anchor` names.
Result<> LearnAnchor(const Options& options, const catalog::Catalog& catalog, const Question& q,
                     calibrate::OwnChip& own) {
  if (!options.anchor) return {};
  RS_ASSIGN_OR_RETURN(const MeasuredLoad at, LoadAt(*q.like, *options.anchor));
  calibrate::ServingRow row = q.row;
  row.concurrency = at.concurrency;
  RS_ASSIGN_OR_RETURN(const calibrate::Case c, calibrate::MakeCase(catalog, row));
  if (!c.own) {
    return Error{ErrorCode::kInvalidArgument,
                 fmt::format("--anchor: '{}' holds no products that it measured itself in this "
                             "precision: name a chip file of roofscape probe, or refit the model "
                             "to rows with roofscape calibrate",
                             options.chip)};
  }
  own.Learn(c, {at.concurrency, at.ttft_s, at.tpot_s});
  return {};
}

Result<std::vector<PredictedPoint>> PointsOf(const catalog::Catalog& catalog,
                                             const calibrate::Model& model, const Question& q,
                                             const calibrate::OwnChip& own,
                                             const analysis::Pricing& pricing) {
  RS_ASSIGN_OR_RETURN(const auto kernels, LoadKernels());
  std::vector<PredictedPoint> points;
  calibrate::ServingRow row = q.row;
  for (std::size_t i = 0; i < q.concurrency.size(); ++i) {
    row.concurrency = q.concurrency[i];
    RS_ASSIGN_OR_RETURN(const calibrate::Case c, calibrate::MakeCase(catalog, row, &kernels->book));
    RS_RETURN_IF_ERROR(calibrate::CheckFits(c));
    PredictedPoint point;
    point.concurrency = row.concurrency;
    point.prediction = c.own ? own.Predict(c) : model.Predict(c);
    point.why = c.own ? own.Explain(c) : model.Explain(c);
    const double share = row.output / (row.input + row.output);
    point.cost = CostOf(point.prediction, point.why, share, row.chip, pricing);
    if (q.like) point.measured = q.like->loads[i];
    points.push_back(std::move(point));
  }
  return points;
}

/// Drafts as RowOf takes them, from whichever flags say it.
Result<> SetDrafts(Options& options) {
  constexpr std::size_t kMostDrafts = 64;
  if (options.acceptance.size() > kMostDrafts) {
    return Error{ErrorCode::kInvalidArgument,
                 fmt::format("--acceptance: {} values: give at most {}, one a drafted token",
                             options.acceptance.size(), kMostDrafts)};
  }
  if (!options.acceptance.empty()) {
    options.drafts = static_cast<double>(options.acceptance.size());
    double all = 1.0;
    options.accepted = 0.0;
    for (const double next : options.acceptance) *options.accepted += all *= next;
  }
  if (!options.acceptance_length) return {};
  if (*options.acceptance_length > *options.drafts + 1.0) {
    return Error{ErrorCode::kInvalidArgument,
                 fmt::format("--acceptance-length {:g}: a step gains at most {:g} tokens, its own "
                             "and --drafts {:g}",
                             *options.acceptance_length, *options.drafts + 1.0, *options.drafts)};
  }
  options.accepted = *options.acceptance_length - 1.0;
  return {};
}

Result<> PredictRates(const Options& options, const catalog::Catalog& catalog,
                      const calibrate::Model& model, const Question& q,
                      const analysis::Pricing& pricing) {
  RS_ASSIGN_OR_RETURN(const auto kernels, LoadKernels());
  const auto case_at = [&](double concurrency) -> Result<calibrate::Case> {
    calibrate::ServingRow row = q.row;
    row.concurrency = concurrency;
    RS_ASSIGN_OR_RETURN(calibrate::Case c, calibrate::MakeCase(catalog, row, &kernels->book));
    RS_RETURN_IF_ERROR(calibrate::CheckFits(c));
    return c;
  };
  const double variation = calibrate::LengthVariation(q.row.length_low);
  RS_ASSIGN_OR_RETURN(const catalog::Chip* chip, catalog::FindChip(catalog, q.row.chip));
  const auto policy = sim::DefaultPolicy(perf::EngineClassOf(options.engine), *chip);
  const double sequences =
      options.max_sequences.value_or(static_cast<double>(policy.max_sequences));
  RS_ASSIGN_OR_RETURN(
      const calibrate::OpenLoop loop,
      calibrate::OpenLoop::Make(case_at, model, calibrate::OwnChip(), variation, sequences));
  std::vector<OpenRate> rates;
  for (const double rate : options.rates) {
    OpenRate out;
    out.rate_rps = rate;
    RS_ASSIGN_OR_RETURN(out.open, loop.At(rate));
    if (out.open) {
      out.cost = CostOf(out.open->prediction, out.open->why,
                        q.row.output / (q.row.input + q.row.output), q.row.chip, pricing);
    }
    rates.push_back(std::move(out));
  }
  if (options.json) {
    const Json json = {{"schema", "roofscape-prediction-1"},
                       {"model", options.model},
                       {"chip", options.chip},
                       {"fitted_rows", model.rows()},
                       {"learned_factors", nullptr},
                       {"capacity_rps", calibrate::FigureJson(loop.capacity_rps())},
                       {"points", OpenJson(rates, pricing)}};
    fmt::print("{}\n", json.dump(2));
    return {};
  }
  const Style style = StyleOf(stdout);
  fmt::print("{}{}", OpenTable(rates, loop.capacity_rps(), style),
             OpenDetails(rates, pricing, style));
  return {};
}

Json FactorsJson(const calibrate::OwnChip& own) {
  if (!own.learned()) return nullptr;
  Json factors = Json::object();
  for (std::size_t i = 0; i < calibrate::OwnChip::kFactors; ++i) {
    factors[std::string(calibrate::OwnChip::kNames[i])] = own.factor(i);
  }
  return factors;
}

void Print(const Options& options, const calibrate::Model& model,
           const std::vector<PredictedPoint>& points, const calibrate::OwnChip& own,
           const analysis::Pricing& pricing) {
  if (options.json) {
    const Json json = {{"schema", "roofscape-prediction-1"},
                       {"model", options.model},
                       {"chip", options.chip},
                       {"fitted_rows", model.rows()},
                       {"learned_factors", FactorsJson(own)},
                       {"points", PredictionJson(points, pricing)}};
    fmt::print("{}\n", json.dump(2));
    return;
  }
  const Style style = StyleOf(stdout);
  fmt::print("{}\n", PredictionTable(points, style));
  fmt::print("{}", ExplanationText(points.back(), style));
  fmt::print("{}{}", CostTable(points, style), CostNote(points.back().cost, pricing));
  fmt::print("{}", AgainstText(points, options.anchor, style));
  if (own.learned()) {
    fmt::print("Learned from one point:");
    for (std::size_t i = 0; i < calibrate::OwnChip::kFactors; ++i) {
      fmt::print(" {} x {:.2f}", calibrate::OwnChip::kNames[i], own.factor(i));
    }
    fmt::print("\n");
  }
}

Result<> Predict(Options options, const Clock& clock) {
  RS_RETURN_IF_ERROR(CompleteDeployment(options));
  RS_RETURN_IF_ERROR(SetDrafts(options));
  RS_ASSIGN_OR_RETURN(const catalog::Catalog catalog, LoadDeploymentCatalog(options));
  RS_ASSIGN_OR_RETURN(const calibrate::Model model, LoadModel(options.params));
  RS_ASSIGN_OR_RETURN(const Question question, QuestionOf(options));
  RS_ASSIGN_OR_RETURN(const analysis::Pricing pricing,
                      PricingOf(options.prices, catalog, clock.Wall()));
  if (!options.rates.empty()) return PredictRates(options, catalog, model, question, pricing);
  calibrate::OwnChip own;
  RS_RETURN_IF_ERROR(LearnAnchor(options, catalog, question, own));
  RS_ASSIGN_OR_RETURN(const std::vector<PredictedPoint> points,
                      PointsOf(catalog, model, question, own, pricing));
  Print(options, model, points, own, pricing);
  if (!options.save) return {};
  return SaveRun(options.db, PredictedRun(*question.like, points, options.name, clock));
}

void AddLoadOptions(Command& command, Options& options) {
  command.AddOption("--input-tokens", options.input, "Prompt tokens, nominal")
      ->Check(InRange(1.0, 1e8))
      ->ShowDefault();
  command.AddOption("--output-tokens", options.output, "Tokens of an answer, nominal")
      ->Check(InRange(2.0, 1e8))
      ->ShowDefault();
  CommandOption* closed =
      command.AddOption("--concurrency", options.concurrency, "Requests in flight, one or more");
  closed->Delimiter(',')->Check(InRange(1.0, 1e7));
  CommandOption* like = command.AddOption(
      "--like", options.like, "A measured run: predict its lengths and loads, and show the errors");
  CommandOption* open = command.AddOption(
      "--rate", options.rates, "Open loop instead: requests a second, Poisson, one or more");
  open->Delimiter(',')->Check(InRange(1e-6, 1e9))->Excludes(closed)->Excludes(like);
  command
      .AddOption("--max-sequences", options.max_sequences,
                 "Admitted at once, a copy of attention (default: the engine's)")
      ->Check(InRange(1.0, 1e7))
      ->Needs(open);
}

void AddCacheOptions(Command& command, Options& options) {
  command
      .AddOption("--prefix-hit", options.prefix_hit,
                 "Share of each prompt that a prefix cache holds: 0.5")
      ->Check(InRange(0.0, 0.999));
  CommandOption* host =
      command.AddOption("--host-hit", options.host_hit,
                        "Share that is read back from the host's memory (KV offload)");
  host->Check(InRange(0.0, 0.999));
  command
      .AddOption("--host-gbps", options.host_gbps,
                 "GB/s a chip for that; without: the chip's link to its host")
      ->Check(InRange(0.01, 1e5))
      ->Needs(host);
}

void AddDraftOptions(Command& command, Options& options) {
  CommandOption* drafts = command.AddOption(
      "--drafts", options.drafts, "Speculative decoding: tokens drafted a step (fitted to: 2)");
  drafts->Check(InRange(1.0, 64.0));
  command
      .AddOption("--acceptance-length", options.acceptance_length,
                 "Tokens that a step gains, stated or measured: 1 and the accepted drafts")
      ->Check(InRange(1.0, 65.0))
      ->Needs(drafts);
  command
      .AddOption("--acceptance", options.acceptance,
                 "Drafts a step: the probability of each, those before it accepted: 0.8,0.6")
      ->Delimiter(',')
      ->Check(InRange(0.0, 1.0))
      ->Excludes(drafts);
}

void AddLikeOptions(Command& command, Options& options) {
  command.AddOption("--anchor", options.anchor,
                    "Learn from what --like measured at this concurrency (chips of roofscape "
                    "probe)");
  command.AddFlag("--save", options.save, "Keep it as a predicted run beside the measured one");
  command.AddOption("--name", options.name, "Name of the deployment of that run")->ShowDefault();
  AddDbOption(command, options.db);
}

}  // namespace

void AddPredictCommand(Command& app, Invocation& invocation) {
  Command* command = app.AddSubcommand("predict", kDescription);
  command->Footer(kFooter);
  const auto options = std::make_shared<Options>();
  AddDeploymentOptions(*command, *options);
  AddProcessorOptions(*command, *options);
  AddLoadOptions(*command, *options);
  AddCacheOptions(*command, *options);
  AddDraftOptions(*command, *options);
  AddLikeOptions(*command, *options);
  AddPriceOptions(*command, options->prices);
  AddParamsOption(*command, *options);
  command->AddFlag("--json", options->json, "Print one object");
  AddCatalogOption(*command, options->catalog);
  command->OnChosen([options, &invocation] {
    invocation.run = [options, &invocation] {
      const Result<> done = Predict(*options, *invocation.clock);
      return done ? int{kDone} : Report(done.error());
    };
  });
}

}  // namespace roofscape::cli
