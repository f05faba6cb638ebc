// Gives each event of a response the time at which it came and how sure that is. What TCP lets us
// know (base/net/kernel_stamps.h): the kernel's receive stamp of a read is that of its last byte.
// So an event with which a read ends has that stamp, exactly; an event that shares its read with a
// later one, or whose read ends inside a later one, came in (not_before, stamp]: that width is its
// uncertainty. Where the kernel gives no stamps, the program's clock and the loop's lag stand in;
// the time that the system takes to wake the loop up is then not covered.
//
// Use: for each event of a read Stamp(); when the read has been parsed, EndOfRead().
// Thread safety: one thread.

#pragma once

#include <cstdint>
#include <vector>

#include "base/core/units.h"
#include "base/net/http_client.h"
#include "domain/spec/request_log.h"

namespace roofscape::load {

class EventStamper {
 public:
  /// `epoch` is zero of the request log.
  explicit EventStamper(Instant epoch) : epoch_(epoch) {}

  /// Sets time, uncertainty and read of `event`, which is about to follow `events`.
  void Stamp(const net::ReadInfo& read, std::vector<spec::Event>& events, spec::Event& event);

  /// `partial`: bytes of a next event came with the read.
  void EndOfRead(const net::ReadInfo& read, std::vector<spec::Event>& events, bool partial);

 private:
  static void Widen(std::uint32_t width, spec::Event& event);

  Instant epoch_;
};

}  // namespace roofscape::load
