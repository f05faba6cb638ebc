// One connected, non-blocking TCP socket that knows when things happened: every read comes with the
// program's clock before and after the call and the kernel's receive stamp of its last byte; a
// marked send gets the kernel's transmit stamp. The client and the server stand on it.
//
// With TLS the same calls take and give plaintext, and the stamps are those of the encrypted bytes:
// text is there when the last byte of its record is.
//
// Thread safety: one thread.

#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "base/core/clock.h"
#include "base/net/fd.h"
#include "base/net/kernel_stamps.h"
#include "base/net/tls_session.h"

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
  bool drained = false;  // The read took all there was.
  // Part of a further record came along (TLS): `arrived` is of that, the bytes here came earlier.
  bool beyond = false;
  // Behind these bytes the other side said that it sends no more (TLS): the socket may never become
  // readable again.
  bool ended = false;
  // The end of a TLS stream that was not announced: perhaps somebody cut it.
  bool truncated = false;
};

struct Sent {
  int error = 0;
  std::size_t bytes = 0;
};

/// What a TLS handshake waits for.
enum class TlsStep { kDone, kWantsRead, kWantsWrite, kFailed };

class Channel {
 public:
  /// `clock` and `stamps` must outlive the channel; `stamps` may be shared by a thread's channels.
  Channel(const Clock& clock, StampMap& stamps) : clock_(clock), stamps_(stamps) {}

  /// Takes a socket over, connected or connecting.
  void Adopt(Fd fd) { fd_ = std::move(fd); }
  /// The socket is connected: stamps can be asked for.
  void OnConnected();
  void Close();
  /// Closes with RST: what is on its way is lost.
  void Abort();
  /// No more will be sent: FIN, with TLS's own goodbye before it.
  void ShutdownSend();

  /// From now on all is encrypted, beginning with the handshake. REQUIRES: OnConnected was called.
  void StartTls(std::unique_ptr<TlsSession> session);
  /// Goes on with the handshake as far as the socket lets it. After kDone call Receive once: the
  /// other side's first text may have come along. After kFailed tls_error() says why.
  TlsStep Handshake();
  /// Goes on without TLS.
  void StopTls() { tls_.reset(); }
  /// Null without TLS.
  const TlsSession* tls() const { return tls_.get(); }
  /// Why TLS failed, ending with the cure. REQUIRES: tls() != nullptr.
  const std::string& tls_error() const { return tls_error_.empty() ? tls_->error() : tls_error_; }

  int fd() const { return fd_.get(); }
  bool open() const { return fd_.open(); }

  /// One sendmsg. `want_stamp`: the last byte of it gets a transmit stamp. With TLS: after EAGAIN
  /// the next call must begin with the same bytes, for they are encrypted already. EPROTO:
  /// tls_error() says why.
  Sent Send(std::span<const iovec> parts, bool want_stamp = false);

  /// Bytes that the kernel took wait for the window: none of them is on its way yet.
  bool HoldsUnsent() const;

  /// One recvmsg into `buffer`. With TLS it must hold kTlsBufferBytes, and EAGAIN is also said when
  /// what came was no text; EPROTO: tls_error() says why.
  Received Receive(std::span<char> buffer);

  /// From here on segments are counted, for OneSegmentARead.
  void MarkSegments();
  /// True if every read since the mark brought just one segment: then all its bytes came at one
  /// moment. When not, the mark is set anew, as soon as nothing is left to read: a segment that is
  /// counted and not yet read would make up for a later read of two. False with TLS, and when the
  /// kernel does not count.
  bool OneSegmentARead();

  /// The transmit stamp of the last byte of the last marked send, once the kernel has told it.
  std::optional<Instant> TakeTransmitStamp();
  /// A transmit stamp was asked for and has not come.
  bool awaits_stamp() const { return awaited_.has_value(); }

  static constexpr std::size_t kTlsBufferBytes = std::size_t{64} << 10;

 private:
  Sent SendRaw(std::span<const iovec> parts, bool want_stamp);
  Received ReceiveRaw(std::span<char> buffer);
  Sent SendTls(std::span<const iovec> parts, bool want_stamp);
  Received ReceiveTls(std::span<char> buffer);
  /// Sends what the session has to say; errno, or 0 when all has gone.
  int FlushTls(bool want_stamp);

  const Clock& clock_;
  StampMap& stamps_;
  Fd fd_;
  bool stamped_ = false;
  std::uint32_t sent_bytes_ = 0;          // Modulo 2^32, as the kernel counts.
  std::optional<std::uint32_t> awaited_;  // Offset of the byte whose stamp is to come.
  std::uint64_t read_bytes_ = 0;          // From the wire, since the connection stands.
  std::uint32_t marked_segments_ = 0;     // Data segments that had come at the mark.
  std::uint32_t reads_since_mark_ = 0;
  std::unique_ptr<TlsSession> tls_;
  std::size_t encrypted_ = 0;      // Bytes of text that are encrypted but not all gone.
  std::optional<Received> early_;  // The handshake's last read, which may have brought text.
  std::string tls_error_;
};

}  // namespace roofscape::net
