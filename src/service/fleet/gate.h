// How a worker starts a server in another container of its pod: by a folder that both see. In the
// engine's container a loop of the shell (GateScript) runs what is put there, and says how it
// ended; in the worker's, a small program of the shell stands for the server: it ends when the
// server ends, prints what it prints, and ends it when it is told to. So a worker treats both
// alike.
//
//   run      a script to be run        running  the same while it runs
//   out      what it prints            ended    its exit status
//   alive    a number that grows       stop     it is to end          over  the loop is to end
//
// Both need nothing but a POSIX shell with the usual small programs.
//
// Thread safety: pure functions.

#pragma once

#include <string>

#include "service/fleet/start_command.h"

namespace roofscape::fleet {

/// For `sh -c SCRIPT gate FOLDER`: ends when FOLDER/over is there, or at SIGTERM.
std::string GateScript();

/// The same server, started through the gate in `folder`.
ServerStart ThroughGate(const ServerStart& start, const std::string& folder);

inline constexpr const char* kGateOver = "over";

}  // namespace roofscape::fleet
