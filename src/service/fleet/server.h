// A server that we started: brought up, watched, ended with everything it started itself.
//
// Errors: a Failure says why it did not come up. Thread safety: one thread, which the server does
// not outlive.

#pragma once

#include <atomic>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "base/core/clock.h"
#include "service/fleet/failure.h"
#include "service/fleet/process.h"
#include "service/fleet/start_command.h"

namespace roofscape::fleet {

struct ServerPlace {
  std::string name;    // {name}; also the mark of its processes.
  std::string folder;  // To work in.
  std::string log;
};

class Server {
 public:
  /// Ends what an earlier start of that name has left, starts the server and waits until its health
  /// path answers 200, it has ended, the time is up, or `stop`. An answer counts only where the
  /// port is the server's own (listener.h): of a stranger's it is a failure `port` at once.
  static std::variant<Server, Failure> Start(const ServerStart& start, const ServerPlace& place,
                                             const std::atomic<bool>& stop, const Clock& clock);
  /// Ends what a start of that name has left on this machine.
  static void EndLeftOvers(const ServerStart& start, const std::string& name, const Clock& clock);
  Server(Server&&) = default;
  Server& operator=(Server&&) = delete;
  ~Server() = default;  // Stop() ends it; and it dies with the thread that started it.

  const std::string& url() const { return url_; }
  double start_s() const { return start_s_; }
  /// Why it could not be told whose answer made it ready; empty: it was the server's own.
  const std::string& doubt() const { return doubt_; }
  bool Running() { return child_.Running(); }
  /// Why it ended. REQUIRES: !Running().
  Failure WhyEnded() const;
  /// Whatever is left of it is ended.
  void Stop(const Clock& clock);

 private:
  Server(const ServerStart& start, const ServerPlace& place, std::int64_t port, Child child);
  std::optional<Failure> AwaitReady(const std::atomic<bool>& stop, const Clock& clock);
  std::optional<Failure> LookAtPort();
  Failure FromLog(const Failure& otherwise) const;

  ServerStart start_;
  ServerPlace place_;
  std::int64_t port_;
  Child child_;
  std::string url_;
  std::string doubt_;
  double start_s_ = 0;
  std::size_t log_from_ = 0;  // Where this start begins in the log.
};

}  // namespace roofscape::fleet
