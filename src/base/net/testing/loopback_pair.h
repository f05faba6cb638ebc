// Two ends of a TCP connection over 127.0.0.1, non-blocking, for tests.

#pragma once

#include <utility>

#include "base/net/fd.h"

namespace roofscape::net::testing {

/// The end that connected and the end that was accepted. Aborts if the system refuses.
std::pair<Fd, Fd> LoopbackPair();

}  // namespace roofscape::net::testing
