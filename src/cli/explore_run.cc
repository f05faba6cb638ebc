#include "cli/explore_run.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "cli/calibrated_estimator.h"
#include "cli/catalog_source.h"
#include "cli/model_source.h"
#include "service/study/threads.h"

namespace roofscape::cli {
namespace {

using codesign::Candidate;

// Of the formulas' candidates so many shapes of each chip, engine and precision are corrected, at
// the target and at speeds around it that errors of the formulas of a quarter move across it.
constexpr std::size_t kShapes = 48;
constexpr std::size_t kLeastShapes = 12;
constexpr double kAround = 1.25;
constexpr std::size_t kFrontierShapes = 12;
constexpr std::size_t kLeastFrontierShapes = 3;
constexpr double kSpread = 0.8;  // Lengths are drawn from that share of nominal to all of it.
constexpr double kMeanLength = 0.5 * (1.0 + kSpread);

Error Wrong(std::string message) { return {ErrorCode::kInvalidArgument, std::move(message)}; }

/// Target and frontier, as levels of one search.
std::vector<codesign::Level> LevelsOf(double target, std::size_t families) {
  families = std::max<std::size_t>(families, 1);
  const std::size_t shapes = std::max(kShapes / families, kLeastShapes);
  const std::size_t others = std::max(kFrontierShapes / families, kLeastFrontierShapes);
  std::vector<codesign::Level> levels;
  for (const double speed : {target / kAround, target, target * kAround}) {
    levels.push_back({speed, shapes});
  }
  for (const double speed : {10.0, 20.0, 30.0, 50.0, 75.0, 100.0, 150.0, 200.0, 300.0}) {
    levels.push_back({speed, others});
  }
  return levels;
}
constexpr std::size_t kFrontierBegins = 3;

/// "h200-sxm:16".
Result<std::pair<std::string, std::int64_t>> ChipAndCount(const std::string& text,
                                                          std::int64_t most) {
  const auto colon = text.rfind(':');
  if (colon == std::string::npos) return std::pair(text, most);
  std::int64_t count = 0;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data() + colon + 1, end, count);
  if (error != std::errc() || rest != end || count < 1 || count > 4096) {
    return Wrong(fmt::format("--chip '{}': write NAME or NAME:COUNT with 1 to 4096 chips", text));
  }
  return std::pair(text.substr(0, colon), count);
}

class Explorer {
 public:
  Explorer(const ExploreOptions& options, const catalog::Catalog& catalog,
           const calibrate::Model& fitted, perf::KernelBook& book)
      : options_(options), catalog_(catalog), fitted_(fitted), book_(book) {}

  Result<Exploration> Run(WallTime now) {
    RS_ASSIGN_OR_RETURN(model_, catalog::FindModel(catalog_, options_.model));
    RS_RETURN_IF_ERROR(SetTarget());
    RS_ASSIGN_OR_RETURN(const codesign::Wish wish, MakeWish(now));
    RS_ASSIGN_OR_RETURN(out_.space, codesign::BuildSpace(wish, &book_));
    CalibratedEstimator estimator(catalog_, fitted_, book_, model_->entry.id, options_.input,
                                  options_.output);
    RS_RETURN_IF_ERROR(Rank(estimator));
    Confirm();
    if (!out_.ranked.empty()) RS_RETURN_IF_ERROR(SetCommands(wish.longest_tokens));
    return std::move(out_);
  }

 private:
  Result<> SetTarget() {
    if ((options_.interactivity > 0.0) == (options_.tpot_ms > 0.0)) {
      return Wrong(
          "say how fast a user must be served: --interactivity TOKENS/S or --tpot-ms, one "
          "of them");
    }
    out_.interactivity_tps =
        options_.interactivity > 0.0 ? options_.interactivity : 1e3 / options_.tpot_ms;
    if (options_.ttft_ms > 0.0) out_.ttft_limit_s = options_.ttft_ms * 1e-3;
    out_.model = model_->entry.name;
    out_.input = options_.input;
    out_.output = options_.output;
    return {};
  }

