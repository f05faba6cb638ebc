// Is this machine fit to measure? One finding a topic: what was found, and the cure where it is not
// as it should be. FAIL means that measured times would be wrong or runs would break; WARN that
// they may be less exact, or that something is not available.
//
// Takes about a second: it waits on timers, spins to see when the scheduler takes the processor
// away, and sends a few bytes over loopback. Changes nothing on the machine.
//
// Thread safety: call from one thread.

#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/core/clock.h"

namespace roofscape::host {

enum class Fitness { kOk, kUnknown, kWarn, kFail };

/// "OK", "?", "WARN", "FAIL".
std::string_view Name(Fitness fitness);

struct Finding {
  std::string topic;
  Fitness fitness = Fitness::kOk;
  std::string found;
  std::string cure;  // Empty when there is nothing to do.
};

/// The contents of a file of /proc or /sys; nothing where it cannot be read.
using ReadFile = std::function<std::optional<std::string>(const std::string& path)>;

/// Reads from the machine itself.
std::optional<std::string> ReadSystemFile(const std::string& path);

/// What the files of the system tell.
std::vector<Finding> ExamineFiles(const ReadFile& read);

/// Everything: the files, and what only trying shows.
std::vector<Finding> Examine(const Clock& clock);

/// True when nothing FAILs.
bool IsFit(const std::vector<Finding>& findings);

}  // namespace roofscape::host
