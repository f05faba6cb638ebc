#include "cli/command.h"

namespace roofscape::cli {

void AddReportCommand(CLI::App&, Invocation&) {}

}  // namespace roofscape::cli
