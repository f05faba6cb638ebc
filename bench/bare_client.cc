#include "bare_client.h"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <array>

#include <fmt/format.h>

#include "base/core/check.h"
#include "base/net/reactor.h"
#include "measure/host/host_facts.h"

namespace roofscape::bench {

void Meter::ReadCpu() { cpu = host::ThreadCpuTime(); }

Cost Difference(const Meter& from, const Meter& to, Nanos time) {
  const auto events = static_cast<double>(to.events - from.events);
  Cost cost;
  cost.ns_per_event = static_cast<double>((to.cpu - from.cpu).count()) / events;
  cost.events_per_read = events / static_cast<double>(to.reads - from.reads);
  cost.events_per_wakeup = events / static_cast<double>(to.wakeups - from.wakeups);
  cost.events_per_second = events / ToSeconds(time).value();
  return cost;
}

void Print(std::string_view name, const Cost& cost) {
  fmt::print("  {:<9} {:7.0f} ns/event  {:6.0f} events/s  {:.3f} events/read  {:.2f} /wakeup\n",
             name, cost.ns_per_event, cost.events_per_second, cost.events_per_read,
             cost.events_per_wakeup);
}

std::vector<net::Fd> OpenStreams(const net::Endpoint& endpoint, std::size_t connections) {
  std::vector<net::Fd> sockets;
  const auto* address = reinterpret_cast<const sockaddr*>(&endpoint.address);
  for (std::size_t i = 0; i < connections; ++i) {
    sockets.emplace_back(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const int fd = sockets.back().get();
    RS_CHECK(::connect(fd, address, endpoint.size) == 0);
    RS_CHECK(::send(fd, kStreamRequest.data(), kStreamRequest.size(), 0) ==
             static_cast<ssize_t>(kStreamRequest.size()));
  }
  return sockets;
}

Cost RunBare(const net::Endpoint& endpoint, std::size_t connections, const Times& times,
             const Clock& clock) {
  const std::vector<net::Fd> sockets = OpenStreams(endpoint, connections);
  const net::Fd epoll(::epoll_create1(0));
  for (const net::Fd& fd : sockets) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = fd.get();
    RS_CHECK(::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, fd.get(), &event) == 0);
  }
  std::vector<char> buffer(net::Reactor::kReadBufferBytes);
  std::array<epoll_event, 512> batch{};
  Meter now;
  const auto run_for = [&](Nanos time) {
    const Instant end = clock.Now() + time;
    while (now.wakeups % 16 != 0 || clock.Now() < end) {
      const int ready = ::epoll_wait(epoll.get(), batch.data(), batch.size(), -1);
      ++now.wakeups;
      for (int i = 0; i < ready; ++i) {
        iovec part{buffer.data(), buffer.size()};
        msghdr message{};
        message.msg_iov = &part;
        message.msg_iovlen = 1;
        const ssize_t got =
            ::recvmsg(batch[static_cast<std::size_t>(i)].data.fd, &message, MSG_DONTWAIT);
        RS_CHECK(got > 0);
        ++now.reads;
      }
      now.events = now.reads;
    }
    now.ReadCpu();
  };
  run_for(times.warm_up);
  const Meter begin = now;
  run_for(times.measured);
  return Difference(begin, now, times.measured);
}

}  // namespace roofscape::bench
