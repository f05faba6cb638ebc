// A thread for answers that wait for the store, so that the loops that serve everyone do not.
//
// Thread safety: Do from any thread; Stop from one.

#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace roofscape::api {

class Worker {
 public:
  Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;
  ~Worker() { Stop(); }

  /// False where so much waits already that nothing more is taken.
  bool Do(std::function<void()> job);

  /// Drops what waits, lets what runs end.
  void Stop();

 private:
  void Run();

  static constexpr std::size_t kMaxWaiting = 256;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> jobs_;
  bool stop_ = false;
  std::thread thread_;
};

}  // namespace roofscape::api
