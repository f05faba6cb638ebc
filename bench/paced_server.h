// A streaming chat server in a process of its own, for benchmarks of the client: every connection
// that sends a request gets one event a write at a steady pace, until it closes.

#pragma once

#include <sys/types.h>

#include "base/core/result.h"
#include "base/net/fd.h"
#include "base/net/url.h"

namespace roofscape::bench {

class PacedServer {
 public:
  /// Forks. Call it before any thread is started.
  static Result<PacedServer> Start(double events_per_second);
  PacedServer(PacedServer&&) = default;
  PacedServer& operator=(PacedServer&&) = delete;
  ~PacedServer();

  const net::Url& url() const { return url_; }
  pid_t pid() const { return pid_; }

 private:
  PacedServer(net::Url url, net::Fd lifeline, pid_t pid)
      : url_(std::move(url)), lifeline_(std::move(lifeline)), pid_(pid) {}

  net::Url url_;
  net::Fd lifeline_;  // The server ends when this closes.
  pid_t pid_;
};

}  // namespace roofscape::bench
