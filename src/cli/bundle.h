// The subcommand of evidence bundles, as command.h has the others.
//
// Thread safety: one thread.

#pragma once

#include "cli/command.h"

namespace roofscape::cli {

void AddBundleCommand(Command& app, Invocation& invocation);

}  // namespace roofscape::cli
