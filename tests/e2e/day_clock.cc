// A Roofscape for tests whose calendar is moved by a file: it holds the seconds by which the time
// is shifted, and is read whenever somebody asks for the time. Only the calendar: what is measured
// is measured by the machine's own monotonic clock, as in the program.
//
//   $ROOFSCAPE_TEST_SHIFT   the file
//
// It has the commands of the fleet and starts itself as worker, so that runs are dated by it, too.

#include <cstdlib>
#include <fstream>
#include <string>

#include <CLI/CLI.hpp>

#include "cli/command.h"
#include "service/fleet/executor.h"

namespace {

using namespace roofscape;

class ShiftedClock final : public Clock {
 public:
  Instant Now() const override { return machine_.Now(); }
  /// The kernel stamps packets by the machine's calendar.
  ClockPair Pair() const override { return machine_.Pair(); }
  WallTime Wall() const override {
    std::int64_t shift_s = 0;
    const char* const path = std::getenv("ROOFSCAPE_TEST_SHIFT");
    if (path != nullptr) std::ifstream(path) >> shift_s;
    return {machine_.Wall().unix_us + shift_s * 1'000'000};
  }

 private:
  SystemClock machine_;
};

}  // namespace

int main(int argc, char** argv) {
  const ShiftedClock clock;
  cli::Invocation invocation;
  invocation.clock = &clock;
  CLI::App app("A Roofscape with another calendar, for tests", "day_clock");
  app.require_subcommand(1);
  cli::Command root(app);
  cli::AddDaemonCommand(root, invocation);
  cli::AddSweepCommand(root, invocation);
  cli::AddSweepWorkerCommand(root, invocation);
  cli::AddTwinCommand(root, invocation);
  cli::AddPublishCommand(root, invocation);
  CLI11_PARSE(app, argc, argv);
  return invocation.run();
}
