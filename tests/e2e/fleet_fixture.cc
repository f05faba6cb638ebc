#include "fleet_fixture.h"

#include <memory>
#include <span>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/core/check.h"
#include "base/core/clock.h"
#include "results/store/daemon_log.h"
#include "results/store/sweep_log.h"
#include "service/fleet/daemon_report.h"
#include "service/fleet/daemon_state.h"
#include "service/fleet/events.h"
#include "service/fleet/state.h"

namespace roofscape {
namespace {

constexpr std::int64_t kSecondUs = 1'000'000;
constexpr std::int64_t kHourUs = 3600 * kSecondUs;

// Two layouts of four loads, three times each.
constexpr const char* kPlan = R"(schema_version = 1
name = "nightly"
repeats = 3

[[deployment]]
name = "tensor parallel"
chip = "h200-sxm"
[deployment.launch]
command = "serve --port {port} --slots {slots}"
[deployment.axes]
slots = [8, 16]

[[workload]]
name = "chat"
input = {tokens = 512}
output = {tokens = 64}

[[load]]
concurrency = [1, 4, 16, 64]
duration_s = 60

[budget]
wall_hours = 6
device_hours = 8
usd = 40
)";

fleet::Expansion Expanded() {
  const auto plan = fleet::ParseSweepPlan(kPlan, "plan.toml");
  RS_CHECK(static_cast<bool>(plan));
  auto expansion = fleet::Expand(*plan, {}, {});
  RS_CHECK(static_cast<bool>(expansion));
  return *std::move(expansion);
}

/// Writes one campaign; every event is two minutes after the one before.
class CampaignWriter {
 public:
  CampaignWriter(store::SweepLog& log, std::string name, WallTime at)
      : log_(log), name_(std::move(name)), at_(at), expansion_(Expanded()) {}

  Result<> Plan(const std::string& purpose) {
    std::vector<store::SweepLayout> layouts;
    for (const fleet::Layout& layout : expansion_.layouts) {
      layouts.push_back(fleet::StoredLayout(layout, "/plans"));
    }
    std::vector<store::SweepPoint> points;
    for (const fleet::Point& point : expansion_.points) {
      points.push_back(fleet::StoredPoint(point, 0, 72));
    }
    store::Campaign campaign;
    campaign.name = name_;
    campaign.purpose = purpose;
    campaign.started = at_;
    return log_.AddPlan(campaign, kPlan, layouts, points);
  }

  WallTime Next() { return at_ = WallTime{at_.unix_us + 120 * kSecondUs}; }
  void Add(store::SweepEvent event) { events_.push_back(std::move(event)); }
  std::string Key(std::size_t point) const {
    return fleet::StoredPoint(expansion_.points[point], 0, 72).key;
  }
  const std::string& LayoutOf(std::size_t point) const { return expansion_.points[point].layout; }
  std::size_t size() const { return expansion_.points.size(); }
  void Done(std::size_t point, const std::string& run, const std::string& verdict) {
    Add(fleet::events::Done(Key(point), run, verdict, Next()));
  }

  Result<> Write() {
    RS_ASSIGN_OR_RETURN(const bool added, log_.Append(name_, 0, events_));
    RS_CHECK(added);
    return {};
  }

 private:
  store::SweepLog& log_;
  const std::string name_;
  WallTime at_;
  const fleet::Expansion expansion_;
  std::vector<store::SweepEvent> events_;
};

/// Of a name that no point has measured yet.
std::string RunName(std::size_t i) { return "20261129-0130" + std::to_string(10 + i) + "-cccccc"; }

/// Half done, a host set aside, some failed, a job that runs.
Result<> WriteRunning(store::SweepLog& log, const std::string& run, const std::string& hostile,
                      WallTime now) {
  namespace events = fleet::events;
  CampaignWriter campaign(log, LabelsOfFleet().campaign, WallTime{now.unix_us - 2 * kHourUs});
  RS_RETURN_IF_ERROR(campaign.Plan("Does tonight's build keep its speed?" + hostile));
  fleet::CoordinatorState coordinator{"desk", 17, "b", {}, WallTime{now.unix_us + 24 * kHourUs}};
  campaign.Add(events::Alive("c", coordinator, campaign.Next()));
  fleet::JobState job;
  job.name = "rs-1";
  for (std::size_t i = 0; i < 12; ++i) job.points.push_back(campaign.Key(i));
  campaign.Add(events::JobMade(campaign.LayoutOf(0), job, campaign.Next()));
  campaign.Add(events::Running(campaign.LayoutOf(0), "rs-1", "node-3", campaign.Next()));
  campaign.Done(0, run, "VALID");
  for (std::size_t i = 1; i < 9; ++i) {
    campaign.Done(i, RunName(i), i == 4 ? "DEGRADED" : "VALID");
  }
  const fleet::Failure memory{"memory", "CUDA out of memory " + hostile,
                              "fewer slots, or a larger share of memory for the cache"};
  for (std::size_t i = 9; i < 11; ++i) {
    campaign.Add(events::Failed(campaign.Key(i), memory, true, campaign.Next()));
  }
  campaign.Add(
      events::Skipped(campaign.Key(11), "budget: 8 device-hours are used up", campaign.Next()));
  const fleet::Failure node{"node", "the node does not answer any more", "look at the node"};
  campaign.Add(events::Ended(campaign.LayoutOf(0), job, &node, 9000, nullptr, campaign.Next()));
  campaign.Add(events::Aside("node-3", "failed twice", campaign.Next()));
  job.name = "rs-2";
  job.points = {campaign.Key(12), campaign.Key(13)};
  campaign.Add(events::JobMade(campaign.LayoutOf(12), job, campaign.Next()));
  campaign.Add(events::Running(campaign.LayoutOf(12), "rs-2", "node-4", campaign.Next()));
  campaign.Add(events::Begun(campaign.Key(12), "rs-2", campaign.Next()));
  return campaign.Write();
}

Result<> WriteEnded(store::SweepLog& log, WallTime now) {
  CampaignWriter campaign(log, "spring", WallTime{now.unix_us - 40 * 24 * kHourUs});
  RS_RETURN_IF_ERROR(campaign.Plan(""));
  for (std::size_t i = 0; i < campaign.size(); ++i) campaign.Done(i, RunName(i), "VALID");
  return campaign.Write();
}

class EntryWriter {
 public:
  EntryWriter(store::DaemonLog& log, std::string name) : log_(log), name_(std::move(name)) {}

