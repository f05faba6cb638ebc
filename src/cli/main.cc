// The roofscape program: finds the subcommand and runs it.

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "base/core/text.h"
#include "cli/bundle.h"
#include "cli/command.h"
#include "cli/table.h"
#include "cli/version.h"
#include "service/fleet/executor.h"

namespace {

using roofscape::cli::Invocation;

constexpr const char* kDescription =
    "Roofscape: what a language model costs to serve, how fast, on what.\n"
    "Measures OpenAI-compatible servers and keeps, compares and draws the results.";

constexpr const char* kFooter =
    "Example:\n"
    "  roofscape bench http://127.0.0.1:8080 --concurrency 1,2,4,8\n"
    "  roofscape frontier\n"
    "  roofscape report -o report.html\n\n"
    "Exit status: 0 done, 1 failed, 2 wrong use, 3 measured but the instrument was INVALID,\n"
    "4 a comparison found that something got worse.";

/// Help within 80 columns.
class NarrowHelp final : public CLI::Formatter {
 public:
  NarrowHelp() { column_width(26); }

  std::string make_option(const CLI::Option* option, bool is_positional) const override {
    return Line(make_option_name(option, is_positional) + make_option_opts(option),
                make_option_desc(option));
  }
  std::string make_subcommand(const CLI::App* command) const override {
    return Line(command->get_display_name(true), command->get_description());
  }

 private:
  std::string Line(const std::string& name, std::string text) const {
    constexpr std::size_t kColumns = 80;
    std::replace(text.begin(), text.end(), '\n', ' ');
    const std::size_t width = get_column_width();
    std::string label = "  " + name;
    std::string before;
    if (label.size() + 1 > width) {  // What does not fit beside the text stands above it.
      before = label + '\n';
      label.clear();
    }
    label.resize(width, ' ');
    return before + roofscape::cli::WrapUnder(label, text, kColumns) + '\n';
  }
};

/// CLI11's message, with a suggestion for a misspelt subcommand or flag and a pointer to help.
int WrongUse(const CLI::App& app, const CLI::ParseError& error) {
  const CLI::App* command = &app;
  std::string path = "roofscape";
  while (!command->get_subcommands().empty()) {
    command = command->get_subcommands().front();
    path += " " + command->get_name();
  }
  std::vector<std::string> names;
  for (const CLI::App* sub : command->get_subcommands({})) names.push_back(sub->get_name());
  for (const CLI::Option* option : command->get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  }
  std::string hint;
  for (const std::string& word : command->remaining()) {
    const std::string flag = word.substr(0, word.find('='));
    hint = roofscape::DidYouMean(flag, names);
    if (!hint.empty()) break;
  }
  fmt::print(stderr, "roofscape: {}{}{}\nTry: {} --help\n", error.what(), hint.empty() ? "" : ".",
             hint, path);
  return roofscape::cli::kWrongUse;
}

int Run(int argc, char** argv) {
  // --version must answer at once: nothing else is set up for it.
  if (argc == 2 && std::string_view(argv[1]) == "--version") {
    fmt::print("roofscape {}\n", roofscape::kVersion);
    return roofscape::cli::kDone;
  }
  CLI::App app(kDescription, "roofscape");
  app.footer(roofscape::cli::Reflow(kFooter, 80));
  app.set_version_flag("--version", fmt::format("roofscape {}", roofscape::kVersion));
  app.require_subcommand(1);
  app.formatter(std::make_shared<NarrowHelp>());

  const roofscape::SystemClock clock;
  Invocation invocation;
  invocation.clock = &clock;
  roofscape::cli::Command root(app);
  roofscape::cli::AddBenchCommand(root, invocation);
  roofscape::cli::AddSweepCommand(root, invocation);
  roofscape::cli::AddSweepWorkerCommand(root, invocation);
  app.get_subcommand(roofscape::fleet::kWorkerCommand)->group("");  // Not for people.
  roofscape::cli::AddDaemonCommand(root, invocation);
  roofscape::cli::AddRecipeCommand(root, invocation);
  roofscape::cli::AddVerifyCommand(root, invocation);
  roofscape::cli::AddBundleCommand(root, invocation);
  roofscape::cli::AddRunsCommand(root, invocation);
  roofscape::cli::AddShowCommand(root, invocation);
  roofscape::cli::AddFrontierCommand(root, invocation);
  roofscape::cli::AddReportCommand(root, invocation);
  roofscape::cli::AddCompareCommand(root, invocation);
  roofscape::cli::AddTrendCommand(root, invocation);
  roofscape::cli::AddCostCommand(root, invocation);
  roofscape::cli::AddPredictCommand(root, invocation);
  roofscape::cli::AddSimulateCommand(root, invocation);
  roofscape::cli::AddCheckAgreementCommand(root, invocation);
  roofscape::cli::AddExploreCommand(root, invocation);
  roofscape::cli::AddCodesignCommand(root, invocation);
  roofscape::cli::AddCalibrateCommand(root, invocation);
  roofscape::cli::AddValidateCommand(root, invocation);
  roofscape::cli::AddImportCommand(root, invocation);
  roofscape::cli::AddImportsCommand(root, invocation);
  roofscape::cli::AddEvalsCommand(root, invocation);
  roofscape::cli::AddExportCommand(root, invocation);
  roofscape::cli::AddCampaignsCommand(root, invocation);
  roofscape::cli::AddCatalogCommand(root, invocation);
  roofscape::cli::AddDbCommand(root, invocation);
  roofscape::cli::AddDoctorCommand(root, invocation);
  roofscape::cli::AddProbeCommand(root, invocation);
  roofscape::cli::AddServeCommand(root, invocation);
  roofscape::cli::AddPublishCommand(root, invocation);
  roofscape::cli::AddTwinCommand(root, invocation);
  roofscape::cli::AddMakeModelCommand(root, invocation);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);  // --help, --version
    return WrongUse(app, error);
  }
  return invocation.run();
}

int CannotWrite(const char* why) {
  std::fprintf(stderr, "roofscape: cannot write the output: %s\n", why);
  return roofscape::cli::kFailed;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const int status = Run(argc, argv);
    return std::fflush(stdout) == 0 ? status : CannotWrite(std::strerror(errno));
  } catch (const std::system_error& error) {  // fmt::print throws when stdout is full or closed
    return CannotWrite(error.what());
  }
}
