#include "cli/command.h"

namespace roofscape::cli {

void AddShowCommand(CLI::App&, Invocation&) {}

}  // namespace roofscape::cli
