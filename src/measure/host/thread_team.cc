#include "measure/host/thread_team.h"

#include "base/core/check.h"

namespace roofscape::host {
namespace {

constexpr int kSpins = 2'000;  // Some microseconds: where cores are shared, spinning hurts others.

void Pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

/// Until `value` is no longer `old`.
void AwaitChange(const std::atomic<std::uint32_t>& value, std::uint32_t old) {
  for (int i = 0; i < kSpins; ++i) {
    if (value.load(std::memory_order_acquire) != old) return;
    Pause();
  }
  value.wait(old, std::memory_order_acquire);
}

}  // namespace

ThreadTeam::ThreadTeam(int threads) {
  RS_CHECK(threads >= 1);
  for (int i = 1; i < threads; ++i) workers_.emplace_back([this, i] { Wait(i); });
}

ThreadTeam::~ThreadTeam() {
  ending_.store(true);
  round_.fetch_add(1, std::memory_order_release);
  round_.notify_all();
  for (std::thread& worker : workers_) worker.join();
}

void ThreadTeam::Run(const std::function<void(int)>& work) {
  if (workers_.empty()) return work(0);
  work_ = &work;
  busy_.store(static_cast<std::uint32_t>(workers_.size()), std::memory_order_relaxed);
  round_.fetch_add(1, std::memory_order_release);
  round_.notify_all();
  work(0);
  for (std::uint32_t left = busy_.load(std::memory_order_acquire); left > 0;
       left = busy_.load(std::memory_order_acquire)) {
    AwaitChange(busy_, left);
  }
}

void ThreadTeam::Wait(int index) {
  std::uint32_t seen = 0;
  while (true) {
    AwaitChange(round_, seen);
    ++seen;
    if (ending_.load()) return;
    (*work_)(index);
    if (busy_.fetch_sub(1, std::memory_order_acq_rel) == 1) busy_.notify_one();
  }
}

}  // namespace roofscape::host
