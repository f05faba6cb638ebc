// Commands that serve until somebody ends them.
//
// Thread safety: call BlockEndSignals before other threads are started.

#pragma once

#include <csignal>

namespace roofscape::cli {

/// Makes SIGINT and SIGTERM wait for AwaitEnd, in this thread and all it starts, and ignores
/// SIGPIPE.
sigset_t BlockEndSignals();

/// Returns when one of them comes.
void AwaitEnd(const sigset_t& ends);

}  // namespace roofscape::cli
