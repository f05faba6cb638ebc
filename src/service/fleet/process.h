// Processes that we start, and how they are ended: by their group and by a mark in their
// environment, which only what we started has; never by a name.
//
// Errors: kIo with what the system said and the cure. Thread safety: no shared state; a Child
// belongs to one thread, and dies with it where that was asked.

#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/core/clock.h"
#include "base/core/result.h"

namespace roofscape::fleet {

/// The variable that marks what a job starts.
inline constexpr const char* kMarkVariable = "ROOFSCAPE_JOB";

struct ChildOptions {
  std::vector<std::string> command;        // Program (looked for on PATH) and arguments.
  std::map<std::string, std::string> env;  // Besides our own.
  std::string folder;                      // To work in; empty: ours.
  std::string log;                         // stdout and stderr are appended to it.
  bool dies_with_us = true;                // Killed when the calling thread ends, however it ends.
};

/// A process in a group of its own.
class Child {
 public:
  static Result<Child> Start(const ChildOptions& options);
  Child(Child&& other) noexcept;
  Child& operator=(Child&&) = delete;
  ~Child() = default;  // Leaves it alone.

  pid_t pid() const { return pid_; }
  /// Whether it still runs; how it ended is known once it does not.
  bool Running();
  /// "ended with status 1", "was killed by signal 9".
  std::string EndText() const;
  /// Ends the whole group: asks, waits up to `grace`, kills.
  void Stop(Nanos grace, const Clock& clock);

 private:
  explicit Child(pid_t pid) : pid_(pid) {}

  pid_t pid_;
  std::optional<int> status_;
};

/// Numbers of all processes that this one can see.
std::vector<pid_t> AllProcesses();

struct ProcessStat {
  pid_t parent = 0;
  pid_t group = 0;
};

/// Missing: there is no such process, or it has ended.
std::optional<ProcessStat> StatOf(pid_t pid);

/// Whether a process has kMarkVariable with this value; false where we may not look.
bool CarriesMark(pid_t pid, const std::string& mark);

/// When a process began, in the kernel's ticks: together with its number it is unique until the
/// next boot. Missing: there is no such process (or it has ended and nobody asked how).
std::optional<std::string> BeginOf(pid_t pid);

/// Ends every process of this user that has the mark: asks, waits up to `grace`, kills. How many
/// there were.
std::size_t EndMarked(const std::string& mark, Nanos grace, const Clock& clock);

/// A word of a shell's command line that stands for exactly this text.
std::string ShellQuoted(std::string_view text);

struct CommandResult {
  int status = 0;  // As of a shell: 128 and the signal for what was killed; 124 after the time.
  std::string out;
  std::string err;
};

/// Runs a command to its end, and gives it `input`. kNotFound where there is no such program.
Result<CommandResult> RunCommand(const std::vector<std::string>& command, std::string_view input,
                                 Nanos timeout, const Clock& clock);

/// A port of 127.0.0.1 that nobody listens on now.
Result<std::int64_t> FreePort();

/// Waits; shorter when a signal comes or `stop` is set.
void Pause(Nanos time, const std::atomic<bool>& stop, const Clock& clock);

/// Asks AMD's program about the chips of this machine; nothing where it is not there.
std::function<std::optional<std::string>()> AmdSmi(const Clock& clock);

/// The path of the program that runs.
std::string OwnProgram();

/// The name of this machine.
std::string HostName();

}  // namespace roofscape::fleet
