#include "service/api/study_desk.h"

#include <algorithm>
#include <utility>

#include <sys/resource.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "service/study/threads.h"

namespace roofscape::api {
namespace {

constexpr int kLowestPriority = 19;

}  // namespace

StudyDesk::StudyDesk(const catalog::Catalog& catalog, const calibrate::Model& fitted,
                     std::vector<study::Study> studies, const Clock& clock)
    : catalog_(catalog), fitted_(fitted), studies_(std::move(studies)), clock_(clock) {}

const study::Study* StudyDesk::Find(std::string_view id) const {
  const auto at = std::find_if(studies_.begin(), studies_.end(),
                               [&](const study::Study& study) { return study.id == id; });
  return at == studies_.end() ? nullptr : &*at;
}

StudyDesk::Answer StudyDesk::LookLocked(std::string_view id) const {
  const auto found = answers_.find(id);
  if (found == answers_.end()) return {};
  Answer answer = found->second;
  if (answer.state == State::kRunning) answer.progress = progress_;
  if (answer.state == State::kWaiting) {
    const auto at = std::find(waiting_.begin(), waiting_.end(), id);
    // And the one that runs.
    answer.before = 1 + (at - waiting_.begin());
  }
  return answer;
}

StudyDesk::Answer StudyDesk::Look(const study::Study& study) const {
  const std::scoped_lock lock(mutex_);
  return LookLocked(study.id);
}

StudyDesk::Answer StudyDesk::Ask(const study::Study& study) {
  const std::scoped_lock lock(mutex_);
  if (!stop_ && !answers_.contains(study.id)) {
    answers_[study.id] = {};
    waiting_.push_back(study.id);
    if (!thread_.joinable()) thread_ = std::thread([this] { Run(); });
    changed_.notify_one();
  }
  return LookLocked(study.id);
}

StudyDesk::Answer StudyDesk::Finish(const study::Study& study) {
  const Answer known = Look(study);
  if (known.state == State::kDone || known.state == State::kFailed) return known;
  ComputeOne(study.id, std::max(std::thread::hardware_concurrency(), 1U));
  return Look(study);
}

void StudyDesk::ComputeOne(const std::string& id, unsigned threads) {
  progress_ = 0.0;
  const auto curves = perf::KernelCurves::Parse(perf::EmbeddedKernelCurves());
  Answer answer;
  answer.state = State::kFailed;
  if (!curves) {
    answer.error = curves.error().message;
  } else {
    perf::KernelBook book(*curves);
    study::Means means{
        catalog_, fitted_, &book, {true, threads, study::OnThreads(threads)}, clock_.Wall()};
    means.stop = &stop_;
    means.progress = [this](double share) { progress_ = share; };
    auto outcome = study::Compute(*Find(id), means);
    if (outcome) {
      answer.state = State::kDone;
      answer.outcome = std::make_shared<const study::Outcome>(*std::move(outcome));
    } else {
      answer.error = outcome.error().message;
    }
  }
  if (stop_) return;  // What came out means nothing.
  const std::scoped_lock lock(mutex_);
  answers_[id] = std::move(answer);
}

void StudyDesk::Run() {
  // Linux keeps a priority for each thread.
  setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), kLowestPriority);
  while (true) {
    std::string id;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return stop_ || !waiting_.empty(); });
      if (stop_) return;
      id = waiting_.front();
      waiting_.pop_front();
      answers_[id].state = State::kRunning;
    }
    // Half of the cores: at this priority whoever else wants them has them.
    ComputeOne(id, std::max(std::thread::hardware_concurrency() / 2, 1U));
  }
}

Result<Json> StudyDesk::Sketch(const study::SketchAsk& ask) {
  const std::scoped_lock lock(sketching_);
  const study::Means means{catalog_, fitted_, nullptr, {}, clock_.Wall()};
  RS_ASSIGN_OR_RETURN(const study::SketchTable table, study::ComputeSketch(ask, means));
  return study::SketchJson(table);
}

void StudyDesk::Stop() {
  {
    const std::scoped_lock lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

}  // namespace roofscape::api
