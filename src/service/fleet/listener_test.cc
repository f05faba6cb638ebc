// Whose socket listens, on this machine's own tables.

#include "service/fleet/listener.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "base/net/fd.h"
#include "service/fleet/process.h"

namespace roofscape::fleet {
namespace {

constexpr const char* kTable =
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout "
    "inode\n"
    "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 11 "
    "1 0000000000000000 100 0 0 10 0\n"
    "   1: 00000000:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 12 "
    "1 0000000000000000 100 0 0 10 0\n"
    "   2: 0100007F:1F90 0100007F:D431 01 00000000:00000000 00:00000000 00000000     0        0 13 "
    "1 0000000000000000 20 4 30 10 -1\n"
    "   3: 0200A8C0:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 14 "
    "1 0000000000000000 100 0 0 10 0\n"
    "   4: 0100007F:1F91 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 15 "
    "1 0000000000000000 100 0 0 10 0\n"
    "   5: 0100007F:zzzz 00000000:0000 0A\n";
constexpr const char* kTable6 =
    "   0: 00000000000000000000000000000000:1F90 00000000000000000000000000000000:0000 0A "
    "00000000:00000000 00:00000000 00000000     0        0 21 1 0000000000000000 100 0 0 10 0\n"
    "   1: 0000000000000000FFFF00000100007F:1F90 00000000000000000000000000000000:0000 0A "
    "00000000:00000000 00:00000000 00000000     7        0 22 1 0000000000000000 100 0 0 10 0\n"
    "   2: 00000000000000000000000001000000:1F90 00000000000000000000000000000000:0000 0A "
    "00000000:00000000 00:00000000 00000000     7        0 23 1 0000000000000000 100 0 0 10 0\n";

TEST(Listener, TablesOfTheKernelAreRead) {
  using Sockets = std::vector<ListeningSocket>;
  // Connected ones, other ports and addresses that loopback does not reach are none.
  EXPECT_EQ(ParseListeners(kTable, 8080), (Sockets{{11, 1000, 3}, {12, 0, 2}}));
  EXPECT_EQ(ParseListeners(kTable6, 8080), (Sockets{{21, 0, 1}, {22, 7, 3}}));
  EXPECT_EQ(ParseListeners(kTable, 1), Sockets());
  EXPECT_EQ(ParseListeners("", 8080), Sockets());
}

class ListenerTest : public testing::Test {
 protected:
  /// A port that this process listens at.
  std::int64_t Listen() {
    socket_ = net::Fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(bind(socket_.get(), any, size), 0);
    EXPECT_EQ(listen(socket_.get(), 1), 0);
    EXPECT_EQ(getsockname(socket_.get(), any, &size), 0);
    return ntohs(address.sin_port);
  }
  net::Fd socket_;
};

TEST_F(ListenerTest, TellsOursFromAStranger) {
  const std::int64_t port = Listen();
  EXPECT_EQ(WhoListens(port, {getpid(), "no-such-mark", false}).owner, PortOwner::kOurs);
  // No process has the greatest number, so nothing descends from it.
  constexpr pid_t kNobody = 1 << 30;
  const PortFinding stranger = WhoListens(port, {kNobody, "no-such-mark", false});
  EXPECT_EQ(stranger.owner, PortOwner::kStranger);
  EXPECT_NE(stranger.who.find(std::to_string(getpid())), std::string::npos) << stranger.who;
  const PortFinding container = WhoListens(port, {kNobody, "no-such-mark", true});
  EXPECT_EQ(container.owner, PortOwner::kUnknown);
  EXPECT_FALSE(container.who.empty());
}

TEST_F(ListenerTest, WhoeverListensBeforeAContainerIsStartedIsAStranger) {
  const std::int64_t port = Listen();
  const SystemClock clock;
  Pause(std::chrono::milliseconds(50), std::atomic<bool>{false}, clock);  // A tick of the kernel's.
  auto child = Child::Start({{"sleep", "20"}, {}, "", "/dev/null"});
  ASSERT_TRUE(child);
  EXPECT_EQ(WhoListens(port, {child->pid(), "no-such-mark", true}).owner, PortOwner::kStranger);
  child->Stop(std::chrono::seconds(5), clock);
}

TEST_F(ListenerTest, NobodyListensAtAFreePort) {
  EXPECT_EQ(WhoListens(*FreePort(), {getpid(), "x", false}).owner, PortOwner::kNobody);
}

}  // namespace
}  // namespace roofscape::fleet
