#include "paced_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>

#include "base/core/rng.h"
#include "base/net/reactor.h"

namespace roofscape::bench {
namespace {

using net::Fd;
using net::Reactor;

constexpr std::string_view kHead =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
constexpr std::string_view kEvent =
    R"(data: {"id":"chatcmpl-9f8c2b7a51d24e6f","object":"chat.completion.chunk",)"
    R"("created":1790000000,"model":"llama-3.1-8b","choices":[{"index":0,)"
    R"("delta":{"content":" token"},"logprobs":null,"finish_reason":null}]})"
    "\n\n";

class Server;

class Client final : public Reactor::Handler {
 public:
  Client(Server& server, Fd fd) : server_(server), fd_(std::move(fd)) {}
  void OnReady(std::uint32_t events) override;
  void SendIfDue(Instant now, Nanos period, std::string_view chunk);
  void Begin(Instant first) {
    streaming_ = true;
    due_ = first;
  }
  int fd() const { return fd_.get(); }

 private:
  Server& server_;
  Fd fd_;
  bool streaming_ = false;
  Instant due_;
};

class Server final : public Reactor::Handler {
 public:
  Server(Reactor& reactor, Fd listener, double rate)
      : reactor_(reactor),
        listener_(std::move(listener)),
        period_(static_cast<std::int64_t>(1e9 / rate)),
        chunk_(fmt::format("{:x}\r\n{}\r\n", kEvent.size(), kEvent)) {
    RS_CHECK(reactor_.Add(listener_.get(), EPOLLIN, this));
    Tick();
  }

  void OnReady(std::uint32_t /*events*/) override {
    Fd fd(::accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!fd.open()) return;
    const int one = 1;
    ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    const int number = fd.get();
    auto client = std::make_unique<Client>(*this, std::move(fd));
    if (reactor_.Add(number, EPOLLIN, client.get())) clients_[number] = std::move(client);
  }

  /// Spreads the connections evenly over a period.
  Instant FirstDue() {
    return reactor_.Now() + Nanos{static_cast<std::int64_t>(
                                rng_.Below(static_cast<std::uint64_t>(period_.count())))};
  }
  void Drop(Client* client) {
    reactor_.Remove(client->fd(), client);
    clients_.erase(client->fd());
  }

 private:
  void Tick() {
    const Instant now = reactor_.Now();
    for (auto& [fd, client] : clients_) client->SendIfDue(now, period_, chunk_);
    reactor_.At(now + std::chrono::microseconds(200), [this] { Tick(); });
  }

  Reactor& reactor_;
  Fd listener_;
  Nanos period_;
  std::string chunk_;
  Rng rng_{1};
  std::unordered_map<int, std::unique_ptr<Client>> clients_;
};

void Client::OnReady(std::uint32_t /*events*/) {
  std::array<char, 4096> bytes{};
  const ssize_t got = ::recv(fd_.get(), bytes.data(), bytes.size(), 0);
  if (got <= 0) {
    server_.Drop(this);
  } else if (!streaming_) {
    ::send(fd_.get(), kHead.data(), kHead.size(), MSG_NOSIGNAL);
    Begin(server_.FirstDue());
  }
}

void Client::SendIfDue(Instant now, Nanos period, std::string_view chunk) {
  if (!streaming_ || now < due_) return;
  ::send(fd_.get(), chunk.data(), chunk.size(), MSG_NOSIGNAL);
  due_ += period;
}

/// Ends the server when the benchmark has gone, however it went.
class Lifeline final : public Reactor::Handler {
 public:
  explicit Lifeline(Reactor& reactor) : reactor_(reactor) {}
  void OnReady(std::uint32_t /*events*/) override { reactor_.Stop(); }

 private:
  Reactor& reactor_;
};

void Serve(Fd listener, int lifeline, double rate) {
  const SystemClock clock;
  auto reactor = Reactor::Create(clock);
  RS_CHECK(reactor);
  Lifeline watcher(**reactor);
  RS_CHECK((*reactor)->Add(lifeline, EPOLLIN, &watcher));
  Server server(**reactor, std::move(listener), rate);
  (*reactor)->Run();
}

Error Refused(std::string_view what) {
  return {ErrorCode::kIo,
          fmt::format("{}: {}. Free ports or descriptors.", what, std::strerror(errno))};
}

}  // namespace

Result<PacedServer> PacedServer::Start(double events_per_second) {
  Fd listener(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (!listener.open() || ::bind(listener.get(), generic, size) != 0 ||
      ::listen(listener.get(), 4096) != 0 || ::getsockname(listener.get(), generic, &size) != 0) {
    return Refused("cannot listen on 127.0.0.1");
  }
  std::array<int, 2> ends{};
  if (::pipe(ends.data()) != 0) return Refused("cannot make a pipe");
  Fd read_end(ends[0]);
  Fd write_end(ends[1]);
  const pid_t pid = ::fork();
  if (pid < 0) return Refused("cannot fork");
  if (pid == 0) {
    write_end.Close();
    Serve(std::move(listener), read_end.get(), events_per_second);
    ::_exit(0);
  }
  net::Url url;
  url.host = "127.0.0.1";
  url.port = ntohs(address.sin_port);
  return PacedServer(std::move(url), std::move(write_end), pid);
}

PacedServer::~PacedServer() {
  if (!lifeline_.open()) return;  // Moved from.
  lifeline_.Close();
  ::waitpid(pid_, nullptr, 0);
}

}  // namespace roofscape::bench
