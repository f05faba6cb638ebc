#include "base/net/kernel_stamps.h"

#include <linux/errqueue.h>
#include <linux/net_tstamp.h>
#include <netinet/in.h>

#include <cerrno>
#include <cstring>
#include <ctime>

namespace roofscape::net {
namespace {

constexpr Nanos kRenew = std::chrono::milliseconds(1);

// A calendar clock is slewed by at most 500 parts in a million (adjtimex): over kRenew that is
// this.
constexpr Nanos kSlew{500};

std::int64_t ToNanos(const timespec& time) {
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

/// The software stamp in a control message of the given level and type.
std::optional<std::int64_t> SoftwareStamp(const cmsghdr& control) {
  if (control.cmsg_level != SOL_SOCKET || control.cmsg_type != SCM_TIMESTAMPING) return {};
  scm_timestamping stamps{};
  std::memcpy(&stamps, CMSG_DATA(&control), sizeof stamps);
  const std::int64_t at = ToNanos(stamps.ts[0]);
  return at == 0 ? std::nullopt : std::optional(at);
}

/// Calls visit(control message) for each.
template <class Visit>
void ForEachControl(const msghdr& message, Visit visit) {
  // The macros want a pointer to non-const; nothing is written.
  auto* header = const_cast<msghdr*>(&message);
  for (cmsghdr* c = CMSG_FIRSTHDR(header); c != nullptr; c = CMSG_NXTHDR(header, c)) visit(*c);
}

}  // namespace

bool EnableStamps(int fd) {
  const unsigned flags = SOF_TIMESTAMPING_SOFTWARE | SOF_TIMESTAMPING_RX_SOFTWARE |
                         SOF_TIMESTAMPING_OPT_ID | SOF_TIMESTAMPING_OPT_TSONLY;
  return setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPING, &flags, sizeof flags) == 0;
}

Fd KeepStampsOn() {
  Fd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  const unsigned flags = SOF_TIMESTAMPING_SOFTWARE | SOF_TIMESTAMPING_RX_SOFTWARE;
  // Without stamps all works, with the program's clock.
  if (socket.open()) {
    static_cast<void>(setsockopt(socket.get(), SOL_SOCKET, SO_TIMESTAMPING, &flags, sizeof flags));
  }
  return socket;
}

std::optional<std::int64_t> ReceiveStamp(const msghdr& message) {
  std::optional<std::int64_t> stamp;
  ForEachControl(message, [&stamp](const cmsghdr& control) {
    if (const auto found = SoftwareStamp(control)) stamp = found;
  });
  return stamp;
}

void MarkForTransmitStamp(msghdr& message, ControlBuffer& control) {
  const std::uint32_t flags = SOF_TIMESTAMPING_TX_SOFTWARE;
  control.bytes.fill(0);
  message.msg_control = control.bytes.data();
  message.msg_controllen = CMSG_SPACE(sizeof flags);
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SO_TIMESTAMPING;
  header->cmsg_len = CMSG_LEN(sizeof flags);
  std::memcpy(CMSG_DATA(header), &flags, sizeof flags);
}

std::optional<TransmitStamp> TakeTransmitStamp(int fd) {
  ControlBuffer control;
  msghdr message{};
  message.msg_control = control.bytes.data();
  message.msg_controllen = control.bytes.size();
  if (::recvmsg(fd, &message, MSG_ERRQUEUE | MSG_DONTWAIT) < 0) return std::nullopt;
  TransmitStamp stamp;
  bool of_transmit = false;
  ForEachControl(message, [&](const cmsghdr& c) {
    if (const auto at = SoftwareStamp(c)) stamp.realtime_ns = *at;
    const bool v4 = c.cmsg_level == IPPROTO_IP && c.cmsg_type == IP_RECVERR;
    const bool v6 = c.cmsg_level == IPPROTO_IPV6 && c.cmsg_type == IPV6_RECVERR;
    if (!v4 && !v6) return;
    sock_extended_err error{};
    std::memcpy(&error, CMSG_DATA(&c), sizeof error);
    of_transmit = error.ee_origin == SO_EE_ORIGIN_TIMESTAMPING && error.ee_info == SCM_TSTAMP_SND;
    stamp.offset = error.ee_data;
  });
  if (!of_transmit) stamp.realtime_ns = 0;
  return stamp;
}

StampMap::Mapped StampMap::Map(std::int64_t realtime_ns, Instant now) {
  if (!pair_ || now - pair_->monotonic > kRenew) pair_ = clock_.Pair();
  return {pair_->monotonic + Nanos{realtime_ns - pair_->realtime_ns}, pair_->width / 2 + kSlew};
}

}  // namespace roofscape::net
