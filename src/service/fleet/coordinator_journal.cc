// What a job's journal says, taken into the campaign; and how a job ended.

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "measure/host/inventory.h"
#include "service/fleet/coordinator.h"
#include "service/fleet/events.h"
#include "service/fleet/file.h"

namespace roofscape::fleet {
namespace {

double SecondsBetween(WallTime from, WallTime to) {
  return static_cast<double>(to.unix_us - from.unix_us) / 1e6;
}

/// The last time that a worker began, and what it wrote since.
struct LastRun {
  std::optional<JournalLine> started;
  std::optional<JournalLine> end;
};

LastRun LastRunOf(const std::vector<JournalLine>& journal) {
  LastRun run;
  for (const JournalLine& line : journal) {
    if (line.report == Report::kStarted) run = {line, {}};
    if (line.report == Report::kEnd) run.end = line;
  }
  return run;
}

std::vector<JournalLine> JournalOf(const std::string& folder) {
  const auto text = ReadFile(folder + "/" + kJournalFile);
  return text ? ParseJournal(*text) : std::vector<JournalLine>();
}

}  // namespace

Result<Coordinator::Outcome> Coordinator::ReadJournal(const LayoutState& layout) {
  const std::string name = layout.job->name;
  for (const JournalLine& line : JournalOf(layout.job->folder)) {
    while (true) {
      if (!Owns(layout, name)) return Outcome::kOthersCameFirst;
      RS_ASSIGN_OR_RETURN(const Outcome outcome, Take(layout, line));
      if (outcome == Outcome::kDone) break;
    }
  }
  return Outcome::kDone;
}

bool Coordinator::IsLast(const PointState& point, const Failure& failure) const {
  const auto before = point.failures.find(failure.kind);
  const std::int64_t times = before == point.failures.end() ? 0 : before->second;
  return times >= RetriesOf(settings_.retries, failure.kind);
}

Result<Coordinator::Outcome> Coordinator::Take(const LayoutState& layout, const JournalLine& line) {
  if (!line.note.empty()) TellNote(layout, line);
  if (!line.environment.empty()) return TakeEnvironment(layout, line);
  const PointState* point = state_.FindPoint(line.point);
  if (point == nullptr) return Outcome::kDone;  // Of the job as a whole.
  const bool open =
      point->status == PointStatus::kPending || point->status == PointStatus::kRunning;
  const std::string database = layout.job->folder + "/" + line.db;
  const auto import = [&](const store::SweepEvent& event) -> Result<Outcome> {
    RS_ASSIGN_OR_RETURN(const bool added, log_.Import(settings_.campaign, state_.last_event(),
                                                      std::span(&event, 1), database, line.run));
    RS_RETURN_IF_ERROR(Sync());
    if (!added) return Outcome::kOthersCameFirst;
    Tell(fmt::format("{}: {}: {}{}", layout.name, point->title, line.verdict,
                     line.report == Report::kKept ? ", measured once more" : ""));
    return Outcome::kDone;
  };
  switch (line.report) {
    case Report::kBegun:
      // At each beginning once; what was read before is no news.
      if (point->status != PointStatus::kPending || point->begun_at >= line.at) {
        return Outcome::kDone;
      }
      return Append(events::Begun(line.point, layout.job->name, line.at));
    case Report::kKept:
      if (std::find(point->kept_runs.begin(), point->kept_runs.end(), line.run) !=
          point->kept_runs.end()) {
        return Outcome::kDone;
      }
      return import(events::Kept(line.point, line.run, line.verdict, line.at));
    case Report::kDone:
      if (!open) return Outcome::kDone;
      return import(events::Done(line.point, line.run, line.verdict, line.at));
    case Report::kFailed: {
      const bool known = point->failure_at && *point->failure_at == line.at;
      if (!open || known || !line.failure) return Outcome::kDone;
      Tell(fmt::format("{}: {}: {}: {}. {}", layout.name, point->title, line.failure->kind,
                       line.failure->reason, line.failure->cure));
      return Append(
          events::Failed(line.point, *line.failure, IsLast(*point, *line.failure), line.at));
    }
    default: return Outcome::kDone;
  }
}

Result<Coordinator::Outcome> Coordinator::TakeEnvironment(const LayoutState& layout,
                                                          const JournalLine& line) {
  const std::string job = layout.job->name;
  if (layout.environments.contains(job)) return Outcome::kDone;
  // A job that began beside the first one had nothing to hold itself against.
  const std::string drift = host::DriftText(state_.environment(), line.environment);
  if (!drift.empty() && line.note.empty()) {
    Tell(fmt::format("{}: job {}: the environment is not that of the campaign's first job: {}",
                     layout.name, job, drift));
  }
  return Append(events::Environment(layout.id, job, line.environment, line.at));
}

Failure Coordinator::WhyEnded(const std::string& folder, const JobStatus& status,
                              bool& whole) const {
  const LastRun last = LastRunOf(JournalOf(folder));
  whole = last.end && !last.end->failure;
  if (whole) return {};
  if (status.failure) return *status.failure;
  if (last.end) return *last.end->failure;
  return {"lost",
          last.started ? "the worker ended without a word: it was killed, or its machine went down"
                       : "the worker never began",
          fmt::format("look into {} in the job's folder {}", kWorkerLog, folder)};
}

Result<Coordinator::Outcome> Coordinator::EndJob(const LayoutState& layout,
                                                 const JobStatus& status) {
  const WallTime now = clock_.Wall();
  const JobState job = *layout.job;
  bool whole = false;
  const Failure failure = WhyEnded(job.folder, status, whole);
  double device_s = 0;
  if (const LastRun last = LastRunOf(JournalOf(job.folder)); last.started) {
    const double s = SecondsBetween(last.started->at, last.end ? last.end->at : now);
    device_s = std::max(s, 0.0) * static_cast<double>(layout.chips);
  }
  // Where the scheduler counts, its figure is what somebody pays.
  const std::optional<Accounting> accounting =
      job.id.empty() ? std::nullopt : executor_.Account(TicketOf(layout), job.id);
  if (accounting) device_s = accounting->elapsed_s * static_cast<double>(layout.chips);
  std::vector<store::SweepEvent> happened;
  const auto before = layout.failures.find(failure.kind);
  const std::int64_t times = before == layout.failures.end() ? 0 : before->second;
  const bool again = whole || stopping_ || times < RetriesOf(settings_.retries, failure.kind);
  if (!again) {
    for (const PointState* point : state_.Waiting(layout.id)) {
      happened.push_back(events::Failed(point->key, failure, /*last=*/true, now));
    }
  }
  const bool fault = !whole && !stopping_;
  happened.push_back(events::Ended(layout.id, job, fault ? &failure : nullptr, device_s,
                                   accounting ? &*accounting : nullptr, now));
  if (fault) {
    Tell(fmt::format("{}: job {} ended: {}: {}. {}{}", layout.name, job.name, failure.kind,
                     failure.reason, failure.cure, again ? ". What is left is tried again" : ""));
  }
  return Append(happened);
}

void Coordinator::TellNote(const LayoutState& layout, const JournalLine& line) {
  // Once for all jobs of a layout: each start would say the same.
  const std::string text = fmt::format("{}: {}", layout.name, line.note);
  if (told_notes_.insert(text).second) Tell(text);
}

}  // namespace roofscape::fleet
