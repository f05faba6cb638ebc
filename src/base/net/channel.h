// One connected, non-blocking TCP socket that knows when things happened: every read comes with the
// program's clock before and after the call and the kernel's receive stamp of its last byte; a
// marked send gets the kernel's transmit stamp. The client and the server stand on it.
//
// Thread safety: one thread.

#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "base/core/clock.h"
#include "base/net/fd.h"
#include "base/net/kernel_stamps.h"

namespace roofscape::net {

/// What one receive call brought.
struct Received {
  int error = 0;          // errno, or 0.
  std::size_t bytes = 0;  // 0 without an error: the other side has closed.
  Instant began;          // Directly before the call.
  Instant stamp;          // Directly after it.
  Instant arrived;        // Of the last byte: the kernel's receive stamp, else `stamp`.
  Nanos grain{};          // `arrived` is true within +- grain, where the kernel told it.
  bool by_kernel = false;
};

struct Sent {
  int error = 0;
  std::size_t bytes = 0;
};

class Channel {
 public:
  /// `clock` and `stamps` must outlive the channel; `stamps` may be shared by a thread's channels.
  Channel(const Clock& clock, StampMap& stamps) : clock_(clock), stamps_(stamps) {}

  /// Takes a socket over, connected or connecting.
  void Adopt(Fd fd) { fd_ = std::move(fd); }
  /// The socket is connected: stamps can be asked for.
  void OnConnected();
  void Close();

  int fd() const { return fd_.get(); }
  bool open() const { return fd_.open(); }

  /// One sendmsg. `want_stamp`: the last byte of it gets a transmit stamp.
  Sent Send(std::span<const iovec> parts, bool want_stamp = false);

  /// One recvmsg into `buffer`.
  Received Receive(std::span<char> buffer);

  /// The transmit stamp of the last byte of the last marked send, once the kernel has told it.
  std::optional<Instant> TakeTransmitStamp();
  /// A transmit stamp was asked for and has not come.
  bool awaits_stamp() const { return awaited_.has_value(); }

 private:
  const Clock& clock_;
  StampMap& stamps_;
  Fd fd_;
  bool stamped_ = false;
  std::uint32_t sent_bytes_ = 0;          // Modulo 2^32, as the kernel counts.
  std::optional<std::uint32_t> awaited_;  // Offset of the byte whose stamp is to come.
};

}  // namespace roofscape::net
