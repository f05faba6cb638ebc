#include "cli/command.h"

namespace roofscape::cli {

void AddBenchCommand(CLI::App&, Invocation&) {}

}  // namespace roofscape::cli
