// roofscape validate: predicts measured rows and says how far off the predictions are.

#include <memory>
#include <span>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/catalog_source.h"
#include "cli/command.h"
#include "cli/model_source.h"
#include "cli/regret_text.h"
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
    "  roofscape validate rows.csv --hold-out curves --regret\n\n"
    "--hold-out fits the model again without what it judges by: whole curves (ten folds), one\n"
    "model or one chip at a time, or the latest fifth. Columns: docs/reference/validate.md.";

struct Options {
  std::string rows;
  std::string params;
  std::string per_row;
  std::string hold_out;
  std::vector<std::string> without;
  std::string catalog;
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

std::vector<calibrate::Judged> PredictAll(const calibrate::Model& model,
                                          const CalibrationRows& rows,
                                          const calibrate::Ablation& parts) {
  std::vector<calibrate::Judged> judged;
  judged.reserve(rows.cases.size());
  for (const auto& c : rows.cases) {
    judged.push_back({&c, rows.rows.rows[c.row].tput_per_chip, model.Predict(c, parts)});
  }
  return judged;
}

Result<> Validate(const Options& options) {
  RS_ASSIGN_OR_RETURN(const catalog::Catalog catalog,
                      LoadCatalog(options.catalog, Scores::kLeaveOut));
  calibrate::Ablation parts;
  for (const std::string& part : options.without) {
    if (part == "correction") parts.residual = false;
    if (part == "fit") parts.residual = parts.fitted = false;
  }
  RS_ASSIGN_OR_RETURN(const CalibrationRows rows,
                      LoadCalibrationRows(options.rows, catalog, CasesWithout(options.without)));
  ValidationReport report;
  std::vector<calibrate::Judged> judged;
  if (options.hold_out.empty()) {
    RS_ASSIGN_OR_RETURN(const calibrate::Model model, LoadModel(options.params));
    judged = PredictAll(model, rows, parts);
    for (const auto& c : rows.cases) report.fitted_rows += model.Fitted(c);
    report.how = fmt::format("predicted by a model of {} rows", model.rows());
  } else {
    RS_ASSIGN_OR_RETURN(const calibrate::Holdout holdout,
                        calibrate::ParseHoldout(options.hold_out));
    judged = calibrate::CrossValidate(rows.cases, rows.rows.rows, holdout, parts);
    report.how = fmt::format("each row predicted without its own {}", Name(holdout));
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