  Result<codesign::Wish> MakeWish(WallTime now) {
    codesign::Wish wish;
    wish.model = model_;
    RS_ASSIGN_OR_RETURN(const analysis::Pricing pricing, PricingOf(options_.prices, catalog_, now));
    out_.spending = analysis::SpendingOf(options_.objective);
    for (const std::string& text : options_.chips) {
      RS_ASSIGN_OR_RETURN(const auto named, ChipAndCount(text, options_.most_chips));
      RS_ASSIGN_OR_RETURN(const catalog::Chip* chip, catalog::FindChip(catalog_, named.first));
      RS_ASSIGN_OR_RETURN(const perf::Machine machine, perf::MakeMachine(catalog_, *chip));
      RS_ASSIGN_OR_RETURN(const double weight,
                          analysis::ChipWeight(options_.objective, *chip, pricing, out_.spending));
      wish.chips.push_back({machine, chip->vendor, named.second, weight});
    }
    for (const std::string& name : options_.engines) {
      RS_ASSIGN_OR_RETURN(const catalog::Engine* engine, catalog::FindEngine(catalog_, name));
      wish.engines.push_back(
          {perf::EngineClassOf(engine->entry.id), codesign::LimitsOf(*engine),
           engine->launch ? engine->launch->makers : std::vector<std::string>()});
    }
    if (!options_.precisions.empty()) wish.precisions = options_.precisions;
    wish.token_budgets = options_.token_budgets;
    wish.concurrencies = options_.concurrency.empty()
                             ? codesign::DefaultConcurrencies(options_.most_concurrency)
                             : options_.concurrency;
    wish.input = kMeanLength * options_.input;
    wish.output = kMeanLength * options_.output;
    wish.longest_tokens = options_.input + options_.output;
    wish.longest_prompt = options_.input;
    wish.drafts = options_.mtp ? 2.0 : 0.0;
    wish.aggregated = options_.mode != "disaggregated";
    wish.disaggregated = options_.mode != "aggregated";
    wish.most_stages = options_.stages;
    wish.coefficients = [this](const perf::Setting& setting) {
      return fitted_.CoefficientsOf(setting);
    };
    return wish;
  }

  Result<> Rank(codesign::Estimator& estimator) {
    codesign::Goal goal;
    goal.levels = LevelsOf(out_.interactivity_tps, out_.space.families.size());
    goal.each_family = true;
    // The formulas' TTFT is further off than their TPOT: what is corrected is not cut by it too
    // early.
    if (out_.ttft_limit_s) goal.ttft_limit_s = 2.0 * *out_.ttft_limit_s;
    codesign::SearchOptions search;
    search.workers =
        options_.threads > 0 ? options_.threads : std::max(std::thread::hardware_concurrency(), 1U);
    search.parallel = study::OnThreads(search.workers);
    const codesign::Found found = codesign::Search(out_.space, goal, search);
    out_.plans = found.plans;
    out_.configurations = found.configurations;
    out_.computed = found.evaluated;
    RS_RETURN_IF_ERROR(Correct(goal, found, estimator));
    if (out_.ranked.empty()) return SetFastest(estimator);
    out_.ranked.resize(std::min(out_.ranked.size(), options_.top));
    return {};
  }

  /// Ranks what was found around the target, and the best at each speed of the frontier.
  Result<> Correct(const codesign::Goal& goal, const codesign::Found& found,
                   codesign::Estimator& estimator) {
    const auto& levels = found.levels;
    const bool whole = options_.concurrency.empty();
    codesign::Limits limits;
    limits.cautious = options_.cautious;
    if (out_.ttft_limit_s) limits.ttft_s = *out_.ttft_limit_s;
    limits.tpot_s = 1.0 / out_.interactivity_tps;
    RS_ASSIGN_OR_RETURN(out_.ranked,
                        codesign::Refine(out_.space, {&levels[0], &levels[1], &levels[2]}, limits,
                                         whole, estimator));
    for (std::size_t i = levels.size() - 1; i >= kFrontierBegins; --i) {
      FrontierStep step{goal.levels[i].interactivity_tps, std::nullopt};
      limits.tpot_s = 1.0 / step.interactivity_tps;
      std::vector<const std::vector<codesign::Option>*> near = {&levels[i]};
      if (i > kFrontierBegins) near.push_back(&levels[i - 1]);
      if (i + 1 < levels.size()) near.push_back(&levels[i + 1]);
      RS_ASSIGN_OR_RETURN(auto best, codesign::Refine(out_.space, near, limits, whole, estimator));
      if (!best.empty()) step.best = std::move(best.front());
      // What serves faster serves slower, too.
      const auto take = [&](const Candidate& c) {
        if (!step.best || c.value > step.best->value) step.best = c;
      };
      if (!out_.frontier.empty() && out_.frontier.front().best) take(*out_.frontier.front().best);
      if (!out_.ranked.empty() && out_.interactivity_tps >= step.interactivity_tps) {
        take(out_.ranked.front());
      }
      out_.frontier.insert(out_.frontier.begin(), std::move(step));
    }
    return {};
  }

