#include "base/net/channel.h"

#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <memory>
#include <string>
#include <thread>

#include <gtest/gtest.h>

#include "base/net/testing/certificates.h"
#include "base/net/testing/loopback_pair.h"
#include "base/net/tls_context.h"

namespace roofscape::net {
namespace {

using namespace std::chrono_literals;

class ChannelTest : public ::testing::Test {
 protected:
  ChannelTest() {
    auto [a, b] = testing::LoopbackPair();
    client.Adopt(std::move(a));
    server.Adopt(std::move(b));
    client.OnConnected();
    server.OnConnected();
    std::this_thread::sleep_for(50ms);  // The kernel's switch for stamps is a little late.
  }

  static bool WaitReadable(int fd) {
    pollfd wait{fd, POLLIN, 0};
    return ::poll(&wait, 1, 5000) == 1;
  }

  Sent Write(Channel& channel, std::string bytes, bool stamp = false) {
    const iovec part{bytes.data(), bytes.size()};
    return channel.Send({&part, 1}, stamp);
  }

  SystemClock clock;
  Fd stamps_on = KeepStampsOn();
  StampMap stamps{clock};
  Channel client{clock, stamps};
  Channel server{clock, stamps};
  std::array<char, 4096> buffer{};
};

// On loopback the receive stamp is taken inside the sender's call.
TEST_F(ChannelTest, ReceiveStampIsWhenItCameNotWhenItWasRead) {
  for (int i = 0; i < 20; ++i) {
    const Instant before = clock.Now();
    ASSERT_EQ(Write(server, "hello").bytes, 5u);
    const Instant after = clock.Now();
    std::this_thread::sleep_for(2ms);
    const Received got = client.Receive(buffer);
    ASSERT_EQ(got.bytes, 5u);
    ASSERT_TRUE(got.by_kernel);
    EXPECT_GE(got.arrived + got.grain, before);
    // A busy machine may deliver a little after the call; reading it came 2 ms later.
    EXPECT_LE(got.arrived, after + 1ms);
    EXPECT_GE(got.stamp - got.arrived, 1ms);
    EXPECT_LE(got.grain, 100us);
  }
}

// Five sends, read late: each read tells the stamp of the last of them, also when it takes only the
// first bytes. This is why an event that shares a read has an interval and no time.
TEST_F(ChannelTest, WaitingSegmentsShareTheLastStamp) {
  Instant last_sent;
  for (int i = 0; i < 5; ++i) {
    last_sent = clock.Now();
    ASSERT_EQ(Write(server, std::string(200, 'x')).bytes, 200u);
    std::this_thread::sleep_for(3ms);
  }
  std::array<char, 200> small{};
  for (int i = 0; i < 5; ++i) {
    const Received got = client.Receive(small);
    ASSERT_EQ(got.bytes, 200u);
    ASSERT_TRUE(got.by_kernel);
    if (i == 4) {
      EXPECT_GE(got.arrived + got.grain, last_sent);
    }
  }
}

TEST_F(ChannelTest, TransmitStampLiesAroundTheSend) {
  for (int i = 0; i < 20; ++i) {
    const Instant before = clock.Now();
    ASSERT_EQ(Write(client, "request", true).bytes, 7u);
    std::optional<Instant> sent = client.TakeTransmitStamp();
    for (int tries = 0; !sent && tries < 1000; ++tries) {
      std::this_thread::sleep_for(1ms);
      sent = client.TakeTransmitStamp();
    }
    ASSERT_TRUE(sent.has_value());
    EXPECT_FALSE(client.awaits_stamp());
    EXPECT_GE(*sent + 10us, before);
    EXPECT_LE(*sent, clock.Now());
    ASSERT_TRUE(WaitReadable(server.fd()));
    const Received got = server.Receive(buffer);
    EXPECT_EQ(got.bytes, 7u);
    EXPECT_GE(got.arrived + got.grain + 10us, *sent);
  }
}

TEST_F(ChannelTest, TellsWhetherReadsBroughtOneSegmentEach) {
  client.MarkSegments();
  for (int i = 0; i < 3; ++i) {
    ASSERT_EQ(Write(server, "one segment").bytes, 11u);
    ASSERT_TRUE(WaitReadable(client.fd()));
    ASSERT_EQ(client.Receive(buffer).bytes, 11u);
    EXPECT_TRUE(client.OneSegmentARead());
  }
  ASSERT_EQ(Write(server, "two").bytes, 3u);
  ASSERT_EQ(Write(server, "segments").bytes, 8u);
  ASSERT_TRUE(WaitReadable(client.fd()));
  std::this_thread::sleep_for(20ms);
  ASSERT_EQ(client.Receive(buffer).bytes, 11u);
  EXPECT_FALSE(client.OneSegmentARead());
  // Counted anew from there.
  ASSERT_EQ(Write(server, "one").bytes, 3u);
  ASSERT_TRUE(WaitReadable(client.fd()));
  ASSERT_EQ(client.Receive(buffer).bytes, 3u);
  EXPECT_TRUE(client.OneSegmentARead());
}

TEST_F(ChannelTest, ASegmentStillToBeReadDoesNotPayForALaterReadOfTwo) {
  const auto put = [&](const char* text) {
    ASSERT_EQ(Write(server, text).bytes, std::string_view(text).size());
    std::this_thread::sleep_for(20ms);
  };
  for (const char* next : {"c", "comes"}) {
    client.MarkSegments();
    put("a");
    put("b");
    ASSERT_EQ(client.Receive(buffer).bytes, 2u);
    put(next);  // While the read before it is looked at.
    EXPECT_FALSE(client.OneSegmentARead());
    ASSERT_EQ(client.Receive(buffer).bytes, std::string_view(next).size());
    put("d");
    put("e");
    ASSERT_EQ(client.Receive(buffer).bytes, 2u);
    EXPECT_FALSE(client.OneSegmentARead());
    put("f");
    ASSERT_EQ(client.Receive(buffer).bytes, 1u);
    EXPECT_TRUE(client.OneSegmentARead());
  }
  put("last");
  server.Close();
  std::this_thread::sleep_for(20ms);
  ASSERT_EQ(client.Receive(buffer).bytes, 4u);
  EXPECT_TRUE(client.OneSegmentARead());  // The end of the stream is no segment with data.
}

TEST_F(ChannelTest, UnmarkedSendsGiveNoStamp) {
  ASSERT_EQ(Write(client, "request").bytes, 7u);
  EXPECT_FALSE(client.awaits_stamp());
  std::this_thread::sleep_for(2ms);
  EXPECT_FALSE(client.TakeTransmitStamp().has_value());
}

TEST_F(ChannelTest, CloseAndErrors) {
  EXPECT_EQ(client.Receive(buffer).error, EAGAIN);
  server.Close();
  ASSERT_TRUE(WaitReadable(client.fd()));
  const Received end = client.Receive(buffer);
  EXPECT_EQ(end.error, 0);
  EXPECT_EQ(end.bytes, 0u);
  client.Close();
  EXPECT_FALSE(client.open());
  EXPECT_EQ(client.Receive(buffer).error, EBADF);
}

class TlsChannelTest : public ChannelTest {
 protected:
  void SetUp() override {
    const testing::CertificateFiles files = authority.Issue();
    auto trusts = TlsContext::ForClient({authority.ca_file(), true});
    auto serves = TlsContext::ForServer(files.cert_file, files.key_file);
    ASSERT_TRUE(trusts && serves);
    client.StartTls((*trusts)->NewClientSession("localhost", 443));
    session = (*serves)->NewServerSession();
    TlsStep step = TlsStep::kWantsRead;
    for (int i = 0; i < 1000 && step != TlsStep::kDone; ++i) {
      step = client.Handshake();
      std::array<char, 4096> bytes{};
      const ssize_t got = ::recv(server.fd(), bytes.data(), bytes.size(), 0);
      if (got > 0) session->Feed({bytes.data(), static_cast<std::size_t>(got)});
      static_cast<void>(session->Handshake());
      Put(Encrypted());
      std::this_thread::sleep_for(1ms);
    }
    ASSERT_EQ(step, TlsStep::kDone);
    EXPECT_EQ(client.Receive(large).error, EAGAIN);  // The ticket is no text.
  }

