// A client of raw bytes for tests of a server on the same thread: it drives the server's reactor
// while it waits.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/net/fd.h"
#include "base/net/reactor.h"

namespace roofscape::net::testing {

class RawClient {
 public:
  /// Connects to the loopback address, of IPv6 if asked. Aborts if it cannot.
  RawClient(Reactor& reactor, std::uint16_t port, bool v6 = false, int receive_buffer_bytes = 0);

  /// Sends all of it, letting the server run.
  void Send(std::string_view bytes);
  /// Reads until `text` holds what is wanted, the server closes, or `limit` has passed.
  /// Returns all bytes since the last Take.
  std::string ReadUntil(std::string_view wanted, Nanos limit = std::chrono::seconds(10));
  /// Reads until the server closes.
  std::string ReadAll(Nanos limit = std::chrono::seconds(10));
  /// Reads once, at most 64 KB, without waiting. False if nothing came.
  bool ReadSome();
  const std::string& text() const { return text_; }
  /// Forgets what was read.
  void Take() { text_.clear(); }

  bool closed() const { return closed_; }  // The server has closed in good order.
  bool reset() const { return reset_; }    // The server or network tore the connection down.
  int fd() const { return fd_.get(); }
  void Close() { fd_.Close(); }
  /// Closes with RST.
  void Abort();

 private:
  Reactor& reactor_;
  Fd fd_;
  std::string text_;
  bool closed_ = false;
  bool reset_ = false;
};

}  // namespace roofscape::net::testing
