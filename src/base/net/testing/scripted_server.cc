#include "base/net/testing/scripted_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include <fmt/format.h>

#include "base/core/check.h"
#include "base/net/http_parser.h"

namespace roofscape::net::testing {
namespace {

sockaddr_in Loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

std::uint16_t BindToFreePort(int fd) {
  RS_CHECK(fd >= 0);
  sockaddr_in address = Loopback(0);
  RS_CHECK(::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  socklen_t size = sizeof address;
  RS_CHECK(::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  return ntohs(address.sin_port);
}

std::size_t ContentLength(std::string_view head) {
  while (!head.empty()) {
    const std::size_t end = head.find("\r\n");
    const std::string_view line = head.substr(0, end);
    const std::size_t colon = line.find(':');
    if (colon != line.npos && EqualsIgnoreCase(line.substr(0, colon), "content-length")) {
      return std::strtoull(std::string(line.substr(colon + 1)).c_str(), nullptr, 10);
    }
    head.remove_prefix(end == head.npos ? head.size() : end + 2);
  }
  return 0;
}

}  // namespace

std::string_view Request::Target() const {
  const std::string_view line = std::string_view(head).substr(0, head.find("\r\n"));
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  return first < last ? line.substr(first + 1, last - first - 1) : std::string_view();
}

bool Peer::Write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = closed_ ? -1 : ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

bool Peer::WriteInPieces(std::string_view bytes, std::size_t piece, Nanos pause) {
  while (!bytes.empty()) {
    if (!Write(bytes.substr(0, piece))) return false;
    bytes.remove_prefix(std::min(piece, bytes.size()));
    if (pause > Nanos{0}) Sleep(pause);
  }
  return true;
}

void Peer::Sleep(Nanos time) {
  std::unique_lock lock(server_.mutex_);
  server_.stopped_.wait_for(lock, time, [this] { return server_.stopping_; });
}

void Peer::WaitForClose() {
  char byte = 0;
  while (!closed_ && ::recv(fd_, &byte, 1, 0) > 0) {
  }
}

void Peer::Close() {
  if (!closed_) ::shutdown(fd_, SHUT_RDWR);
  closed_ = true;
}

void Peer::Reset() {
  // The descriptor itself is closed by Serve; lingering for no time makes that close an RST.
  const linger now{1, 0};
  static_cast<void>(::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now));
  closed_ = true;
}

ScriptedServer::ScriptedServer(Script script) : script_(std::move(script)) {
  listener_ = Fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  RS_CHECK(listener_.open());
  port_ = BindToFreePort(listener_.get());
  RS_CHECK(::listen(listener_.get(), 1024) == 0);
  acceptor_ = std::thread([this] { AcceptLoop(); });
}

ScriptedServer::ScriptedServer(std::vector<std::string> answers)
    : ScriptedServer(
          [answers = std::move(answers), served = std::make_shared<std::atomic<std::size_t>>(0)](
              const Request& /*request*/, Peer& peer) {
            peer.Write(answers[std::min((*served)++, answers.size() - 1)]);
          }) {}

ScriptedServer::~ScriptedServer() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    for (const int fd : open_) ::shutdown(fd, SHUT_RDWR);
  }
  stopped_.notify_all();
  ::shutdown(listener_.get(), SHUT_RDWR);
  acceptor_.join();
  for (std::thread& worker : workers_) worker.join();
}

Url ScriptedServer::url() const {
  Url url;
  url.host = "127.0.0.1";
  url.port = port_;
  return url;
}

Endpoint ScriptedServer::endpoint() const {
  Endpoint endpoint;
  const sockaddr_in address = Loopback(port_);
  std::memcpy(&endpoint.address, &address, sizeof address);
  endpoint.size = sizeof address;
  endpoint.origin = url().Origin();
  return endpoint;
}

std::vector<Request> ScriptedServer::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

void ScriptedServer::CloseConnections() {
  const std::lock_guard lock(mutex_);
  for (const int fd : open_) ::shutdown(fd, SHUT_RDWR);
}

void ScriptedServer::AcceptLoop() {
  for (;;) {
    const int fd = ::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC);
    const std::lock_guard lock(mutex_);
    if (stopping_) {
      if (fd >= 0) ::close(fd);
      return;
    }
    if (fd < 0) continue;
    const int one = 1;
    static_cast<void>(::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one));
    open_.push_back(fd);
    const int connection = connections_++;
    workers_.emplace_back([this, fd, connection] { Serve(fd, connection); });
  }
}

void ScriptedServer::Serve(int fd, int connection) {
  std::string buffer;
  Peer peer(*this, fd);
  for (int index = 0; !peer.closed_; ++index) {
    Request request;
    request.connection = connection;
    request.index = index;
    if (!ReadRequest(fd, &buffer, &request)) break;
    {
      const std::lock_guard lock(mutex_);
      requests_.push_back(request);
    }
    script_(request, peer);
  }
  const std::lock_guard lock(mutex_);
  open_.erase(std::remove(open_.begin(), open_.end(), fd), open_.end());
  ::close(fd);
}

bool ScriptedServer::ReadRequest(int fd, std::string* buffer, Request* request) {
  char bytes[16384];
  for (;;) {
    const std::size_t head_end = buffer->find("\r\n\r\n");
    if (head_end != std::string::npos) {
      const std::size_t body_at = head_end + 4;
      const std::size_t length = ContentLength(std::string_view(*buffer).substr(0, body_at));
      if (buffer->size() >= body_at + length) {
        request->head = buffer->substr(0, body_at);
        request->body = buffer->substr(body_at, length);
        buffer->erase(0, body_at + length);
        return true;
      }
    }
    const ssize_t got = ::recv(fd, bytes, sizeof bytes, 0);
    if (got <= 0) return false;
    buffer->append(bytes, static_cast<std::size_t>(got));
  }
}

std::uint16_t RefusedPort() {
  // Bound and let go: the kernel hands it out again only after all other free ports.
  const Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  return BindToFreePort(fd.get());
}

std::string Answer(int status, std::string_view content_type, std::string_view body) {
  return fmt::format("HTTP/1.1 {} Status\r\nContent-Type: {}\r\nContent-Length: {}\r\n\r\n{}",
                     status, content_type, body.size(), body);
}

std::string ChunkedHead() {
  return "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n"
         "Transfer-Encoding: chunked\r\n\r\n";
}

std::string Chunk(std::string_view bytes) {
  return fmt::format("{:x}\r\n{}\r\n", bytes.size(), bytes);
}

std::string LastChunk() { return "0\r\n\r\n"; }

}  // namespace roofscape::net::testing
