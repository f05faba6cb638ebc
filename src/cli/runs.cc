#include "cli/command.h"

namespace roofscape::cli {

void AddRunsCommand(CLI::App&, Invocation&) {}

}  // namespace roofscape::cli
