#include "base/net/reactor.h"

#include <sys/eventfd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <utility>

#include <fmt/format.h>

namespace roofscape::net {
namespace {

Error SystemRefused(std::string_view what, int error) {
  const std::string_view cure = error == EMFILE || error == ENFILE
                                    ? "Raise the limit of open files: ulimit -n 65536."
                                    : "Free memory or descriptors of this machine, then try again.";
  return {ErrorCode::kIo, fmt::format("{}: {}. {}", what, std::strerror(error), cure)};
}

}  // namespace

double ReactorStats::BusyShare() const {
  const double all = static_cast<double>((busy + idle).count());
  return all > 0 ? static_cast<double>(busy.count()) / all : 0.0;
}

void ReactorStats::Add(const ReactorStats& other) {
  wakeups += other.wakeups;
  events += other.events;
  timers += other.timers;
  busy += other.busy;
  idle += other.idle;
  spinning += other.spinning;
  lag.Add(other.lag);
  rx_lag.Add(other.rx_lag);
}

void DelayCounts::Note(Nanos delay) {
  ++count;
  max = std::max(max, delay);
  const auto bits =
      std::bit_width(static_cast<std::uint64_t>(std::max<std::int64_t>(0, delay.count())));
  const auto last = static_cast<int>(log2_ns.size()) - 1;
  ++log2_ns[static_cast<std::size_t>(std::min<int>(static_cast<int>(bits), last))];
}

void DelayCounts::Add(const DelayCounts& other) {
  count += other.count;
  max = std::max(max, other.max);
  for (std::size_t k = 0; k < log2_ns.size(); ++k) log2_ns[k] += other.log2_ns[k];
}

Nanos DelayCounts::Quantile(double q) const {
  if (count == 0) return Nanos{0};
  const auto wanted = std::max<std::uint64_t>(
      1,
      static_cast<std::uint64_t>(std::ceil(std::clamp(q, 0.0, 1.0) * static_cast<double>(count))));
  std::uint64_t seen = 0;
  for (std::size_t k = 0; k < log2_ns.size(); ++k) {
    seen += log2_ns[k];
    if (seen >= wanted) return std::min(max, Nanos{std::int64_t{1} << k});
  }
  return max;
}

Result<std::unique_ptr<Reactor>> Reactor::Create(const Clock& clock) {
  Fd epoll(epoll_create1(EPOLL_CLOEXEC));
  if (!epoll.open()) return SystemRefused("cannot create an epoll descriptor", errno);
  Fd wake(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  if (!wake.open()) return SystemRefused("cannot create an event descriptor", errno);
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.ptr = nullptr;  // No handler: the wake descriptor.
  if (epoll_ctl(epoll.get(), EPOLL_CTL_ADD, wake.get(), &event) != 0) {
    return SystemRefused("cannot watch an event descriptor", errno);
  }
  return std::unique_ptr<Reactor>(new Reactor(clock, std::move(epoll), std::move(wake)));
}

Reactor::Reactor(const Clock& clock, Fd epoll, Fd wake)
    : clock_(clock),
      stamps_(clock),
      stamps_on_(KeepStampsOn()),
      epoll_(std::move(epoll)),
      wake_(std::move(wake)),
      woke_at_(clock.Now()),
      ready_after_(woke_at_),
      waiting_since_(woke_at_),
      read_buffer_(new char[kReadBufferBytes]) {}

Reactor::~Reactor() = default;

Result<> Reactor::Add(int fd, std::uint32_t events, Handler* handler) {
  epoll_event event{};
  event.events = events;
  event.data.ptr = handler;
  if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0) {
    return SystemRefused("cannot watch a socket", errno);
  }
  return {};
}

void Reactor::Modify(int fd, std::uint32_t events, Handler* handler) {
  epoll_event event{};
  event.events = events;
  event.data.ptr = handler;
  RS_CHECK(epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, fd, &event) == 0);
}

void Reactor::Remove(int fd, Handler* handler) {
  epoll_event unused{};
  RS_CHECK(epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, &unused) == 0);
  for (std::size_t i = batch_next_; i < batch_size_; ++i) {
    if (batch_[i].data.ptr == handler) batch_[i].events = 0;
  }
}

TimerId Reactor::At(Instant at, TimerQueue::Callback callback) {
  return timers_.Set(at, std::move(callback));
}

void Reactor::Cancel(TimerId id) { timers_.Cancel(id); }

void Reactor::Run() {
  while (Poll(Nanos{-1})) {
  }
}

