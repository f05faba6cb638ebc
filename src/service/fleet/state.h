// Where a campaign stands: what follows from its plan and all its events. Nothing here is stored;
// whoever reads the same events comes to the same state, so that no kill can leave it torn.
//
// A layout is worked on by one coordinator, which claims it for as long as it gives signs of life
// (its lease). After that any other may claim it, jobs included: a job is known by its name, its
// folder and the id that its executor gave it, and goes on when its coordinator dies.
//
// Thread safety: plain values.

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/core/clock.h"
#include "base/core/result.h"
#include "results/store/sweep_log.h"
#include "service/fleet/executor.h"
#include "service/fleet/expand.h"
#include "service/fleet/failure.h"

namespace roofscape::fleet {

enum class PointStatus { kPending, kRunning, kDone, kFailed, kSkipped };
std::string_view Name(PointStatus status);

struct PointState {
  std::string key;
  std::string layout;
  std::string recipe;
  std::int64_t repeat = 0;
  std::int64_t round = 0;
  double estimate_s = 60;
  std::string title;
  spec::Plan plan;
  PointStatus status = PointStatus::kPending;
  std::string run;                     // Of what counts.
  std::string verdict;                 // On the instrument.
  std::vector<std::string> kept_runs;  // Repeated since; they stay in the store.
  std::optional<Failure> failure;      // The last one.
  std::optional<WallTime> measured;
  WallTime begun_at;  // As the journal says, so that no line counts twice.
  std::optional<WallTime> failure_at;
  std::map<std::string, std::int64_t> failures;  // By class.
};

struct JobState {
  std::string name;
  std::string folder;
  std::string id;    // Of the executor; empty: not yet told.
  std::string host;  // Empty: not yet begun.
  std::vector<std::string> points;
  WallTime made;
};

struct LayoutState {
  std::string id;
  std::string json;  // As it was planned last.
  std::string name;
  ServerStart start;
  std::string working_folder;
  std::map<std::string, std::string> files;    // By path, their texts; of large ones and of what is
                                               // no text none is kept.
  std::map<std::string, std::string> digests;  // Of all files.
  std::int64_t chips = 1;
  std::string claimed_by;                        // A coordinator, or nobody.
  std::optional<JobState> job;                   // That has not ended.
  std::vector<std::string> job_names;            // So far.
  std::map<std::string, std::int64_t> failures;  // Of jobs, by class.
  std::map<std::string, Accounting> accounting;  // Of ended jobs, by name.
  std::map<std::string, std::map<std::string, std::string>> environments;  // Of jobs, by name.
};

struct HostState {
  std::int64_t failures = 0;
  std::string last;    // Reason of the last one.
  bool aside = false;  // Gets no further jobs.
};

struct CoordinatorState {
  std::string host;
  std::int64_t pid = 0;
  std::string begin;  // Of the process; see BeginOf().
  WallTime since;     // Its first sign of life.
  WallTime until;     // Its lease.
  bool left = false;
};

class CampaignState {
 public:
  /// Errors: kProtocol for a record that no Roofscape wrote.
  static Result<CampaignState> Of(const store::SweepRecord& record);

  /// REQUIRES: the event follows the last one.
  Result<> Apply(const store::SweepEvent& event);

  std::int64_t last_event() const { return last_event_; }
  const std::vector<PointState>& points() const { return points_; }
  const std::map<std::string, LayoutState>& layouts() const { return layouts_; }
  /// In the order of the plan.
  const std::vector<std::string>& layout_order() const { return layout_order_; }
  const std::map<std::string, HostState>& hosts() const { return hosts_; }
  const std::map<std::string, CoordinatorState>& coordinators() const { return coordinators_; }
  const PointState* FindPoint(const std::string& key) const;
  /// Of the first job that told it; empty: none has.
  const std::map<std::string, std::string>& environment() const { return environment_; }
  /// By devices and by chips: seconds that ended jobs took.
  double device_seconds() const { return device_seconds_; }
  std::int64_t Count(PointStatus status) const;
  /// Points of a layout that are to be measured yet, in order.
  std::vector<const PointState*> Waiting(const std::string& layout) const;

 private:
  PointState* Point(const std::string& key);
  Result<> AddLayout(const store::SweepLayout& layout);
  Result<> AddPoint(const store::SweepPoint& point);
  Result<> ApplyToLayout(const store::SweepEvent& event, ObjectReader& reader);
  Result<> ApplyToPoint(const store::SweepEvent& event, ObjectReader& reader);
  void EndJob(LayoutState& layout, ObjectReader& reader);

  std::int64_t last_event_ = 0;
  std::vector<PointState> points_;
  std::map<std::string, std::size_t> places_;
  std::map<std::string, LayoutState> layouts_;
  std::vector<std::string> layout_order_;
  std::map<std::string, HostState> hosts_;
  std::map<std::string, CoordinatorState> coordinators_;
  std::map<std::string, std::string> environment_;
  double device_seconds_ = 0;
};

/// What the store keeps of layouts and points.
store::SweepLayout StoredLayout(const Layout& layout, const std::string& working_folder);
store::SweepPoint StoredPoint(const Point& point, std::int64_t round, double estimate_s);

/// The reason of points that were skipped since the plan has dropped them.
inline constexpr const char* kNoLongerPlanned = "no longer in the plan";

struct RoundRules {
  std::optional<double> max_age_days = {};  // Older points are measured again; missing: none.
  bool again = false;                       // All of them are.
  bool retry_failed = false;
};

/// What a plan asks of a campaign as it stands. A recipe and repeat that was measured is measured
/// again, in a further round, by the rules; one that is not finished is gone on with.
struct Planned {
  std::vector<store::SweepPoint> points;  // That are new to the campaign.
  std::vector<store::SweepEvent>
      events;               // Points taken up again; points that the plan has dropped.
  std::int64_t fresh = 0;   // Measured, and they stay so.
  std::int64_t open = 0;    // Begun or waiting from before.
  std::int64_t failed = 0;  // From before, and they stay so.
};
Planned PlanRounds(const Expansion& expansion, const CampaignState& state, const RoundRules& rules,
                   WallTime now, const std::map<std::string, double>& estimates);

/// Seconds that a point will take where the plan says so; else `otherwise`.
double EstimateOf(const Point& point, double otherwise);

}  // namespace roofscape::fleet
