#include "base/net/http_failure.h"

#include <cerrno>
#include <cstring>

#include <fmt/format.h>

#include "base/net/http_client.h"

namespace roofscape::net {

bool IsOurOwnLack(int error) {
  return error == EMFILE || error == ENFILE || error == ENOMEM || error == ENOBUFS ||
         error == EADDRNOTAVAIL || error == EAGAIN || error == ENOSPC || error == EACCES ||
         error == EPERM;
}

std::string OwnLackMessage(int error) {
  switch (error) {
    case EMFILE:
    case ENFILE:
      return "this machine has no file descriptors left for another connection. Raise the limit "
             "(ulimit -n 65536) or lower the load.";
    case EADDRNOTAVAIL:
    case EAGAIN:
      return "this machine has no local port left for another connection. Keep connections alive, "
             "lower the load, or widen net.ipv4.ip_local_port_range.";
    case EACCES:
    case EPERM:
      return fmt::format("this machine forbids the connection: {}. Check its firewall rules.",
                         std::strerror(error));
    default:
      return fmt::format(
          "this machine cannot open another connection: {}. Free memory or lower "
          "the load.",
          std::strerror(error));
  }
}

std::string ConnectMessage(int error) {
  switch (error) {
    case ECONNREFUSED:
      return "connection refused. Is the server running? Start it, or check host and port.";
    case ETIMEDOUT:
      return "no answer to the connection attempt. Check host and port, and that no firewall "
             "drops packets.";
    case ENETUNREACH:
    case EHOSTUNREACH:
      return fmt::format("{}. Check the host and this machine's network.",
                         error == ENETUNREACH ? "network unreachable" : "host unreachable");
    default: return fmt::format("cannot connect: {}. Check host and port.", std::strerror(error));
  }
}

std::string_view Name(FailureKind kind) {
  switch (kind) {
    case FailureKind::kConnect: return "connect";
    case FailureKind::kTimeout: return "timeout";
    case FailureKind::kReset: return "reset";
    case FailureKind::kClosedEarly: return "closed_early";
    case FailureKind::kProtocol: return "protocol";
    case FailureKind::kClient: return "client";
  }
  return "unknown";
}

std::string_view Name(Phase phase) {
  switch (phase) {
    case Phase::kIdle: return "idle";
    case Phase::kConnecting: return "connecting";
    case Phase::kSending: return "sending";
    case Phase::kWaiting: return "waiting";
    case Phase::kReading: return "reading";
  }
  return "unknown";
}

Error Failure::ToError() const {
  switch (kind) {
    case FailureKind::kConnect:
    case FailureKind::kReset: return {ErrorCode::kUnavailable, message};
    case FailureKind::kTimeout: return {ErrorCode::kTimeout, message};
    case FailureKind::kClosedEarly:
    case FailureKind::kProtocol: return {ErrorCode::kProtocol, message};
    case FailureKind::kClient: return {ErrorCode::kIo, message};
  }
  return {ErrorCode::kIo, message};
}

}  // namespace roofscape::net
