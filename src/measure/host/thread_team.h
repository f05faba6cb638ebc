// Threads that wait for work and do it together: what a parallel region of an inference engine is.
// Handing over work costs what it costs there: a short spin, then sleep.
//
// Thread safety: one thread makes, runs and destroys it.

#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <thread>
#include <vector>

namespace roofscape::host {

class ThreadTeam {
 public:
  /// The caller is one of the threads. REQUIRES: threads >= 1.
  explicit ThreadTeam(int threads);
  ~ThreadTeam();
  ThreadTeam(const ThreadTeam&) = delete;
  ThreadTeam& operator=(const ThreadTeam&) = delete;

  int threads() const { return static_cast<int>(workers_.size()) + 1; }

  /// Has every thread call work(index), 0 being the caller; returns when all have.
  void Run(const std::function<void(int index)>& work);

 private:
  void Wait(int index);

  std::atomic<std::uint32_t> round_{0};
  std::atomic<std::uint32_t> busy_{0};
  std::atomic<bool> ending_{false};
  const std::function<void(int)>* work_ = nullptr;  // Of this round; round_ hands it over.
  std::vector<std::thread> workers_;
};

}  // namespace roofscape::host
