// Gives each event of a response the time at which it came and how sure that is. What TCP lets us
// know (base/net/kernel_stamps.h): the kernel's receive stamp of a read is that of its last byte.
// So an event with which a read ends has that stamp, exactly; an event that shares its read with a
// later one, or whose read ends inside a later one, came in (not_before, stamp]: that width is its
// uncertainty. A read that brought one segment alone has one stamp for all its events, and that is
// exact again: the kernel's count of segments tells (Channel::OneSegmentARead). Where the kernel
// gives no stamps, the program's clock and the loop's lag stand in; the time that the system takes
// to wake the loop up is then not covered.
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
  /// `one_segment()` tells whether the read brought one segment alone; it is asked when that
  /// matters, at most once a read.
  template <class OneSegment>
  void Stamp(const net::ReadInfo& read, std::vector<spec::Event>& events, spec::Event& event,
             OneSegment one_segment) {
    const bool shared = !events.empty() && events.back().read == read.read_index;
    Place(read, shared && !Known(read, one_segment), events, event);
  }

  /// `partial`: bytes of a next event came with the read.
  template <class OneSegment>
  void EndOfRead(const net::ReadInfo& read, std::vector<spec::Event>& events, bool partial,
                 OneSegment one_segment) {
    if (!partial || events.empty() || events.back().read != read.read_index) return;
    if (!Known(read, one_segment)) WidenLast(read, events);
  }

  /// A new response begins.
  void Reset() { asked_ = false; }

 private:
  template <class OneSegment>
  bool Known(const net::ReadInfo& read, OneSegment one_segment) {
    if (!read.by_kernel) return false;
    if (!asked_ || asked_read_ != read.read_index) {
      asked_ = true;
      asked_read_ = read.read_index;
      one_segment_ = one_segment();
    }
    return one_segment_;
  }
  void Place(const net::ReadInfo& read, bool widen, std::vector<spec::Event>& events,
             spec::Event& event) const;
  static void WidenLast(const net::ReadInfo& read, std::vector<spec::Event>& events);

  Instant epoch_;
  bool asked_ = false;
  std::uint32_t asked_read_ = 0;
  bool one_segment_ = false;
};

}  // namespace roofscape::load
