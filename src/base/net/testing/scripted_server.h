// A loopback server for tests that does exactly what a script says, also what no real server
// should: cut answers, torn connections, silence. One thread a connection; not for measuring.
//
//   ScriptedServer server([](const Request& request, Peer& peer) {
//     peer.Write(ChunkedHead() + Chunk("data: hello\n\n"));
//     peer.Reset();
//   });
//   Fetch(server.url(), "/", {}, clock);
//
// Thread safety: the script runs on connection threads, possibly several at once. Everything public
// may be called from any thread.

#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/core/units.h"
#include "base/net/address.h"
#include "base/net/fd.h"
#include "base/net/url.h"

namespace roofscape::net::testing {

struct Request {
  std::string head;    // With the blank line.
  std::string body;    // As long as Content-Length says.
  int connection = 0;  // Counted over the server's life, from 0.
  int index = 0;       // On its connection, from 0.

  /// The request target: "/v1/models".
  std::string_view Target() const;
};

class ScriptedServer;

/// The script's end of a connection. It stays open after the script returns, for the next request,
/// unless the script closed it.
class Peer {
 public:
  /// False once the client has gone.
  bool Write(std::string_view bytes);
  /// Writes piece by piece with a pause after each.
  bool WriteInPieces(std::string_view bytes, std::size_t piece, Nanos pause);
  /// Returns early when the server is being stopped.
  void Sleep(Nanos time);
  /// Says nothing until the client closes or the server is stopped.
  void WaitForClose();
  /// Closes in good order (FIN).
  void Close();
  /// Tears the connection down (RST).
  void Reset();

 private:
  friend class ScriptedServer;
  Peer(ScriptedServer& server, int fd) : server_(server), fd_(fd) {}

  ScriptedServer& server_;
  int fd_;
  bool closed_ = false;
};

class ScriptedServer {
 public:
  using Script = std::function<void(const Request&, Peer&)>;

  /// Listens on a free port of 127.0.0.1. Aborts if it cannot: tests cannot go on without.
  explicit ScriptedServer(Script script);
  /// Answers request number n, over all connections, with answers[n]; the last one repeats.
  explicit ScriptedServer(std::vector<std::string> answers);
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;
  ~ScriptedServer();

  Url url() const;
  Endpoint endpoint() const;

  /// Connections accepted so far.
  int connections() const { return connections_; }
  /// All requests so far, in the order in which they were complete.
  std::vector<Request> requests() const;
  /// Closes every open connection in good order, as an idle timeout would.
  void CloseConnections();

 private:
  friend class Peer;
  void AcceptLoop();
  void Serve(int fd, int connection);
  bool ReadRequest(int fd, std::string* buffer, Request* request);

  Script script_;
  Fd listener_;
  std::uint16_t port_ = 0;
  std::atomic<int> connections_{0};
  mutable std::mutex mutex_;
  std::condition_variable stopped_;
  bool stopping_ = false;  // Guarded by mutex_, as all below.
  std::vector<int> open_;  // Descriptors of running connections.
  std::vector<Request> requests_;
  std::vector<std::thread> workers_;
  std::thread acceptor_;
};

/// A port of 127.0.0.1 on which nothing listens.
std::uint16_t RefusedPort();

/// A complete answer with Content-Length.
std::string Answer(int status, std::string_view content_type, std::string_view body);
/// Status 200, text/event-stream, chunked.
std::string ChunkedHead();
std::string Chunk(std::string_view bytes);
std::string LastChunk();

}  // namespace roofscape::net::testing