bool Reactor::Poll(Nanos max_wait) {
  RS_CHECK(!polling_);  // A handler must not run the loop that runs it.
  if (stop_.load(std::memory_order_relaxed)) return false;
  polling_ = true;
  const int ready = Wait(max_wait);
  if (ready > 0) Dispatch(static_cast<std::size_t>(ready));
  FireTimers();
  polling_ = false;
  return !stop_.load(std::memory_order_relaxed);
}

int Reactor::Wait(Nanos max_wait) {
  waiting_since_ = clock_.Now();
  stats_.busy += waiting_since_ - woke_at_;
  Nanos wait = spin_ == kAlways ? Nanos{0} : max_wait;
  if (const auto next = timers_.Next(); next && spin_ != kAlways) {
    const Nanos until = std::max(Nanos{0}, *next - waiting_since_ - spin_);
    wait = wait < Nanos{0} ? until : std::min(wait, until);
  }
  int ready = -1;
  bool unknown_call = false;
  if (wait < Nanos{0}) {
    ready = epoll_wait(epoll_.get(), batch_.data(), kMaxBatch, -1);
  } else if (has_pwait2_) {
    timespec limit{};
    limit.tv_sec = wait.count() / 1'000'000'000;
    limit.tv_nsec = wait.count() % 1'000'000'000;
    ready = epoll_pwait2(epoll_.get(), batch_.data(), kMaxBatch, &limit, nullptr);
    // A kernel before 5.11, or a sandbox that does not know the call: next round.
    unknown_call = ready < 0 && (errno == ENOSYS || errno == EPERM);
    has_pwait2_ = !unknown_call;
  } else {
    // Rounded up: a timer may be late by a millisecond, but the loop never spins.
    const std::int64_t ms = std::min<std::int64_t>((wait.count() + 999'999) / 1'000'000, 60'000);
    ready = epoll_wait(epoll_.get(), batch_.data(), kMaxBatch, static_cast<int>(ms));
  }
  const Instant woke = clock_.Now();
  // A wait this long was a sleep: nothing was ready when it began.
  constexpr Nanos kSlept = std::chrono::microseconds(20);
  ready_after_ = woke - waiting_since_ >= kSlept ? woke : woke_at_;
  woke_at_ = woke;
  stats_.idle += woke_at_ - waiting_since_;
  // A longer look was the processor working for somebody else, which is nobody's spinning.
  constexpr Nanos kLook = std::chrono::microseconds(5);
  if (wait == Nanos{0} && ready == 0) stats_.spinning += std::min(kLook, woke - waiting_since_);
  ++stats_.wakeups;
  RS_CHECK(ready >= 0 || errno == EINTR || unknown_call);
  return ready;
}

void Reactor::Dispatch(std::size_t count) {
  batch_size_ = count;
  stats_.events += count;
  for (batch_next_ = 0; batch_next_ < batch_size_;) {
    const epoll_event& event = batch_[batch_next_++];
    if (event.data.ptr == nullptr) {
      DrainWake();
    } else if (event.events != 0) {
      static_cast<Handler*>(event.data.ptr)->OnReady(event.events);
    }
    // A timer that fell due while this socket was handled does not wait for all the others. The
    // stamps of the reads tell, so that no clock is read for it.
    const auto next = timers_.Next();
    if (next && *next <= seen_) FireTimers();
  }
  batch_size_ = batch_next_ = 0;
}

void Reactor::FireTimers() {
  const auto next = timers_.Next();
  if (!next) return;
  // One reading of the clock: a timer that sets itself for "now" again waits for the next round.
  const Instant now = clock_.Now();
  while (const TimerQueue::Callback due = timers_.TakeDue(now)) {
    ++stats_.timers;
    due();
  }
}

void Reactor::DrainWake() {
  std::uint64_t count = 0;
  static_cast<void>(!::read(wake_.get(), &count, sizeof count));
  if (woken_.exchange(false) && on_wake_) on_wake_();
}

void Reactor::Stop() {
  stop_.store(true, std::memory_order_relaxed);
  const std::uint64_t one = 1;
  static_cast<void>(!::write(wake_.get(), &one, sizeof one));
}

void Reactor::Wake() {
  woken_.store(true);
  const std::uint64_t one = 1;
  static_cast<void>(!::write(wake_.get(), &one, sizeof one));
}

void Reactor::NoteRead(Instant stamp, std::optional<Instant> kernel) {
  seen_ = stamp;
  stats_.lag.Note(stamp - woke_at_);
  if (kernel) stats_.rx_lag.Note(stamp - *kernel);
}

void Reactor::ResetStats() { stats_ = ReactorStats{}; }

}  // namespace roofscape::net