  std::string Encrypted(std::string_view text = {}) {
    if (!text.empty()) {
      EXPECT_EQ(session->Write(text), TlsSession::Status::kOk);
    }
    std::string record(session->outgoing());
    session->Discard(record.size());
    return record;
  }

  void Put(std::string_view bytes) const {
    EXPECT_EQ(::send(server.fd(), bytes.data(), bytes.size(), 0),
              static_cast<ssize_t>(bytes.size()));
  }

  Received Next() {
    EXPECT_TRUE(WaitReadable(client.fd()));
    return client.Receive(large);
  }

  testing::TestAuthority authority;
  std::unique_ptr<TlsSession> session;
  std::array<char, Channel::kTlsBufferBytes> large{};
};

TEST_F(TlsChannelTest, AReadThatAlsoBroughtPartOfARecordSaysSo) {
  const std::string first = Encrypted("first");
  Put(first + Encrypted("second"));
  Received got = Next();
  EXPECT_EQ(got.bytes, 11u);
  EXPECT_FALSE(got.beyond);
  // In the record's head, behind it, in its text, before its last byte.
  for (const int place : {1, 5, 8, -1}) {
    SCOPED_TRACE(place);
    const std::string whole = Encrypted("whole");
    const std::string later = Encrypted("later");
    const std::size_t cut = place > 0 ? static_cast<std::size_t>(place) : later.size() - 1;
    Put(whole + later.substr(0, cut));
    got = Next();
    EXPECT_EQ(got.bytes, 5u);
    EXPECT_TRUE(got.beyond);  // `arrived` is when the piece came.
    Put(later.substr(cut));
    got = Next();
    EXPECT_EQ(got.bytes, 5u);
    EXPECT_FALSE(got.beyond);
  }
}

// A calendar clock that is set while the program runs must not move the stamps by more than the
// time between two pairs.
class SteppedClock final : public Clock {
 public:
  Instant Now() const override { return now; }
  WallTime Wall() const override { return {}; }
  ClockPair Pair() const override {
    return {now, now.time_since_epoch().count() + offset, Nanos{40}};
  }
  Instant now{1s};
  std::int64_t offset = 1'700'000'000'000'000'000;
};

TEST(StampMapTest, FollowsTheCalendarClock) {
  SteppedClock clock;
  StampMap map(clock);
  EXPECT_EQ(map.Map(clock.Pair().realtime_ns - 5000, clock.now).at, clock.now - 5us);
  clock.offset += 3'600'000'000'000;  // Set by an hour.
  clock.now += 2ms;
  const auto mapped = map.Map(clock.Pair().realtime_ns - 5000, clock.now);
  EXPECT_EQ(mapped.at, clock.now - 5us);
  EXPECT_LT(mapped.grain, 1us);
}

}  // namespace
}  // namespace roofscape::net