  Result<> Add(const store::DaemonEvent& event) {
    RS_ASSIGN_OR_RETURN(const bool added, log_.Append(name_, last_++, event));
    RS_CHECK(added);
    return {};
  }

 private:
  store::DaemonLog& log_;
  const std::string name_;
  std::int64_t last_ = 0;
};

fleet::OccasionReport ReportOf(std::int64_t number, WallTime begun, const std::string& hostile) {
  fleet::OccasionReport report;
  report.entry = "every night";
  report.campaign = LabelsOfFleet().campaign;
  report.number = number;
  report.due.at = report.begun = begun;
  report.ended = WallTime{begun.unix_us + 90 * kSecondUs};
  report.done = 24;
  report.findings.judged = {"tensor parallel, chat"};
  if (number < 3) return report;
  report.tell = {"webhook", "email"};
  fleet::Change change;
  change.family = "f";
  change.title = "tensor parallel, chat " + hostile;
  change.worse = true;
  fleet::MetricShift& shift = change.shifts.emplace_back();
  shift.metric = "total_tps_per_chip";
  shift.shift.change = -0.102;
  shift.shift.smallest = 0.031;
  shift.shift.history = 2;
  change.changed = {{"engine version", "0.12.0", "0.13.0"}};
  report.findings.changes.push_back(change);
  return report;
}

Result<> WriteEntries(const std::string& path, const std::string& hostile, WallTime now) {
  namespace events = fleet::daemon_events;
  RS_ASSIGN_OR_RETURN(const auto log, store::OpenDaemonLog(path, store::OpenMode::kReadWrite));
  const fleet::Owner owner{"desk", 17, "b"};
  EntryWriter night(*log, "every night");
  const std::int64_t day = now.unix_us - 3 * 24 * kHourUs;
  RS_RETURN_IF_ERROR(
      night.Add(events::Seen({"nightly.toml", "30 2 * * *", "UTC", 900.0}, WallTime{day})));
  for (std::int64_t number = 1; number <= 3; ++number) {
    const WallTime begun{number < 3 ? day + number * 24 * kHourUs : now.unix_us - 100 * kSecondUs};
    RS_RETURN_IF_ERROR(night.Add(events::Begun({fleet::Cause::kSchedule, begun}, owner, begun)));
    RS_RETURN_IF_ERROR(night.Add(events::Ended(fleet::ToJson(ReportOf(number, begun, hostile)),
                                               WallTime{begun.unix_us + 90 * kSecondUs})));
  }
  RS_RETURN_IF_ERROR(night.Add(events::Told(3, "webhook", now)));
  EntryWriter forgotten(*log, "forgotten");
  return forgotten.Add(events::Seen({"old.toml", "30 2 * * *", "UTC", {}}, WallTime{day}));
}

}  // namespace

FleetLabels LabelsOfFleet() { return {"nightly", Expanded().points.front().recipe}; }

Result<> WriteFleet(const std::string& path, const std::string& run, const std::string& hostile) {
  const WallTime now = SystemClock().Wall();
  RS_ASSIGN_OR_RETURN(const auto log, store::OpenSweepLog(path, store::OpenMode::kReadWrite));
  RS_RETURN_IF_ERROR(WriteEnded(*log, now));
  RS_RETURN_IF_ERROR(WriteRunning(*log, run, hostile, now));
  return WriteEntries(path, hostile, now);
}

}  // namespace roofscape
