#include "service/study/threads.h"

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <thread>
#include <vector>

namespace roofscape::study {

codesign::ParallelFor OnThreads(unsigned threads) {
  return [threads](std::size_t count, const codesign::Work& work) {
    std::atomic<std::size_t> next = 0;
    const auto run = [&](unsigned worker) {
      for (std::size_t i = next++; i < count; i = next++) work(i, worker);
    };
    std::vector<std::thread> others;
    const auto used = static_cast<unsigned>(std::min<std::size_t>(threads, count));
    for (unsigned t = 1; t < used; ++t) others.emplace_back(run, t);
    run(0);
    for (std::thread& other : others) other.join();
  };
}

}  // namespace roofscape::study
