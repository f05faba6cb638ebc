// roofscape calibrate: fits the performance model to measured rows.

#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/catalog_source.h"
#include "cli/command.h"
#include "cli/model_source.h"
#include "cli/validate_text.h"
#include "cli/write_file.h"

namespace roofscape::cli {
namespace {

constexpr const char* kDescription = "Fit the performance model to measured rows.";

constexpr const char* kFooter =
    "Example:\n"
    "  roofscape calibrate rows.csv -o my-model.json\n"
    "  roofscape validate more-rows.csv --params my-model.json\n\n"
    "The columns are those of docs/reference/validate.md. The same rows give the same file. What\n"
    "is printed are the fitted coefficients, not errors: rows that were fitted judge nothing. See\n"
    "roofscape validate --hold-out curves for that.";

struct Options {
  std::string rows;
  std::string output;
  std::string catalog;
};

Result<> Calibrate(const Options& options) {
  RS_ASSIGN_OR_RETURN(const catalog::Catalog catalog,
                      LoadCatalog(options.catalog, Scores::kLeaveOut));
  RS_ASSIGN_OR_RETURN(const CalibrationRows rows, LoadCalibrationRows(options.rows, catalog));
  const std::vector<char> all(rows.cases.size(), 1);
  const calibrate::Model model = calibrate::Model::Calibrate(rows.cases, all);
  RS_RETURN_IF_ERROR(WriteWholeFile(options.output, model.ToJson().dump() + "\n"));
  fmt::print("{}", CoefficientTableText(model, StyleOf(stdout)));
  fmt::print("\n{} rows fitted.{} Written to {}\n", rows.cases.size(), BadRowsText(rows.bad),
             options.output);
  return {};
}

}  // namespace

void AddCalibrateCommand(Command& app, Invocation& invocation) {
  Command* command = app.AddSubcommand("calibrate", kDescription);
  command->Footer(kFooter);
  const auto options = std::make_shared<Options>();
  command->AddOption("ROWS", options->rows, "CSV file of measured serving rows")->Required();
  command->AddOption("-o,--output", options->output, "Where the model file goes")->Required();
  AddCatalogOption(*command, options->catalog);
  command->OnChosen([options, &invocation] {
    invocation.run = [options] {
      const Result<> done = Calibrate(*options);
      return done ? int{kDone} : Report(done.error());
    };
  });
}

}  // namespace roofscape::cli
