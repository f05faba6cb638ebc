#include "measure/load/request_pipeline.h"

#include <algorithm>
#include <utility>

namespace roofscape::load {

RequestPipeline::RequestPipeline(const RequestWriter& writer, const Settings& settings)
    : writer_(writer), settings_(settings), thread_([this] { Work(); }) {
  RS_CHECK(settings.min_ready >= 1);
}

RequestPipeline::~RequestPipeline() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  room_.notify_all();
  thread_.join();
}

bool RequestPipeline::HasAll() const {
  return settings_.count && base_ + static_cast<std::int64_t>(queue_.size()) >= *settings_.count;
}

bool RequestPipeline::Full() const {
  const auto newest = base_ + static_cast<std::int64_t>(queue_.size()) - 1;
  return newest >= waiting_for_ && kept_ >= settings_.min_ready && bytes_ >= settings_.ready_bytes;
}

void RequestPipeline::WaitUntilFull(Nanos limit, const std::atomic<bool>* stop) {
  constexpr Nanos kLook = std::chrono::milliseconds(50);
  std::unique_lock lock(mutex_);
  for (Nanos waited{0}; waited < limit || kept_ == 0; waited += kLook) {
    if (stop != nullptr && stop->load(std::memory_order_relaxed)) return;
    const bool full = ready_.wait_for(lock, kLook, [this] {
      // Without a known end the least will do.
      return HasAll() || Full() || (!settings_.count && kept_ >= settings_.min_ready);
    });
    if (full) return;
  }
}

PreparedRequest RequestPipeline::Next(std::int64_t id) {
  std::unique_lock lock(mutex_);
  RS_CHECK(id >= base_ && (!settings_.count || id < *settings_.count));
  if (id >= base_ + static_cast<std::int64_t>(queue_.size())) {
    waiting_for_ = std::max(waiting_for_, id);
    room_.notify_one();
    ready_.wait(lock, [&] { return id < base_ + static_cast<std::int64_t>(queue_.size()); });
  }
  auto& entry = queue_[static_cast<std::size_t>(id - base_)];
  RS_CHECK(entry.has_value());
  PreparedRequest request = *std::exchange(entry, std::nullopt);
  --kept_;
  bytes_ -= static_cast<std::int64_t>(request.bytes.size());
  while (!queue_.empty() && !queue_.front()) {
    queue_.pop_front();
    ++base_;
  }
  // Waking the builder for each request would cost the loop a system call each time.
  const bool refill =
      !HasAll() && (kept_ <= settings_.min_ready / 2 || bytes_ <= settings_.ready_bytes / 2);
  lock.unlock();
  if (refill) room_.notify_one();
  return request;
}

void RequestPipeline::Work() {
  for (std::int64_t id = 0; !settings_.count || id < *settings_.count; ++id) {
    const bool same = id < settings_.same_prompt_until;
    PreparedRequest request = writer_.Prepare(settings_.first_prompt + (same ? 0 : id));
    std::unique_lock lock(mutex_);
    if (Full()) {
      room_.wait(lock, [this] { return stopping_ || !Full(); });
    }
    if (stopping_) return;
    ++kept_;
    bytes_ += static_cast<std::int64_t>(request.bytes.size());
    queue_.emplace_back(std::move(request));
    // Whoever waits for the first one, for enough, or for all.
    const bool tell =
        kept_ == 1 || id <= waiting_for_ || Full() || HasAll() || kept_ == settings_.min_ready;
    lock.unlock();
    if (tell) ready_.notify_all();
  }
}

}  // namespace roofscape::load
