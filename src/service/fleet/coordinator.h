// Runs a campaign: claims layouts, has their jobs started, brings the results home, decides what is
// tried again and when to end. All it knows stands in the store's events and the jobs' folders, so
// it may be killed at any moment: the next one goes on.
//
// Errors: of the store. What an executor cannot do for now is told and tried again.
// Thread safety: one thread; several coordinators of one campaign may run at once.

#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "base/core/clock.h"
#include "base/core/result.h"
#include "results/store/sweep_log.h"
#include "service/fleet/executor.h"
#include "service/fleet/job.h"
#include "service/fleet/state.h"

namespace roofscape::fleet {

struct CampaignSettings {
  std::string campaign;
  std::string folder;  // Of the jobs' folders; absolute, and seen by the jobs.
  std::int64_t parallel = 1;
  std::string lock;          // For Job::lock.
  bool same_folders = true;  // Jobs see this machine's files: the server works beside the plan.
  double time_limit_s = 4 * 3600;  // Of a job.
  std::map<std::string, std::int64_t> retries;
  host::TelemetrySettings telemetry;
  bool refuse_drift = false;
  Budget budget;
  std::optional<double> usd_per_device_hour;  // The plan's, or the price book's.
  double lease_s = 60;
};

/// "rs-CAMPAIGN-LAYOUT-N-TIME": of the N-th job of a layout, made at that time.
std::string JobName(const std::string& store, const std::string& campaign,
                    const std::string& layout, std::size_t number, WallTime made);

/// Tells a person what happens; a line.
using TellLine = std::function<void(const std::string&)>;

class Coordinator {
 public:
  Coordinator(CampaignSettings settings, store::SweepLog& log, Executor& executor, TellLine tell,
              const Clock& clock);

  /// Reads the campaign and gives a sign of life.
  Result<> Begin();
  /// One look at everything, and whatever can be done now. True: there is nothing left to do or to
  /// wait for.
  Result<bool> Step();
  /// The user wants to end. Jobs that would outlive us go on; others are told to end, and Step()
  /// waits for them.
  void Stop() { stopping_ = true; }
  /// No further sign of life: others need not wait for the lease.
  Result<> Leave();

  const CampaignState& state() const { return state_; }

 private:
  enum class Outcome { kDone, kOthersCameFirst };

  Result<> Sync();
  /// Appends, unless others came first. Then the state is new, and so may be the decision.
  Result<Outcome> Append(std::span<const store::SweepEvent> events);
  Result<Outcome> Append(const store::SweepEvent& event);
  Result<Outcome> Renew();
  bool IsGone(const std::string& coordinator) const;
  bool IsMine(const LayoutState& layout) const { return layout.claimed_by == id_; }

  /// Whether a layout is ours and a job of that name is going on.
  bool Owns(const LayoutState& layout, const std::string& job) const {
    return IsMine(layout) && layout.job && layout.job->name == job;
  }

  Result<Outcome> Adopt();
  Result<Outcome> WatchJobs();
  Result<Outcome> WatchJob(const std::string& id);
  Result<Outcome> StartJobs();
  Result<Outcome> MakeJob(const LayoutState& layout);
  Result<Outcome> SubmitJob(const LayoutState& layout);
  Result<Outcome> ReadJournal(const LayoutState& layout);
  Result<Outcome> Take(const LayoutState& layout, const JournalLine& line);
  Result<Outcome> TakeEnvironment(const LayoutState& layout, const JournalLine& line);
  Result<Outcome> EndJob(const LayoutState& layout, const JobStatus& status);
  Result<Outcome> SetHostsAside();
  Result<Outcome> Skip(const LayoutState& layout, const std::string& reason);
  Result<> WriteJob(const LayoutState& layout) const;

  /// Why no job of a layout may be begun; empty: it may.
  std::string BudgetEnd(const LayoutState& layout) const;
  double UsedDeviceSeconds() const;
  double SecondsLeft(std::int64_t chips) const;
  std::int64_t JobsOfOurs() const;
  bool MayStart(const LayoutState& layout) const;
  Ticket TicketOf(const LayoutState& layout) const;
  Failure WhyEnded(const std::string& folder, const JobStatus& status, bool& whole) const;
  bool IsLast(const PointState& point, const Failure& failure) const;
  void Tell(const std::string& line) { tell_(line); }
  void TellOnce(const std::string& line);
  void TellNote(const LayoutState& layout, const JournalLine& line);

  const CampaignSettings settings_;
  store::SweepLog& log_;
  Executor& executor_;
  const TellLine tell_;
  const Clock& clock_;
  std::string id_;
  CoordinatorState me_;
  WallTime begin_;
  CampaignState state_;
  bool stopping_ = false;
  std::string told_;
  std::set<std::string> told_to_end_;  // Jobs.
  std::set<std::string> told_notes_;
};

}  // namespace roofscape::fleet
