// roofscape report: one self-contained HTML file from stored runs.

#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "cli/command.h"
#include "cli/report_input.h"
#include "cli/run_selection.h"
#include "cli/version.h"
#include "cli/write_file.h"
#include "results/report/report_html.h"
#include "results/store/store.h"

namespace roofscape::cli {
namespace {

constexpr const char* kDescription = "Write runs as one self-contained HTML file.";

constexpr const char* kFooter =
    "Example:\n"
    "  roofscape report -o report.html\n"
    "  roofscape report --label site=lab --title 'Llama 8B on one H200'\n\n"
    "The file opens without network. It replaces what stands at its path; '-o -' writes it to\n"
    "stdout.";

struct Options {
  RunSelection runs;
  std::string output = "report.html";
  std::string title;
  std::string window = "steady";
};

Result<std::string> Render(const Options& options, WallTime now) {
  report::ReportInput input;
  input.title = options.title;
  input.generated = now;
  input.version = kVersion;
  RS_ASSIGN_OR_RETURN(input.window, analysis::ParseWindow(options.window));
  RS_ASSIGN_OR_RETURN(const std::unique_ptr<store::Store> store,
                      store::OpenStore(StorePath(options.runs.db), store::OpenMode::kReadOnly));
  RS_ASSIGN_OR_RETURN(input.runs, LoadRuns(*store, options.runs));
  std::vector<std::string> warnings;
  input.details = LoadDetails(*store, input.runs, warnings);
  for (const std::string& warning : warnings) fmt::print(stderr, "roofscape: {}\n", warning);
  return report::RenderReport(input);
}

int WriteReport(const Options& options, WallTime now) {
  const auto html = Render(options, now);
  if (!html) return Report(html.error());
  if (options.output == "-") {
    fmt::print("{}", *html);
    return kDone;
  }
  if (const auto written = WriteWholeFile(options.output, *html); !written) {
    return Report(written.error());
  }
  fmt::print("{}\n", options.output);
  return kDone;
}

}  // namespace

void AddReportCommand(Command& app, Invocation& invocation) {
  Command* command = app.AddSubcommand("report", kDescription);
  command->Footer(kFooter);
  const auto options = std::make_shared<Options>();
  AddRunSelection(*command, options->runs);
  command->AddOption("-o,--output", options->output, "Where to write it")->ShowDefault();
  command->AddOption("--title", options->title, "The page's title (default: model and engine)");
  command->AddOption("--window", options->window, "steady or whole")->ShowDefault();
  command->OnChosen([options, &invocation] {
    invocation.run = [options, &invocation] {
      return WriteReport(*options, invocation.clock->Wall());
    };
  });
}

}  // namespace roofscape::cli
