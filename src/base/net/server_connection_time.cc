// The time limits of a server's connection: one timer, which looks at what the connection waits
// for.

#include <linux/sockios.h>
#include <sys/ioctl.h>

#include "base/net/server_connection.h"

namespace roofscape::net {
namespace {

/// What the kernel has taken and the client has not.
int UnacknowledgedBytes(int fd) {
  int bytes = 0;
  return ::ioctl(fd, SIOCOUTQ, &bytes) == 0 ? bytes : 0;
}

}  // namespace

Instant ServerConnection::Deadline() const {
  const HttpServerOptions& options = server_.options_;
  Nanos limit{};
  switch (state_) {
    case State::kHandshake: limit = options.head_timeout; break;
    case State::kIdle: limit = requests_ == 0 ? options.head_timeout : options.idle_timeout; break;
    case State::kReading:
      limit = parser_.head_done() ? options.body_timeout : options.head_timeout;
      break;
    case State::kAnswering:
    case State::kFlushing:
    case State::kClosing: limit = queued_bytes() > 0 ? options.write_timeout : Nanos{0}; break;
    case State::kLingering: limit = options.linger; break;
    case State::kDead: break;
  }
  return limit > Nanos{0} ? since_ + limit : Instant::max();
}

void ServerConnection::ArmTimer() {
  const Instant deadline = Deadline();
  // A timer that fires too early looks again; only one that would fire too late must be replaced.
  if (deadline == Instant::max() || (timer_ && timer_at_ <= deadline)) return;
  reactor_.Cancel(timer_);
  timer_at_ = deadline;
  timer_ = reactor_.At(deadline, [this] { OnTimer(); });
}

void ServerConnection::OnTimer() {
  timer_ = {};
  if (reactor_.Now() < Deadline()) {
    ArmTimer();
    return;
  }
  switch (state_) {
    case State::kHandshake: Die(); return;
    case State::kIdle:
      if (requests_ == 0) {
        Die();
      } else {
        Linger();
      }
      return;
    case State::kReading:
      ++server_.stats_.timeouts;
      Fail(408, parser_.head_done() ? "the request's body took too long. Send it faster."
                                    : "the request's headers took too long. Send them faster.");
      return;
    case State::kAnswering:
    case State::kFlushing:
    case State::kClosing:
      if (const int unread = UnacknowledgedBytes(channel_.fd()); unread != unread_) {
        // The socket calls itself writable only when a good part is free, a slow reader's small
        // steps show here.
        unread_ = unread;
        since_ = reactor_.Now();
        ArmTimer();
        return;
      }
      Gone(GoneReason::kSlowReader);
      return;
    case State::kLingering: Die(); return;
    case State::kDead: return;
  }
}

}  // namespace roofscape::net