  /// Of what is least loaded.
  Result<> SetFastest(codesign::Estimator& estimator) {
    for (std::uint32_t f = 0; f < out_.space.families.size(); ++f) {
      const auto& workers = out_.space.families[f].workers;
      for (std::uint32_t w = 0; w < workers.size(); ++w) {
        if (!workers[w].serves) continue;
        const codesign::Plan plan{f, w, codesign::kNoPrefill, 1, 0};
        RS_ASSIGN_OR_RETURN(const auto estimate,
                            estimator.Of(out_.space, plan, out_.space.concurrencies.front()));
        const double speed = 1.0 / estimate.tpot_s.value;
        if (!out_.fastest_tps || speed > *out_.fastest_tps) out_.fastest_tps = speed;
      }
    }
    return {};
  }

  void Confirm() {
    codesign::Protocol protocol;
    protocol.input = std::llround(options_.input);
    protocol.output = std::llround(options_.output);
    protocol.spread = kSpread;
    const std::size_t count = std::min(options_.simulate, out_.ranked.size());
    for (std::size_t i = 0; i < count; ++i) {
      const Candidate& c = out_.ranked[i];
      const auto s =
          codesign::Simulate(out_.space, c.formulas.plan, c.formulas.concurrency, protocol);
      if (!s) {
        out_.confirmed.emplace_back();
        continue;
      }
      const codesign::Family& family = out_.space.families[c.formulas.plan.family];
      const double moved = c.estimate.tput_per_chip.value / (c.formulas.value * family.weight);
      Confirmation confirmation{*s, s->ttft_s * c.estimate.ttft_s.value / c.formulas.ttft_s,
                                s->tpot_s * c.estimate.tpot_s.value / c.formulas.tpot_s,
                                s->tput_per_chip * moved, 0.0};
      confirmation.value = confirmation.tput_per_chip / family.weight;
      out_.confirmed.emplace_back(confirmation);
    }
  }

  /// Of the winner, its own engine first.
  Result<> SetCommands(double longest_tokens) {
    const codesign::Option& winner = out_.ranked.front().formulas;
    const codesign::Family& family = out_.space.families[winner.plan.family];
    std::vector<std::string> words = {EngineWord(family.engine)};
    for (const char* word : {"vllm", "sglang", "trtllm"}) {
      if (words[0] != word) words.emplace_back(word);
    }
    const std::string name = model_->hugging_face.empty() ? model_->entry.id : model_->hugging_face;
    for (const std::string& word : words) {
      RS_ASSIGN_OR_RETURN(const catalog::Engine* engine, catalog::FindEngine(catalog_, word));
      EngineCommands out{engine->entry.name, "", {}};
      auto commands = codesign::LaunchCommands(*engine, out_.space, winner.plan, winner.concurrency,
                                               name, longest_tokens);
      if (commands) {
        out.commands = *std::move(commands);
      } else {
        out.refused = commands.error().message;
      }
      out_.commands.push_back(std::move(out));
    }
    RS_ASSIGN_OR_RETURN(const perf::Formats released, perf::FormatsOf(*model_, ""));
    if (family.formats.experts != released.experts) {
      out_.note = fmt::format("{} was released in {}: put a checkpoint in {} in its place.", name,
                              model_->precision, perf::Name(family.formats.experts));
    }
    return {};
  }

  const ExploreOptions& options_;
  const catalog::Catalog& catalog_;
  const calibrate::Model& fitted_;
  perf::KernelBook& book_;
  const catalog::Model* model_ = nullptr;
  Exploration out_;
};

}  // namespace

Result<Exploration> Explore(const ExploreOptions& options, WallTime now) {
  RS_ASSIGN_OR_RETURN(const catalog::Catalog catalog,
                      LoadCatalog(options.catalog, Scores::kLeaveOut));
  RS_ASSIGN_OR_RETURN(const calibrate::Model fitted, LoadModel(options.params));
  RS_ASSIGN_OR_RETURN(const auto kernels, LoadKernels());
  return Explorer(options, catalog, fitted, kernels->book).Run(now);
}

}  // namespace roofscape::cli
