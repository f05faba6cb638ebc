// A listening TCP socket on a Reactor. It survives what goes wrong while accepting: with no
// descriptors left it pauses for a moment, and who wants in waits in the kernel's queue meanwhile.
//
// Thread safety: all on the reactor's thread.

#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/core/result.h"
#include "base/net/fd.h"
#include "base/net/reactor.h"

namespace roofscape::net {

struct ListenOptions {
  bool reuse_port = false;    // Several listeners share the port, each with its own queue.
  int backlog = 4096;         // Connections that wait to be accepted; the kernel may cut it.
  int send_buffer_bytes = 0;  // Of the accepted sockets; 0 leaves it to the kernel.
};

/// Opens a listening socket. `host` is a name or an address, with or without brackets; "::" also
/// takes IPv4; port 0 means any free one. kInvalidArgument, kUnavailable (port in use) or kIo, with
/// the cure.
Result<Fd> OpenListener(std::string_view host, std::uint16_t port, const ListenOptions& options);

/// The port that a socket is bound to; 0 if the kernel does not tell.
std::uint16_t BoundPort(int fd);

/// The address of whoever is at the other end, without port: "127.0.0.1", "::1"; an IPv4 address
/// that came over IPv6 as such. Empty if the kernel does not tell.
std::string PeerAddress(int fd);

class HttpListener final : private Reactor::Handler {
 public:
  /// Non-blocking, with TCP_NODELAY.
  using OnAccept = std::function<void(Fd)>;

  /// `reactor` must outlive the listener, which may not be destroyed inside `on_accept`.
  HttpListener(Reactor& reactor, Fd fd, OnAccept on_accept);
  HttpListener(const HttpListener&) = delete;
  HttpListener& operator=(const HttpListener&) = delete;
  ~HttpListener();

  Result<> Start();
  /// Closes the socket; connections still in the kernel's queue are refused.
  void Close();

  bool open() const { return fd_.open(); }
  /// How often accepting paused for want of descriptors or memory.
  std::uint64_t pauses() const { return pauses_; }

 private:
  void OnReady(std::uint32_t events) override;
  void Pause();

  Reactor& reactor_;
  Fd fd_;
  OnAccept on_accept_;
  bool watched_ = false;
  TimerId resume_;
  std::uint64_t pauses_ = 0;
};

}  // namespace roofscape::net
