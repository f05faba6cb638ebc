// The golden server in a process and on a core of its own, for benchmarks.
//
// Thread safety: Start before any thread is started.

#pragma once

#include <cstdint>
#include <string_view>
#include <utility>

#include "base/core/result.h"
#include "base/net/fd.h"
#include "base/net/url.h"
#include "tools.h"

namespace roofscape::bench {

/// What the server tells when it has ended.
struct GoldenReport {
  std::int64_t requests = 0;
  std::int64_t events = 0;
  std::int64_t gone = 0;
  double late_p50_us = 0;
  double late_p99_us = 0;
  double late_max_us = 0;
  double busy_s = 0;  // Outside of its waits.
};

class GoldenChild {
 public:
  /// `script` is TOML. Pinned to `core`. `busy_poll`: it never sleeps, so that a send to it is not
  /// the longer for having to wake it.
  static Result<GoldenChild> Start(std::string_view script, int core, bool busy_poll = false);

  const net::Url& url() const { return url_; }

  /// Ends the server.
  GoldenReport Finish() &&;

 private:
  GoldenChild(net::Url url, net::Fd report, Child child)
      : url_(std::move(url)), report_(std::move(report)), child_(std::move(child)) {}

  net::Url url_;
  net::Fd report_;
  Child child_;
};

}  // namespace roofscape::bench
