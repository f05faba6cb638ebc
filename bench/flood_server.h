// A server in a process of its own that answers every request at once, as fast as the client takes
// it, with one prepared stream: a server that floods.
//
// Thread safety: Start before any thread is started.

#pragma once

#include <cstdint>
#include <utility>

#include "base/core/result.h"
#include "base/net/url.h"
#include "tools.h"

namespace roofscape::bench {

class FloodServer {
 public:
  /// Each answer has `events` events of one token, an HTTP chunk each. Pinned to `core`.
  static Result<FloodServer> Start(std::int64_t events, int core);

  const net::Url& url() const { return url_; }

 private:
  FloodServer(net::Url url, Child child) : url_(std::move(url)), child_(std::move(child)) {}

  net::Url url_;
  Child child_;
};

}  // namespace roofscape::bench
