// When the bytes of a connection's reads can have come: what the kernel's stamp of a read is worth,
// and the moment before which none of its bytes came.
//
// A read that emptied the socket bounds the next one, but not by its own begin: on a busy machine
// the kernel stamps a segment and hands it to the socket later, so that a read begun in between
// does not see it. Segments are stamped in their order, so the last byte's stamp is a bound that
// holds.
//
// Thread safety: one thread.

#pragma once

#include "base/core/clock.h"
#include "base/net/channel.h"

namespace roofscape::net {

class ReadBounds {
 public:
  struct Moments {
    Instant arrived;  // The kernel's receive stamp of the last byte; the program's without one.
    Nanos grain{};    // Of a kernel's stamp: true within +- grain.
    bool by_kernel = false;
    Instant not_before;  // Nothing of the read came earlier.
  };

  /// Nothing that is read from now on can have come before `at`.
  void Begin(Instant at) { not_before_ = at; }

  /// Of the next read. REQUIRES: it brought bytes, or the end of the stream.
  Moments Of(const Received& got);

 private:
  Instant not_before_;
};

}  // namespace roofscape::net
