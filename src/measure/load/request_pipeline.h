// Prepares requests ahead on a thread of its own, so that the loop that stamps never builds one.
//
// Thread safety: Next() is for one thread; the building happens on the pipeline's.

#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <thread>

#include "measure/load/openai_request.h"

namespace roofscape::load {

class RequestPipeline {
 public:
  /// Keeps up to `depth` requests ready, their prompts numbered from `first_prompt`. `writer` must
  /// outlive the pipeline.
  RequestPipeline(const RequestWriter& writer, std::size_t depth, std::int64_t first_prompt);
  ~RequestPipeline();
  RequestPipeline(const RequestPipeline&) = delete;
  RequestPipeline& operator=(const RequestPipeline&) = delete;

  /// The next request in order. Waits if none is ready yet.
  PreparedRequest Next();

 private:
  void Work();

  const RequestWriter& writer_;
  const std::size_t depth_;
  const std::int64_t first_prompt_;
  std::mutex mutex_;
  std::condition_variable ready_;  // Something can be taken.
  std::condition_variable room_;   // Something can be added.
  std::deque<PreparedRequest> queue_;
  bool stopping_ = false;
  std::thread thread_;  // Last: starts when everything else is there.
};

}  // namespace roofscape::load
