#include "base/net/reactor.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>
#include <csignal>
#include <functional>
#include <thread>

namespace roofscape::net {
namespace {

using std::chrono::milliseconds;

class Probe final : public Reactor::Handler {
 public:
  explicit Probe(std::function<void(std::uint32_t)> on_ready) : on_ready_(std::move(on_ready)) {}
  void OnReady(std::uint32_t events) override { on_ready_(events); }

 private:
  std::function<void(std::uint32_t)> on_ready_;
};

struct Pair {
  Pair() {
    std::array<int, 2> fds{};
    RS_CHECK(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds.data()) == 0);
    near = Fd(fds[0]);
    far = Fd(fds[1]);
  }
  void Poke() const { RS_CHECK(::send(far.get(), "x", 1, 0) == 1); }
  Fd near;
  Fd far;
};

class ReactorTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto made = Reactor::Create(clock_);
    ASSERT_TRUE(made);
    reactor_ = *std::move(made);
  }
  SystemClock clock_;
  std::unique_ptr<Reactor> reactor_;
};

TEST_F(ReactorTest, ReportsReadinessUntilRead) {
  const Pair pair;
  int told = 0;
  Probe probe([&](std::uint32_t events) {
    EXPECT_NE(events & EPOLLIN, 0u);
    if (++told == 2) {
      char byte = 0;
      EXPECT_EQ(::recv(pair.near.get(), &byte, 1, 0), 1);
    }
  });
  ASSERT_TRUE(reactor_->Add(pair.near.get(), EPOLLIN, &probe));
  EXPECT_TRUE(reactor_->Poll(milliseconds(0)));
  EXPECT_EQ(told, 0);
  pair.Poke();
  for (int i = 0; i < 3; ++i) reactor_->Poll(milliseconds(0));
  EXPECT_EQ(told, 2);
  reactor_->Remove(pair.near.get(), &probe);
}

TEST_F(ReactorTest, RemoveSilencesWhatTheSameWakeUpReported) {
  const Pair a;
  const Pair b;
  int told = 0;
  Probe* first = nullptr;
  Probe* second = nullptr;
  // Whichever is told first removes the other.
  Probe probe_a([&](std::uint32_t) {
    ++told;
    reactor_->Remove(b.near.get(), second);
  });
  Probe probe_b([&](std::uint32_t) {
    ++told;
    reactor_->Remove(a.near.get(), first);
  });
  first = &probe_a;
  second = &probe_b;
  ASSERT_TRUE(reactor_->Add(a.near.get(), EPOLLIN, first));
  ASSERT_TRUE(reactor_->Add(b.near.get(), EPOLLIN, second));
  a.Poke();
  b.Poke();
  reactor_->Poll(milliseconds(100));
  EXPECT_EQ(reactor_->stats().events, 2u);
  EXPECT_EQ(told, 1);
}

TEST_F(ReactorTest, TimersFireNotEarlyAndStopEndsRun) {
  const Instant begin = reactor_->Now();
  Instant fired;
  reactor_->At(begin + milliseconds(20), [&] {
    fired = reactor_->Now();
    reactor_->Stop();
  });
  const TimerId cancelled = reactor_->At(begin + milliseconds(1), [] { ADD_FAILURE(); });
  reactor_->Cancel(cancelled);
  reactor_->Run();
  EXPECT_GE(fired - begin, milliseconds(20));
  EXPECT_EQ(reactor_->stats().timers, 1u);
  EXPECT_FALSE(reactor_->Poll(milliseconds(0)));
}

TEST_F(ReactorTest, WakeAndStopFromAnotherThread) {
  int woken = 0;
  reactor_->OnWake([&] { ++woken; });
  std::thread other([&] {
    reactor_->Wake();
    reactor_->Wake();
  });
  other.join();
  reactor_->Poll(milliseconds(1000));
  EXPECT_EQ(woken, 1);
  std::thread stopper([&] { reactor_->Stop(); });
  reactor_->Run();
  stopper.join();
}

Reactor* g_signalled = nullptr;

TEST_F(ReactorTest, WakeFromASignalHandler) {
  int woken = 0;
  reactor_->OnWake([&] {
    ++woken;
    reactor_->Stop();
  });
  g_signalled = reactor_.get();
  const auto before = std::signal(SIGUSR1, [](int) { g_signalled->Wake(); });
  reactor_->At(reactor_->Now() + milliseconds(5), [] { std::raise(SIGUSR1); });
  reactor_->Run();
  std::signal(SIGUSR1, before);
  EXPECT_EQ(woken, 1);
}

TEST_F(ReactorTest, AccountsForItsTime) {
  reactor_->ResetStats();
  reactor_->Poll(milliseconds(30));
  const Instant busy_until = reactor_->Now() + milliseconds(10);
  while (reactor_->Now() < busy_until) {
  }
  reactor_->Poll(milliseconds(0));
  EXPECT_GE(reactor_->stats().idle, milliseconds(29));
  EXPECT_GE(reactor_->stats().busy, milliseconds(10));
  EXPECT_GT(reactor_->stats().BusyShare(), 0.0);
  EXPECT_LT(reactor_->stats().BusyShare(), 1.0);
}

TEST_F(ReactorTest, LagQuantilesAreBoundsWithinAFactorOfTwo) {
  EXPECT_EQ(reactor_->stats().LagQuantile(0.5), Nanos{0});
  for (int i = 0; i < 99; ++i) reactor_->NoteLag(reactor_->woke_at() + Nanos{1000});
  reactor_->NoteLag(reactor_->woke_at() + Nanos{1'000'000});
  const ReactorStats& stats = reactor_->stats();
  EXPECT_GE(stats.LagQuantile(0.5), Nanos{1000});
  EXPECT_LE(stats.LagQuantile(0.5), Nanos{2000});
  EXPECT_EQ(stats.LagQuantile(1.0), Nanos{1'000'000});
  EXPECT_EQ(stats.lag_max, Nanos{1'000'000});
  EXPECT_EQ(stats.lag_sum, Nanos{99 * 1000 + 1'000'000});
}

}  // namespace
}  // namespace roofscape::net
