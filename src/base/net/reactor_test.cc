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
    auto made = Reactor::Create(clock);
    ASSERT_TRUE(made);
    reactor = *std::move(made);
  }
  SystemClock clock;
  std::unique_ptr<Reactor> reactor;
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
  ASSERT_TRUE(reactor->Add(pair.near.get(), EPOLLIN, &probe));
  EXPECT_TRUE(reactor->Poll(milliseconds(0)));
  EXPECT_EQ(told, 0);
  pair.Poke();
  for (int i = 0; i < 3; ++i) reactor->Poll(milliseconds(0));
  EXPECT_EQ(told, 2);
  reactor->Remove(pair.near.get(), &probe);
}

TEST_F(ReactorTest, SpinningAlwaysItNeverSleeps) {
  reactor->SpinBefore(Reactor::kAlways);
  reactor->At(reactor->Now() + std::chrono::hours(1), [] {});
  // Either wait would last an hour.
  EXPECT_TRUE(reactor->Poll(Nanos{-1}));
  EXPECT_TRUE(reactor->Poll(std::chrono::hours(1)));
  EXPECT_EQ(reactor->stats().timers, 0u);
  const Pair pair;
  int told = 0;
  Probe probe([&](std::uint32_t) { ++told; });
  ASSERT_TRUE(reactor->Add(pair.near.get(), EPOLLIN, &probe));
  pair.Poke();
  EXPECT_TRUE(reactor->Poll(Nanos{-1}));
  EXPECT_EQ(told, 1);
  reactor->Remove(pair.near.get(), &probe);
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
    reactor->Remove(b.near.get(), second);
  });
  Probe probe_b([&](std::uint32_t) {
    ++told;
    reactor->Remove(a.near.get(), first);
  });
  first = &probe_a;
  second = &probe_b;
  ASSERT_TRUE(reactor->Add(a.near.get(), EPOLLIN, first));
  ASSERT_TRUE(reactor->Add(b.near.get(), EPOLLIN, second));
  a.Poke();
  b.Poke();
  reactor->Poll(milliseconds(100));
  EXPECT_EQ(reactor->stats().events, 2u);
  EXPECT_EQ(told, 1);
}

TEST_F(ReactorTest, TimersFireNotEarlyAndStopEndsRun) {
  const Instant begin = reactor->Now();
  Instant fired;
  reactor->At(begin + milliseconds(20), [&] {
    fired = reactor->Now();
    reactor->Stop();
  });
  const TimerId cancelled = reactor->At(begin + milliseconds(1), [] { ADD_FAILURE(); });
  reactor->Cancel(cancelled);
  reactor->Run();
  EXPECT_GE(fired - begin, milliseconds(20));
  EXPECT_EQ(reactor->stats().timers, 1u);
  EXPECT_FALSE(reactor->Poll(milliseconds(0)));
}

TEST_F(ReactorTest, ATimerThatFallsDueBetweenTwoSocketsDoesNotWaitForTheSecond) {
  const Pair a;
  const Pair b;
  int told = 0;
  int told_before_timer = 0;
  Probe probe([&](std::uint32_t) {
    ++told;
    if (told > 1) return;
    const Instant due = reactor->Now();
    reactor->At(due, [&] { told_before_timer = told; });
    reactor->NoteRead(due, std::nullopt);
  });
  ASSERT_TRUE(reactor->Add(a.near.get(), EPOLLIN, &probe));
  ASSERT_TRUE(reactor->Add(b.near.get(), EPOLLIN, &probe));
  a.Poke();
  b.Poke();
  reactor->Poll(milliseconds(100));
  EXPECT_EQ(told, 2);
  EXPECT_EQ(told_before_timer, 1);
}

TEST_F(ReactorTest, WakeAndStopFromAnotherThread) {
  int woken = 0;
  reactor->OnWake([&] { ++woken; });
  std::thread other([&] {
    reactor->Wake();
    reactor->Wake();
  });
  other.join();
  reactor->Poll(milliseconds(1000));
  EXPECT_EQ(woken, 1);
  std::thread stopper([&] { reactor->Stop(); });
  reactor->Run();
  stopper.join();
}

Reactor* g_signalled = nullptr;

TEST_F(ReactorTest, WakeFromASignalHandler) {
  int woken = 0;
  reactor->OnWake([&] {
    ++woken;
    reactor->Stop();
  });
  g_signalled = reactor.get();
  const auto before = std::signal(SIGUSR1, [](int) { g_signalled->Wake(); });
  reactor->At(reactor->Now() + milliseconds(5), [] { std::raise(SIGUSR1); });
  reactor->Run();
  std::signal(SIGUSR1, before);
  EXPECT_EQ(woken, 1);
}

TEST_F(ReactorTest, AccountsForItsTime) {
  reactor->ResetStats();
  reactor->Poll(milliseconds(30));
  const Instant busy_until = reactor->Now() + milliseconds(10);
  while (reactor->Now() < busy_until) {
  }
  reactor->Poll(milliseconds(0));
  EXPECT_GE(reactor->stats().idle, milliseconds(29));
  EXPECT_GE(reactor->stats().busy, milliseconds(10));
  EXPECT_GT(reactor->stats().BusyShare(), 0.0);
  EXPECT_LT(reactor->stats().BusyShare(), 1.0);
}

TEST_F(ReactorTest, LagQuantilesAreBoundsWithinAFactorOfTwo) {
  EXPECT_EQ(reactor->stats().lag.Quantile(0.5), Nanos{0});
  for (int i = 0; i < 99; ++i) reactor->NoteRead(reactor->woke_at() + Nanos{1000}, std::nullopt);
  const Instant late = reactor->woke_at() + Nanos{1'000'000};
  reactor->NoteRead(late, late - Nanos{3000});
  ReactorStats stats = reactor->stats();
  EXPECT_GE(stats.lag.Quantile(0.5), Nanos{1000});
  EXPECT_LE(stats.lag.Quantile(0.5), Nanos{2000});
  EXPECT_EQ(stats.lag.Quantile(1.0), Nanos{1'000'000});
  EXPECT_EQ(stats.lag.max, Nanos{1'000'000});
  EXPECT_EQ(stats.rx_lag.count, 1u);
  EXPECT_EQ(stats.rx_lag.max, Nanos{3000});
  stats.Add(reactor->stats());
  EXPECT_EQ(stats.lag.count, 200u);
  EXPECT_EQ(stats.lag.Quantile(1.0), Nanos{1'000'000});
}

}  // namespace
}  // namespace roofscape::net
