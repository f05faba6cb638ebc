// A streaming chat server in a process of its own, for benchmarks of the client: every connection
// that sends a request gets one event a write at a steady pace, until it closes.

#pragma once

#include <utility>

#include "base/core/result.h"
#include "base/net/url.h"
#include "tools.h"

namespace roofscape::bench {

class PacedServer {
 public:
  /// Forks, and pins the server to `core`. Call it before any thread is started.
  static Result<PacedServer> Start(double events_per_second, int core);

  const net::Url& url() const { return url_; }

 private:
  PacedServer(net::Url url, Child child) : url_(std::move(url)), child_(std::move(child)) {}

  net::Url url_;
  Child child_;
};

}  // namespace roofscape::bench
