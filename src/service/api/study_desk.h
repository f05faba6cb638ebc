// Computes the studies of the co-design pages, each at most once while the server runs: the first
// who asks starts it, and asks again until it is done. There is a fixed number of them, whatever is
// asked, so that nobody can keep the machine busy by asking.
//
// Half of the cores, at the lowest priority: on the same machine somebody may be measuring. Threads
// are started by the first question.
//
// Thread safety: every function may be called from any thread.

#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/core/clock.h"
#include "base/core/result.h"
#include "service/study/book.h"
#include "service/study/sketch.h"

namespace roofscape::api {

class StudyDesk {
 public:
  enum class State { kWaiting, kRunning, kDone, kFailed };
  struct Answer {
    State state = State::kWaiting;
    double progress = 0.0;    // 0 .. 1, of what runs.
    std::int64_t before = 0;  // Studies that are computed first, of what waits.
    std::shared_ptr<const study::Outcome> outcome;  // Of what is done.
    std::string error;                              // Of what failed.
  };

  /// All must outlive it.
  StudyDesk(const catalog::Catalog& catalog, const calibrate::Model& fitted,
            std::vector<study::Study> studies, const Clock& clock);
  StudyDesk(const StudyDesk&) = delete;
  StudyDesk& operator=(const StudyDesk&) = delete;
  ~StudyDesk() { Stop(); }

  const std::vector<study::Study>& studies() const { return studies_; }
  /// nullptr: there is none of that id.
  const study::Study* Find(std::string_view id) const;

  /// How far it is; starts it where nobody has.
  Answer Ask(const study::Study& study);
  /// How far it is.
  Answer Look(const study::Study& study) const;
  /// Computes it on the caller's thread, on all cores, where it is not done.
  Answer Finish(const study::Study& study);

  /// At once, on the caller's thread; one after the other.
  Result<Json> Sketch(const study::SketchAsk& ask);

  /// Ends what runs; nothing is started any more.
  void Stop();

 private:
  struct Work;

  Answer LookLocked(std::string_view id) const;
  void Run();
  void ComputeOne(const std::string& id, unsigned threads);

  const catalog::Catalog& catalog_;
  const calibrate::Model& fitted_;
  const std::vector<study::Study> studies_;
  const Clock& clock_;
  std::atomic<bool> stop_ = false;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, Answer, std::less<>> answers_;
  std::deque<std::string> waiting_;
  std::atomic<double> progress_ = 0.0;
  std::thread thread_;
  std::mutex sketching_;
};

}  // namespace roofscape::api
