// roofscape export: rows of the store for other programs.

#include <memory>
#include <string>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/catalog_source.h"
#include "cli/command.h"
#include "cli/row_export.h"
#include "cli/row_selection.h"
#include "cli/write_file.h"

namespace roofscape::cli {
namespace {

constexpr const char* kDescription = "Write rows of the store for other programs.";

constexpr const char* kFooter =
    "Example:\n"
    "  roofscape export csv --chip b200 --shape 8192/1024 --latest -o b200.csv\n"
    "  roofscape export jsonl --imported\n\n"
    "csv: one line a point, metrics by their names in docs/reference/metrics.md. jsonl: "
    "everything\n"
    "a point holds, with where it comes from and what was corrected. inferencex: the shape of "
    "that\n"
    "benchmark's API, with its denominators.";

struct Options {
  std::string format;
  RowSelection rows;
  std::string catalog;
  std::string output;
};

std::string TextOf(const std::string& format, std::span<const spec::Row> rows) {
  if (format == "csv") return RowsCsv(rows);
  if (format == "jsonl") return RowsJsonLines(rows);
  return InferencexRows(rows).dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

Result<> Export(const Options& options) {
  RS_ASSIGN_OR_RETURN(const catalog::Catalog catalog, LoadCatalog(options.catalog));
  RS_ASSIGN_OR_RETURN(const std::vector<spec::Row> rows, LoadRows(options.rows, catalog));
  const std::string text = TextOf(options.format, rows);
  if (!options.output.empty() && options.output != "-") {
    RS_RETURN_IF_ERROR(WriteWholeFile(options.output, text));
    fmt::print(stderr, "{} rows in {}\n", rows.size(), options.output);
    return {};
  }
  fmt::print("{}", text);
  return {};
}

}  // namespace

void AddExportCommand(Command& app, Invocation& invocation) {
  Command* command = app.AddSubcommand("export", kDescription);
  command->Footer(kFooter);
  const auto options = std::make_shared<Options>();
  command->AddOption("FORMAT", options->format, "csv, jsonl or inferencex")
      ->Required()
      ->Check(OneOf({"csv", "jsonl", "inferencex"}));
  AddRowSelection(*command, options->rows);
  AddCatalogOption(*command, options->catalog);
  command->AddOption("-o,--output", options->output, "This file instead of stdout");
  command->OnChosen([options, &invocation] {
    invocation.run = [options] {
      const Result<> done = Export(*options);
      return done ? int{kDone} : Report(done.error());
    };
  });
}

}  // namespace roofscape::cli
