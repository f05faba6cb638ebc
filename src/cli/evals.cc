// roofscape evals: how right deployments answered while they served.

#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/catalog_source.h"
#include "cli/command.h"
#include "cli/eval_text.h"
#include "cli/row_selection.h"
#include "results/store/archive.h"

namespace roofscape::cli {
namespace {

constexpr const char* kDescription =
    "List imported evals: how right deployments answered, with the 95 % interval.";

constexpr const char* kFooter =
    "Example:\n"
    "  roofscape import inferencex evaluations.json\n"
    "  roofscape evals --model deepseek-r1 --chip b200 --latest\n\n"
    "The interval is 1.96 times the published standard error to either side, else Wilson's over\n"
    "the questions asked. Two scores whose intervals overlap widely are not shown to differ.";

struct Options {
  RowSelection rows;
  std::string catalog;
  std::string task;
  bool json = false;
  bool csv = false;
};

Result<> Evals(const Options& options) {
  RS_ASSIGN_OR_RETURN(const catalog::Catalog catalog, LoadCatalog(options.catalog));
  RS_ASSIGN_OR_RETURN(const store::RowQuery query, QueryOf(options.rows, catalog));
  const std::string path = StorePath(options.rows.db);
  RS_ASSIGN_OR_RETURN(const std::unique_ptr<store::Archive> archive,
                      store::OpenArchive(path, store::OpenMode::kReadOnly));
  RS_ASSIGN_OR_RETURN(std::vector<store::ArchivedEval> found, archive->Evals(query));
  std::vector<spec::EvalRow> rows;
  for (store::ArchivedEval& eval : found) {
    if (options.task.empty() || eval.row.task == options.task) rows.push_back(std::move(eval.row));
  }
  if (rows.empty()) {
    return Error{ErrorCode::kNotFound,
                 "no eval fits. See what was imported: roofscape imports; bring evals in: "
                 "roofscape import inferencex evaluations.json"};
  }
  if (options.json) {
    Json all = Json::array();
    for (const spec::EvalRow& row : rows) all.push_back(spec::ToJson(row));
    fmt::print("{}\n", all.dump(2, ' ', false, Json::error_handler_t::replace));
  } else if (options.csv) {
    fmt::print("{}", EvalCsv(rows));
  } else {
    fmt::print("{}", EvalTable(rows, StyleOf(stdout)));
  }
  return {};
}

}  // namespace

void AddEvalsCommand(Command& app, Invocation& invocation) {
  Command* command = app.AddSubcommand("evals", kDescription);
  command->Footer(kFooter);
  const auto options = std::make_shared<Options>();
  AddDeploymentConditions(*command, options->rows);
  command->AddOption("--task", options->task, "Only this eval, as published: gsm8k");
  CommandOption* const json =
      command->AddFlag("--json", options->json, "Print an array of objects");
  command->AddFlag("--csv", options->csv, "Print one line a score")->Excludes(json);
  AddCatalogOption(*command, options->catalog);
  AddDbOption(*command, options->rows.db);
  command->OnChosen([options, &invocation] {
    invocation.run = [options] {
      const Result<> done = Evals(*options);
      return done ? int{kDone} : Report(done.error());
    };
  });
}

}  // namespace roofscape::cli
