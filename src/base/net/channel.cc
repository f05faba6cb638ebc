#include "base/net/channel.h"

#include <linux/sockios.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>

namespace roofscape::net {
namespace {

/// What a socket has received, read or not.
struct Arrivals {
  std::uint32_t segments = 0;  // With data, modulo 2^32.
  std::uint64_t bytes = 0;     // The end of the stream counts as one.
};

/// Missing where the kernel is too old.
std::optional<Arrivals> ArrivalsOf(int fd) {
  tcp_info info{};
  socklen_t size = sizeof info;
  constexpr std::size_t kNeeded = offsetof(tcp_info, tcpi_data_segs_in) + sizeof(std::uint32_t);
  if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) != 0 || size < kNeeded) return {};
  return Arrivals{info.tcpi_data_segs_in, info.tcpi_bytes_received};
}

}  // namespace

void Channel::OnConnected() {
  stamped_ = EnableStamps(fd_.get());
  sent_bytes_ = 0;
  read_bytes_ = 0;
}

void Channel::Close() {
  if (tls_ != nullptr && fd_.open()) {
    tls_->Close();
    static_cast<void>(FlushTls(false));
  }
  fd_.Close();
  tls_.reset();
  encrypted_ = 0;
  early_.reset();
  tls_error_.clear();
  stamped_ = false;
  awaited_.reset();
}

void Channel::Abort() {
  const linger abort{1, 0};
  static_cast<void>(setsockopt(fd_.get(), SOL_SOCKET, SO_LINGER, &abort, sizeof abort));
  StopTls();
  Close();
}

void Channel::ShutdownSend() {
  if (tls_ != nullptr) {
    tls_->Close();
    static_cast<void>(FlushTls(false));
  }
  static_cast<void>(::shutdown(fd_.get(), SHUT_WR));
}

Sent Channel::Send(std::span<const iovec> parts, bool want_stamp) {
  return tls_ == nullptr ? SendRaw(parts, want_stamp) : SendTls(parts, want_stamp);
}

bool Channel::HoldsUnsent() const {
  int unsent = 0;
  return ::ioctl(fd_.get(), SIOCOUTQNSD, &unsent) == 0 && unsent > 0;
}

Received Channel::Receive(std::span<char> buffer) {
  return tls_ == nullptr ? ReceiveRaw(buffer) : ReceiveTls(buffer);
}

Sent Channel::SendRaw(std::span<const iovec> parts, bool want_stamp) {
  msghdr message{};
  // sendmsg does not write through these; its type just has no const.
  message.msg_iov = const_cast<iovec*>(parts.data());
  message.msg_iovlen = parts.size();
  ControlBuffer control;
  if (want_stamp && stamped_) MarkForTransmitStamp(message, control);
  ssize_t sent = -1;
  do {
    sent = ::sendmsg(fd_.get(), &message, MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  if (sent < 0) return {errno, 0};
  sent_bytes_ += static_cast<std::uint32_t>(sent);
  if (want_stamp && stamped_) awaited_ = sent_bytes_ - 1;
  return {0, static_cast<std::size_t>(sent)};
}

Received Channel::ReceiveRaw(std::span<char> buffer) {
  ControlBuffer control;
  iovec part{buffer.data(), buffer.size()};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.bytes.data();
  message.msg_controllen = control.bytes.size();
  Received received;
  received.began = clock_.Now();
  const ssize_t got = ::recvmsg(fd_.get(), &message, 0);
  if (got < 0) received.error = errno;
  received.stamp = received.arrived = clock_.Now();
  received.drained = got == 0;
  if (got <= 0) return received;
  ++reads_since_mark_;
  read_bytes_ += static_cast<std::uint64_t>(got);
  received.bytes = static_cast<std::size_t>(got);
  received.drained = received.bytes < buffer.size();
  const auto kernel = ReceiveStamp(message);
  if (!kernel) return received;
  const StampMap::Mapped mapped = stamps_.Map(*kernel, received.stamp);
  // A calendar clock that was set back or forth between stamp and reading shows here.
  if (mapped.at > received.stamp + mapped.grain) return received;
  received.arrived = std::min(mapped.at, received.stamp);
  received.grain = mapped.grain;
  received.by_kernel = true;
  return received;
}

void Channel::MarkSegments() {
  reads_since_mark_ = 0;
  if (tls_ == nullptr) marked_segments_ = ArrivalsOf(fd_.get()).value_or(Arrivals{}).segments;
}

bool Channel::OneSegmentARead() {
  if (tls_ != nullptr) return false;
  const auto arrivals = ArrivalsOf(fd_.get());
  if (!arrivals) return false;
  const std::uint64_t unread = arrivals->bytes - read_bytes_;
  if (unread > 1) return false;
  if (arrivals->segments - marked_segments_ == reads_since_mark_) return true;
  if (unread == 1) return false;  // The end of the stream, or a byte.
  marked_segments_ = arrivals->segments;
  reads_since_mark_ = 0;
  return false;
}

std::optional<Instant> Channel::TakeTransmitStamp() {
  while (const auto stamp = net::TakeTransmitStamp(fd_.get())) {
    // Stamps of an earlier exchange that nobody waited for may come first.
    if (!awaited_ || stamp->offset != *awaited_ || stamp->realtime_ns == 0) continue;
    awaited_.reset();
    return stamps_.Map(stamp->realtime_ns, clock_.Now()).at;
  }
  return std::nullopt;
}

}  // namespace roofscape::net
