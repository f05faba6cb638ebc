#include "paced_server.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <array>
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

}  // namespace

Result<PacedServer> PacedServer::Start(double events_per_second, int core) {
  RS_ASSIGN_OR_RETURN(Listener listener, ListenOnLoopback());
  net::Url url;
  url.host = "127.0.0.1";
  url.port = listener.port;
  RS_ASSIGN_OR_RETURN(Child child, Child::Start(core, [&](int lifeline) {
                        Serve(std::move(listener.fd), lifeline, events_per_second);
                      }));
  return PacedServer(std::move(url), std::move(child));
}

}  // namespace roofscape::bench
