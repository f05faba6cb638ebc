#include "results/ingest/read_ahead.h"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

namespace roofscape::ingest {
namespace {

/// Enough that neither waits for the other's hiccups; they hold some hundred rows each.
constexpr std::size_t kMostAhead = 16;

/// Batches between two threads.
class Handover {
 public:
  /// Waits for room. False: nobody takes any more.
  bool Give(Batch batch) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return stopped_ || batches_.size() < kMostAhead; });
    if (stopped_) return false;
    batches_.push_back(std::move(batch));
    changed_.notify_all();
    return true;
  }

  /// Waits for a batch. Nothing: that was all.
  std::optional<Batch> Get() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return ended_ || !batches_.empty(); });
    if (batches_.empty()) return std::nullopt;
    std::optional<Batch> batch = std::move(batches_.front());
    batches_.pop_front();
    changed_.notify_all();
    return batch;
  }

  /// There is no more to give.
  void End() { Set(ended_); }
  /// There is nobody to take.
  void Stop() { Set(stopped_); }

 private:
  void Set(bool& flag) {
    const std::scoped_lock lock(mutex_);
    flag = true;
    changed_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Batch> batches_;
  bool ended_ = false;
  bool stopped_ = false;
};

}  // namespace

Result<> ReadAhead(const Format& format, std::string_view text, const Source& source,
                   const Take& take) {
  Handover handover;
  Result<> read;
  std::thread reader([&] {
    read = format.read(text, source, [&](Batch batch) -> Result<> {
      if (handover.Give(std::move(batch))) return {};
      return Error{ErrorCode::kCancelled, source.name + ": reading was stopped"};
    });
    handover.End();
  });
  Result<> taken;
  while (auto batch = handover.Get()) {
    taken = take(*std::move(batch));
    if (!taken) break;
  }
  handover.Stop();
  reader.join();
  return taken ? read : taken;
}

}  // namespace roofscape::ingest
