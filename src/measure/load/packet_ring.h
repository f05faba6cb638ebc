// A ring of packet headers that the kernel fills and this program reads without a system call a
// packet (AF_PACKET, TPACKET_V3; Linux, Documentation/networking/packet_mmap.rst): the TCP packets
// that come in from one address and port.
//
// Ownership: owns the socket and the mapping. Thread safety: one thread reads; Open may be called
// on another one before.

#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>

#include "base/core/result.h"
#include "base/core/units.h"
#include "base/net/address.h"
#include "base/net/fd.h"

namespace roofscape::load {

class PacketRing {
 public:
  static constexpr Nanos kLatency = std::chrono::milliseconds(10);

  struct Packet {
    std::span<const unsigned char> bytes;  // From the IP header on, TCP's header included.
    std::size_t full_length = 0;
    std::int64_t realtime_ns = 0;  // The kernel's receive stamp.
  };

  /// kIo, with the cure, where packet sockets are not permitted.
  static Result<PacketRing> Open(const net::Endpoint& endpoint);

  PacketRing(PacketRing&& other) noexcept;
  PacketRing& operator=(PacketRing&&) = delete;
  ~PacketRing();

  /// Becomes readable at most kLatency after a packet has come.
  int fd() const { return fd_.get(); }

  /// Hands out the packets of the next block that the kernel has finished; false if there is none.
  bool ReadBlock(const std::function<void(const Packet&)>& take);

  /// Packets that found no room since the last call.
  std::int64_t TakeDrops();

 private:
  PacketRing() = default;

  net::Fd fd_;
  unsigned char* ring_ = nullptr;
  std::size_t next_block_ = 0;
};

}  // namespace roofscape::load
