#include "measure/load/wire_tap.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include "base/net/fd.h"

namespace roofscape::load {
namespace {

using net::Fd;
using std::chrono::milliseconds;

/// A socket that listens on loopback, and its address.
struct Listener {
  Fd fd;
  net::Endpoint endpoint;
};

Listener Listen(int family) {
  Listener listener;
  listener.fd = Fd(socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  v6.sin6_addr = in6addr_loopback;
  net::Endpoint& endpoint = listener.endpoint;
  endpoint.size = family == AF_INET ? sizeof v4 : sizeof v6;
  std::memcpy(&endpoint.address, family == AF_INET ? static_cast<void*>(&v4) : &v6, endpoint.size);
  auto* const generic = reinterpret_cast<sockaddr*>(&endpoint.address);
  if (!listener.fd.open() || bind(listener.fd.get(), generic, endpoint.size) != 0) {
    listener.fd.Close();
    return listener;
  }
  EXPECT_EQ(listen(listener.fd.get(), 16), 0);
  EXPECT_EQ(getsockname(listener.fd.get(), generic, &endpoint.size), 0);
  return listener;
}

struct Connection {
  Fd client;
  Fd server;
  std::uint16_t local_port = 0;
};

/// `port`: of the client, or 0 for any.
Connection Connect(const Listener& listener, std::uint16_t port = 0) {
  Connection connection;
  const net::Endpoint& endpoint = listener.endpoint;
  connection.client = Fd(socket(endpoint.address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (port != 0) {
    const int yes = 1;
    setsockopt(connection.client.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    sockaddr_in from{};
    from.sin_family = AF_INET;
    from.sin_port = htons(port);
    from.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(bind(connection.client.get(), reinterpret_cast<const sockaddr*>(&from), sizeof from),
              0);
  }
  EXPECT_EQ(connect(connection.client.get(), reinterpret_cast<const sockaddr*>(&endpoint.address),
                    endpoint.size),
            0);
  connection.server = Fd(accept(listener.fd.get(), nullptr, nullptr));
  const int one = 1;
  setsockopt(connection.server.get(), IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  sockaddr_in6 local{};  // The port stands at the same place in both families.
  socklen_t size = sizeof local;
  EXPECT_EQ(getsockname(connection.client.get(), reinterpret_cast<sockaddr*>(&local), &size), 0);
  connection.local_port = ntohs(local.sin6_port);
  return connection;
}

/// A message that was sent: its bytes, and the times around the call.
struct Message {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  Instant before;
  Instant after;
};

Message Send(const Connection& connection, std::uint64_t begin, std::size_t bytes,
             const Clock& clock) {
  const std::string text(bytes, 'x');
  Message message{begin, begin + bytes, clock.Now(), {}};
  EXPECT_EQ(send(connection.server.get(), text.data(), bytes, MSG_NOSIGNAL),
            static_cast<ssize_t>(bytes));
  message.after = clock.Now();
  return message;
}

#define START_OR_SKIP(tap, listener, clock)                                \
  auto started = WireTap::Start((listener).endpoint, clock);               \
  if (!started && geteuid() != 0) GTEST_SKIP() << started.error().message; \
  ASSERT_TRUE(started) << started.error().message;                         \
  const std::unique_ptr<WireTap> tap = *std::move(started)

class WireTapFamilyTest : public testing::TestWithParam<int> {};

// The point of it: the client reads nothing until everything has come, and still each message has
// the time at which it came.
TEST_P(WireTapFamilyTest, TellsEachMessageApartThatOneReadBrings) {
  const SystemClock clock;
  const Listener listener = Listen(GetParam());
  if (!listener.fd.open()) GTEST_SKIP() << "no loopback of this family";
  START_OR_SKIP(tap, listener, clock);
  const std::array connections = {Connect(listener), Connect(listener)};
  std::array<std::vector<Message>, 2> sent;
  for (std::size_t i = 0; i < 100; ++i) {
    const std::size_t which = i % 2;
    const std::uint64_t begin = sent[which].empty() ? 0 : sent[which].back().end;
    sent[which].push_back(Send(connections[which], begin, 1 + i * 37 % 900, clock));
    std::this_thread::sleep_for(milliseconds(1));
  }
  const Instant read_at = clock.Now();
  tap->Stop();
  const WireTap::Stats stats = tap->stats();
  EXPECT_EQ(stats.connections, 2);
  EXPECT_EQ(stats.dropped, 0);
  EXPECT_LT(stats.grain, milliseconds(1));
  int late = 0;
  for (std::size_t which = 0; which < 2; ++which) {
    const std::uint16_t port = connections[which].local_port;
    for (const Message& message : sent[which]) {
      for (const std::uint64_t byte : {message.begin, message.end - 1}) {
        const auto at = tap->Lookup(port, byte, read_at);
        ASSERT_TRUE(at) << "byte " << byte;
        EXPECT_GE(*at, message.before - stats.grain);
        if (*at > message.after + stats.grain) ++late;
      }
    }
    EXPECT_FALSE(tap->Lookup(port, sent[which].back().end, read_at));
  }
  EXPECT_FALSE(tap->Lookup(1, 0, read_at));
  // Loopback delivers inside the call, unless the kernel had something better to do.
  EXPECT_LT(late, 20) << "of 200";
}

INSTANTIATE_TEST_SUITE_P(Families, WireTapFamilyTest, testing::Values(AF_INET, AF_INET6),
                         [](const auto& family) {
                           return family.param == AF_INET ? "Ipv4" : "Ipv6";
                         });

TEST(WireTapTest, LargeWritesArriveAsManyOrMergedSegmentsWithoutAHole) {
  const SystemClock clock;
  const Listener listener = Listen(AF_INET);
  START_OR_SKIP(tap, listener, clock);
  const Connection connection = Connect(listener);
  constexpr std::size_t kBytes = std::size_t{2} << 20;
  std::thread reader([&connection] {
    std::array<char, 65536> buffer;
    std::size_t left = kBytes;
    while (left > 0) {
      const ssize_t got = recv(connection.client.get(), buffer.data(), buffer.size(), 0);
      if (got <= 0) return;
      left -= static_cast<std::size_t>(got);
    }
  });
  const Message message = Send(connection, 0, kBytes, clock);
  reader.join();
  const Instant read_at = clock.Now();
  tap->Stop();
  Instant last = message.before - tap->stats().grain;
  for (std::uint64_t byte = 0; byte < kBytes; byte += 997) {
    const auto at = tap->Lookup(connection.local_port, byte, read_at);
    ASSERT_TRUE(at) << "byte " << byte;
    // A sender that is moved to another processor in the middle has its later segments in another
    // queue, which may be emptied first.
    EXPECT_GE(*at, last - 2 * tap->stats().grain - milliseconds(1));
    last = *at;
  }
  EXPECT_LE(last, read_at + tap->stats().grain);
}

TEST(WireTapTest, APortThatIsUsedAgainIsAnotherConnection) {
  const SystemClock clock;
  const Listener listener = Listen(AF_INET);
  START_OR_SKIP(tap, listener, clock);
  std::vector<Message> sent;
  std::vector<Instant> read_at;
  std::uint16_t port = 0;
  for (int i = 0; i < 3; ++i) {
    Connection connection = Connect(listener, port);
    port = connection.local_port;
    sent.push_back(Send(connection, 0, 10, clock));
    read_at.push_back(clock.Now());
    const linger at_once{1, 0};  // A reset leaves nothing behind, so the port is free.
    setsockopt(connection.client.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    connection.client.Close();
    // The connections lie further apart than a busy machine's clocks may differ.
    std::this_thread::sleep_for(milliseconds(20));
  }
  tap->Stop();
  EXPECT_EQ(tap->stats().connections, 3);
  for (std::size_t i = 0; i < sent.size(); ++i) {
    const auto at = tap->Lookup(port, 9, read_at[i]);
    ASSERT_TRUE(at);
    EXPECT_GE(*at, sent[i].before - tap->stats().grain);
    EXPECT_LE(*at, read_at[i] + tap->stats().grain + milliseconds(1));
  }
  EXPECT_FALSE(tap->Lookup(port, 9, sent[0].before - milliseconds(100))) << "before the first";
}

TEST(WireTapTest, WhatIsForgottenMakesRoom) {
  const SystemClock clock;
  const Listener listener = Listen(AF_INET);
  START_OR_SKIP(unlimited, listener, clock);
  unlimited->Stop();
  auto small = WireTap::Start(listener.endpoint, clock, {.max_segments = 4});
  ASSERT_TRUE(small);
  const Connection connection = Connect(listener);
  for (std::uint64_t i = 0; i < 12; ++i) {
    Send(connection, i * 5, 5, clock);
    const Instant limit = clock.Now() + std::chrono::seconds(5);
    while (!(*small)->Lookup(connection.local_port, i * 5, clock.Now()) && clock.Now() < limit) {
      std::this_thread::sleep_for(milliseconds(1));
    }
    // The last byte before the offset is asked for no more; the one at it may be.
    if (i >= 2) (*small)->Forget(connection.local_port, 5 * (i - 1), clock.Now());
  }
  (*small)->Stop();
  EXPECT_FALSE((*small)->stats().full);
  EXPECT_EQ((*small)->stats().segments, 12);
  EXPECT_FALSE((*small)->Lookup(connection.local_port, 49, clock.Now()));
  EXPECT_TRUE((*small)->Lookup(connection.local_port, 50, clock.Now()));
  EXPECT_TRUE((*small)->Lookup(connection.local_port, 59, clock.Now()));
}

TEST(WireTapTest, AFullTableSaysSo) {
  const SystemClock clock;
  const Listener listener = Listen(AF_INET);
  START_OR_SKIP(unlimited, listener, clock);
  unlimited->Stop();
  auto small = WireTap::Start(listener.endpoint, clock, {.max_segments = 3});
  ASSERT_TRUE(small);
  const Connection connection = Connect(listener);
  for (std::uint64_t i = 0; i < 10; ++i) Send(connection, i * 5, 5, clock);
  (*small)->Stop();
  EXPECT_TRUE((*small)->stats().full);
  EXPECT_EQ((*small)->stats().segments, 3);
  EXPECT_TRUE((*small)->Lookup(connection.local_port, 14, clock.Now()));
  EXPECT_FALSE((*small)->Lookup(connection.local_port, 15, clock.Now()));
}

TEST(WireTapTest, ConnectionsOpenedBeforeItAreCountedButNotTold) {
  const SystemClock clock;
  const Listener listener = Listen(AF_INET);
  const Connection early = Connect(listener);
  START_OR_SKIP(tap, listener, clock);
  Send(early, 0, 10, clock);
  tap->Stop();
  EXPECT_EQ(tap->stats().unopened, 1);
  EXPECT_FALSE(tap->Lookup(early.local_port, 0, clock.Now()));
}

TEST(WireTapTest, WithoutTheRightItSaysHowToGetIt) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can give a right up to see what happens";
  // In a child: rights do not come back.
  EXPECT_EXIT(
      {
        const SystemClock clock;
        const Listener listener = Listen(AF_INET);
        const bool dropped = setuid(65534) == 0;
        const auto tap = WireTap::Start(listener.endpoint, clock);
        const bool told = !tap && tap.error().message.find("cap_net_raw") != std::string::npos;
        _exit(dropped && told ? 0 : 1);
      },
      testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace roofscape::load
