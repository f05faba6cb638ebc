#include "cli/command.h"

namespace roofscape::cli {

void AddMakeModelCommand(CLI::App&, Invocation&) {}

}  // namespace roofscape::cli
