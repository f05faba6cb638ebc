// Time stamps that the kernel gives to TCP data: when a segment came in, whatever the program was
// doing then, and when a request's last byte went out.
//
// The kernel stamps with the calendar clock (CLOCK_REALTIME); StampMap brings stamps to the
// monotonic clock by pairs of readings, renewed every millisecond, so that a slewed or stepped
// calendar clock does no harm. What TCP makes of stamps: segments that are merged in the receive
// queue keep only the last one's stamp, so a read's stamp is that of its last byte, and an upper
// bound for the bytes before. Interfaces: Linux, Documentation/networking/timestamping.rst.
//
// Thread safety: plain values, one thread a StampMap.

#pragma once

#include <sys/socket.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/core/clock.h"
#include "base/net/fd.h"

namespace roofscape::net {

/// Room for the control data of one message with stamps.
struct alignas(cmsghdr) ControlBuffer {
  static constexpr std::size_t kBytes = 256;
  std::array<char, kBytes> bytes;
};

/// Asks for receive stamps and for transmit stamps of marked sends. The socket must be connected.
/// False where the kernel refuses: stamps then stay missing.
bool EnableStamps(int fd);

/// A socket that only wants stamps. The kernel begins to stamp packets a little after the first
/// socket asked for it; who holds this open has that behind him when it counts. May be closed.
Fd KeepStampsOn();

/// The receive stamp in a message's control data [ns of CLOCK_REALTIME], if there is one.
std::optional<std::int64_t> ReceiveStamp(const msghdr& message);

/// Marks a message that is to be sent: its last byte gets a transmit stamp. `control` must live
/// until the send.
void MarkForTransmitStamp(msghdr& message, ControlBuffer& control);

/// A transmit stamp: of the byte at `offset` (modulo 2^32) of what was sent since EnableStamps.
struct TransmitStamp {
  std::uint32_t offset = 0;
  std::int64_t realtime_ns = 0;
};

/// Takes one transmit stamp from the socket's error queue; missing when it is empty.
std::optional<TransmitStamp> TakeTransmitStamp(int fd);

class StampMap {
 public:
  explicit StampMap(const Clock& clock) : clock_(clock) {}

  struct Mapped {
    Instant at;
    Nanos grain;  // The true time is within +- grain of `at`.
  };
  /// `now` is a recent reading of the monotonic clock.
  Mapped Map(std::int64_t realtime_ns, Instant now);

 private:
  const Clock& clock_;
  std::optional<ClockPair> pair_;
};

}  // namespace roofscape::net
