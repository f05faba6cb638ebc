// Brings what a job has written elsewhere into its folder here, by commands of a shell that is
// reached over ssh or into a container. Never half of it: files are unpacked beside and then put in
// their places, the journal last.
//
// Thread safety: no shared state.

#pragma once

#include <functional>
#include <string>

#include "base/core/clock.h"
#include "base/core/result.h"
#include "service/fleet/process.h"

namespace roofscape::fleet {

/// Runs a command of the shell there.
using RemoteShell = std::function<Result<CommandResult>(const std::string& command)>;
/// What a failed command means.
using RemoteError = std::function<Error(const CommandResult& result)>;

/// From the folder `there` to `here`: results that the journal names and that are not here yet, the
/// logs, then the journal. True: there was news. `source`: for messages.
Result<bool> FetchFolder(const RemoteShell& shell, const RemoteError& error,
                         const std::string& there, const std::string& here,
                         const std::string& source, const Clock& clock);

}  // namespace roofscape::fleet
