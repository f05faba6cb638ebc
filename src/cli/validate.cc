// roofscape validate: predicts measured rows and says how far off the predictions are.

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/catalog_source.h"
#include "cli/command.h"
#include "cli/model_source.h"
#include "cli/regret_text.h"
#include "cli/simulated_rows.h"
#include "cli/validate_text.h"
#include "cli/write_file.h"

namespace roofscape::cli {
namespace {

constexpr const char* kDescription = "Predict measured rows and show the errors.";

constexpr const char* kFooter =
    "Example:\n"
    "  roofscape validate rows.csv --per-row predicted.csv\n"
    "  roofscape validate rows.csv --hold-out curves\n"
    "  roofscape validate rows.csv --hold-out models --without correction\n"
    "  roofscape validate rows.csv --hold-out curves --regret\n"
    "  roofscape validate rows.csv --simulated --every 4\n\n"
    "--hold-out fits the model again without what it judges by: whole curves (ten folds), one\n"
    "model or one chip at a time, or the latest fifth. Columns: docs/reference/validate.md.";

struct Options {
  std::string rows;
  std::string params;
  std::string per_row;
  std::string hold_out;
  std::vector<std::string> without;
  std::string catalog;
  std::int64_t every = 1;
  bool simulated = false;
  bool regret = false;
  bool json = false;
};

void PrintRegret(const std::vector<calibrate::Judged>& judged, std::span<const double> targets,
                 bool json) {
  RegretReport report{{targets.begin(), targets.end()},
                      calibrate::Choices(judged, targets, calibrate::ChoiceScope::kSetup),
                      calibrate::Choices(judged, targets, calibrate::ChoiceScope::kScenario)};
  if (json) {
    fmt::print("{}\n", RegretJson(report).dump(2));
  } else {
    fmt::print("{}", RegretText(report, StyleOf(stdout)));
  }
}

std::vector<calibrate::Judged> PredictAll(calibrate::Model& model, const CalibrationRows& rows,
                                          const calibrate::Ablation& parts) {
  constexpr std::size_t kMany = 500;
  if (rows.cases.size() > kMany) model.ExpectMany();
  std::vector<calibrate::Judged> judged;
  judged.reserve(rows.cases.size());
  for (const auto& c : rows.cases) {
    judged.push_back({&c, rows.rows.rows[c.row].tput_per_chip, model.Predict(c, parts)});
  }
  return judged;
}

/// Of the cases, every so many-th, from the first.
std::vector<char> Sample(std::size_t cases, std::int64_t every) {
  std::vector<char> taken(cases);
  for (std::size_t i = 0; i < cases; i += static_cast<std::size_t>(every)) taken[i] = 1;
  return taken;
}

/// Each row played as it was run, by the model or, held out, by one that was fitted without it.
Result<std::vector<calibrate::Judged>> SimulateAll(const Options& options,
                                                   const catalog::Catalog& catalog,
                                                   const calibrate::Ablation& parts,
                                                   CalibrationRows& rows) {
  if (!parts.fitted || options.without.size() > (parts.residual ? 0U : 1U)) {
    return Error{ErrorCode::kInvalidArgument,
                 "--simulated: of what rows taught only the correction can be left out; leave "
                 "--without away, or say --without correction"};
  }
  RS_ASSIGN_OR_RETURN(const auto kernels, LoadKernels());
  const RowWorld world{catalog, *kernels, parts.residual};
  const std::vector<char> sample = Sample(rows.cases.size(), options.every);
  if (options.hold_out.empty()) {
    RS_ASSIGN_OR_RETURN(const calibrate::Model model, LoadModel(options.params));
    return SimulateRows(world, rows, model, sample, rows.bad);
  }
  RS_ASSIGN_OR_RETURN(const calibrate::Holdout holdout, calibrate::ParseHoldout(options.hold_out));
  std::vector<calibrate::Judged> all;
  for (std::vector<char> held : calibrate::Folds(rows.cases, rows.rows.rows, holdout)) {
    std::vector<char> used(held.size());
    for (std::size_t i = 0; i < held.size(); ++i) {
      used[i] = !held[i];
      held[i] = held[i] && sample[i];
    }
    const auto model = calibrate::Model::Calibrate(rows.cases, used);
    for (auto& judged : SimulateRows(world, rows, model, held, rows.bad)) {
      all.push_back(std::move(judged));
    }
  }
  return all;
}

/// Keeps those of the sample.
void Thin(const Options& options, const CalibrationRows& rows,
          std::vector<calibrate::Judged>& judged) {
  const std::vector<char> sample = Sample(rows.cases.size(), options.every);
  std::erase_if(judged, [&](const calibrate::Judged& j) {
    return !sample[static_cast<std::size_t>(j.row - rows.cases.data())];
  });
}

Result<> Validate(const Options& options) {
  RS_ASSIGN_OR_RETURN(const catalog::Catalog catalog,
                      LoadCatalog(options.catalog, Scores::kLeaveOut));
  calibrate::Ablation parts;
  for (const std::string& part : options.without) {
    if (part == "correction") parts.residual = false;
    if (part == "fit") parts.residual = parts.fitted = false;
  }
  RS_ASSIGN_OR_RETURN(CalibrationRows rows,
                      LoadCalibrationRows(options.rows, catalog, CasesWithout(options.without)));
  ValidationReport report;
  std::vector<calibrate::Judged> judged;
  const std::string_view verb = options.simulated ? "simulated" : "predicted";
  if (options.simulated) {
    RS_ASSIGN_OR_RETURN(judged, SimulateAll(options, catalog, parts, rows));
  }
  if (options.hold_out.empty()) {
    RS_ASSIGN_OR_RETURN(calibrate::Model model, LoadModel(options.params));
    if (!options.simulated) judged = PredictAll(model, rows, parts);
    Thin(options, rows, judged);
    for (const auto& j : judged) report.fitted_rows += model.Fitted(*j.row);
    report.how = fmt::format("{} by a model of {} rows", verb, model.rows());
  } else {
    RS_ASSIGN_OR_RETURN(const calibrate::Holdout holdout,
                        calibrate::ParseHoldout(options.hold_out));
    if (!options.simulated) {
      judged = calibrate::CrossValidate(rows.cases, rows.rows.rows, holdout, parts);
      Thin(options, rows, judged);
    }
    report.how = fmt::format("each row {} without its own {}", verb, Name(holdout));
  }
  report.groups = calibrate::Summarize(judged);
  report.oracle = calibrate::RepeatErrors(rows.cases);
  const double targets[] = {20.0, 50.0, 100.0};
  report.regrets = calibrate::Regrets(judged, targets);
  report.bad = rows.bad;
  if (!options.per_row.empty()) {
    RS_RETURN_IF_ERROR(WriteWholeFile(options.per_row, PerRowCsv(rows.rows, judged, rows.bad)));
  }
  if (options.regret) {
    PrintRegret(judged, targets, options.json);
  } else if (options.json) {
    fmt::print("{}\n", ValidationJson(report).dump(2));
  } else {
    fmt::print("{}", ValidationTable(report, StyleOf(stdout)));
  }
  return {};
}

}  // namespace

void AddValidateCommand(Command& app, Invocation& invocation) {
  Command* command = app.AddSubcommand("validate", kDescription);
  command->Footer(kFooter);
  const auto options = std::make_shared<Options>();
  command->AddOption("ROWS", options->rows, "CSV file of measured serving rows")->Required();
  CommandOption* params = command->AddOption(
      "--params", options->params, "Model file of calibrate; without: the one of this program");
  command->AddOption("--per-row", options->per_row, "Write each row with its prediction here");
  command
      ->AddOption("--hold-out", options->hold_out,
                  "Refit without what is judged: curves, models, chips or time")
      ->Excludes(params);
  command
      ->AddOption(
          "--without", options->without,
          "Leave out what rows taught: correction (formulas alone) or fit (priors alone); "
          "or of the formulas: curves (rooflines alone), cache-limit, imbalance, host-cost, "
          "reached-peaks (rooflines at the datasheet's peaks)")
      ->Check(OneOf({"correction", "fit", "curves", "cache-limit", "imbalance", "host-cost",
                     "reached-peaks"}));
  command->AddFlag("--simulated", options->simulated,
                   "Play each row request by request, as simulate does, in place of predicting it");
  command->AddOption("--every", options->every, "Judge every so many-th row that can be predicted")
      ->Check(InRange(1, 1'000'000))
      ->ShowDefault();
  command->AddFlag("--regret", options->regret,
                   "Print what choosing a layout by the model costs, choice by choice");
  command->AddFlag("--json", options->json, "Print one object");
  AddCatalogOption(*command, options->catalog);
  command->OnChosen([options, &invocation] {
    invocation.run = [options] {
      const Result<> done = Validate(*options);
      return done ? int{kDone} : Report(done.error());
    };
  });
}

}  // namespace roofscape::cli
