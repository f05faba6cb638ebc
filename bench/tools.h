// What the benchmarks share: a core each for client and server, a server in a process of its own,
// and medians with the machine's load beside them.
//
// Thread safety: Child::Start before any thread is started; the rest from any thread.

#pragma once

#include <sys/types.h>

#include <functional>
#include <string>
#include <vector>

#include "base/core/result.h"
#include "base/net/fd.h"

namespace roofscape::bench {

/// Keeps the calling thread on one core. Does nothing where there is only one. Where other programs
/// run, start the benchmark with `chrt -f 10`: a neighbour's slice of 4 ms is not what is measured.
void Pin(int core);

/// "median (min to max)" with the given number of digits. REQUIRES: not empty.
std::string Spread(std::vector<double> values, int digits);
double Median(std::vector<double> values);

/// The machine's load average over a minute: numbers mean little when it is high.
double LoadAverage();

/// A process that runs a function and dies with this one.
class Child {
 public:
  /// Forks; the child pins itself to `core` and calls `body`. Its lifeline becomes readable when
  /// the parent has gone: it should return then.
  static Result<Child> Start(int core, const std::function<void(int lifeline)>& body);
  Child(Child&&) = default;
  Child& operator=(Child&&) = delete;
  ~Child() { End(); }

  /// Tells the child to end and waits until it has.
  void End();

  pid_t pid() const { return pid_; }

 private:
  Child(net::Fd lifeline, pid_t pid) : lifeline_(std::move(lifeline)), pid_(pid) {}

  net::Fd lifeline_;
  pid_t pid_;
};

/// A listening socket on a free port of 127.0.0.1.
struct Listener {
  net::Fd fd;
  std::uint16_t port = 0;
};
Result<Listener> ListenOnLoopback();

}  // namespace roofscape::bench
