// The event loop: epoll on one thread, timers, and an account of its own lateness.
//
// A run has one Reactor a core, and they share nothing. Handlers are told of readiness level by
// level: what a handler leaves unread is reported again. Nothing is allocated in steady state.
//
// Thread safety: one thread owns a Reactor and calls everything; only Stop() and Wake() may be
// called from other threads and from signal handlers.

#pragma once

#include <sys/epoll.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "base/core/clock.h"
#include "base/core/result.h"
#include "base/net/fd.h"
#include "base/net/kernel_stamps.h"
#include "base/net/timer_queue.h"

namespace roofscape::net {

/// Delays, counted by powers of two: cheap enough for every read.
struct DelayCounts {
  std::uint64_t count = 0;
  Nanos max{};
  std::array<std::uint64_t, 40> log2_ns{};  // [k] counts delays in [2^(k-1), 2^k) ns; [0] is 0.

  void Note(Nanos delay);
  void Add(const DelayCounts& other);
  /// An upper bound of the quantile q in [0, 1], within a factor of two; 0 without samples.
  Nanos Quantile(double q) const;
};

/// What the loop did and how late it was, since its creation or ResetStats().
struct ReactorStats {
  std::uint64_t wakeups = 0;  // Returns of epoll_wait.
  std::uint64_t events = 0;   // Descriptors handled.
  std::uint64_t timers = 0;   // Timers fired.
  Nanos busy{};               // Between the return of epoll_wait and the next call of it.
  Nanos idle{};               // Inside epoll_wait.
  Nanos spinning{};           // The part of idle that looked without sleep; see SpinBefore.

  DelayCounts lag;     // From the return of epoll_wait to the stamp of a read, as told by NoteRead.
  DelayCounts rx_lag;  // From the kernel's receive stamp to ours: what the program cannot see
                       // without them. Only of reads that had one.

  /// The share of the time in which the loop was not waiting, 0 to 1.
  double BusyShare() const;
  /// For the loops of several threads.
  void Add(const ReactorStats& other);
};

class Reactor {
 public:
  /// Told when its descriptor is ready. `events` are epoll's bits.
  class Handler {
   public:
    virtual void OnReady(std::uint32_t events) = 0;

   protected:
    ~Handler() = default;
  };

  /// kIo when the system has no descriptors left. `clock` must outlive the reactor.
  static Result<std::unique_ptr<Reactor>> Create(const Clock& clock);

  Reactor(const Reactor&) = delete;
  Reactor& operator=(const Reactor&) = delete;
  ~Reactor();

  /// Watches `fd`; the handler must live until Remove. kIo when the kernel refuses (ENOSPC,
  /// ENOMEM).
  Result<> Add(int fd, std::uint32_t events, Handler* handler);
  /// REQUIRES: `fd` was added with `handler`.
  void Modify(int fd, std::uint32_t events, Handler* handler);
  /// Stops watching; the handler hears no more, not even of what this wake-up has already reported.
  /// Call it before closing `fd`.
  void Remove(int fd, Handler* handler);

  /// Calls back once at or soon after `at`. See TimerQueue for costs.
  TimerId At(Instant at, TimerQueue::Callback callback);
  void Cancel(TimerId id);

  /// Handles events and timers until Stop().
  void Run();

  /// One wait of at most `max_wait` (negative: no limit), then what is ready. Returns false once
  /// Stop() was called.
  bool Poll(Nanos max_wait);

  /// For the last `stretch` before a timer is due the loop looks for events without sleeping, so
  /// that the timer is late by about a microsecond and not by what waking up takes. 0: sleep.
  void SpinBefore(Nanos stretch) { spin_ = stretch; }
  /// The loop never sleeps: it keeps a core busy, and who sends to it need not wake it.
  static constexpr Nanos kAlways = Nanos::max();

  /// Ends Run() after the current wake-up. Safe from any thread and from signal handlers.
  void Stop();

  /// Makes the loop call the OnWake callback soon. Safe from any thread and from signal handlers.
  void Wake();

  /// What Wake() runs on the loop's thread. Set it before Run().
  void OnWake(std::function<void()> callback) { on_wake_ = std::move(callback); }

  const Clock& clock() const { return clock_; }
  Instant Now() const { return clock_.Now(); }

  /// When epoll_wait last returned: what came before is the kernel's wait, what follows is our lag.
  Instant woke_at() const { return woke_at_; }

  /// What is reported ready now became so after this: the wake-up itself where the loop had slept,
  /// else the one before.
  Instant ready_after() const { return ready_after_; }

  /// Enters a read into the statistics: the program's stamp, and the kernel's where there is one.
  void NoteRead(Instant stamp, std::optional<Instant> kernel);

  /// Bytes to receive into: one buffer for all connections of the loop, free for use by whoever is
  /// inside OnReady.
  std::span<char> read_buffer() { return {read_buffer_.get(), kReadBufferBytes}; }

  /// Brings kernel stamps to the monotonic clock, for all connections of the loop.
  StampMap& stamps() { return stamps_; }

  const ReactorStats& stats() const { return stats_; }
  void ResetStats();

  static constexpr std::size_t kReadBufferBytes = std::size_t{256} << 10;

 private:
  static constexpr std::size_t kMaxBatch = 512;

  Reactor(const Clock& clock, Fd epoll, Fd wake);
  int Wait(Nanos max_wait);
  void Dispatch(std::size_t count);
  void FireTimers();
  void DrainWake();

  const Clock& clock_;
  StampMap stamps_;
  Fd stamps_on_;
  Fd epoll_;
  Fd wake_;
  std::atomic<bool> stop_{false};
  std::atomic<bool> woken_{false};
  std::function<void()> on_wake_;
  TimerQueue timers_;
  std::array<epoll_event, kMaxBatch> batch_;
  std::size_t batch_next_ = 0;
  std::size_t batch_size_ = 0;
  bool polling_ = false;
  Nanos spin_{};
  bool has_pwait2_ = true;
  Instant woke_at_;
  Instant ready_after_;
  Instant waiting_since_;
  Instant seen_;  // The last reading of the clock that a read brought along.
  ReactorStats stats_;
  std::unique_ptr<char[]> read_buffer_;
};

}  // namespace roofscape::net
