#include "cli/command.h"

namespace roofscape::cli {

void AddFrontierCommand(CLI::App&, Invocation&) {}

}  // namespace roofscape::cli
