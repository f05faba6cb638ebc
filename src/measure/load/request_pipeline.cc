#include "measure/load/request_pipeline.h"

namespace roofscape::load {

RequestPipeline::RequestPipeline(const RequestWriter& writer, std::size_t depth,
                                 std::int64_t first_prompt)
    : writer_(writer), depth_(depth), first_prompt_(first_prompt), thread_([this] { Work(); }) {
  RS_CHECK(depth >= 1);
}

RequestPipeline::~RequestPipeline() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  room_.notify_one();
  thread_.join();
}

PreparedRequest RequestPipeline::Next() {
  std::unique_lock lock(mutex_);
  ready_.wait(lock, [this] { return !queue_.empty(); });
  PreparedRequest request = std::move(queue_.front());
  queue_.pop_front();
  // Waking the builder for each request would cost the loop a system call each time.
  const bool refill = queue_.size() <= depth_ / 2;
  lock.unlock();
  if (refill) room_.notify_one();
  return request;
}

void RequestPipeline::Work() {
  for (std::int64_t id = first_prompt_;; ++id) {
    PreparedRequest request = writer_.Prepare(id);
    std::unique_lock lock(mutex_);
    if (queue_.size() >= depth_) {
      room_.wait(lock, [this] { return stopping_ || queue_.size() <= depth_ / 2; });
    }
    if (stopping_) return;
    queue_.push_back(std::move(request));
    const bool first = queue_.size() == 1;
    lock.unlock();
    if (first) ready_.notify_one();
  }
}

}  // namespace roofscape::load
