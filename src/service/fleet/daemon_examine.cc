#include "service/fleet/daemon_examine.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "base/core/document.h"
#include "domain/analysis/regression.h"

namespace roofscape::fleet {
namespace {

constexpr std::int64_t kDayUs = 86'400'000'000;

/// The runs that were repeated because their instrument was not fit.
std::set<std::string> KeptRuns(const CampaignState& state) {
  std::set<std::string> kept;
  for (const PointState& point : state.points()) {
    kept.insert(point.kept_runs.begin(), point.kept_runs.end());
  }
  return kept;
}

/// The occasion in which a run began; null: in none.
const Occasion* OccasionOf(const EntryState& state, WallTime started) {
  const Occasion* found = nullptr;
  for (const Occasion& occasion : state.occasions) {
    if (occasion.begun <= started) found = &occasion;
  }
  const bool over = found != nullptr && found->ended && *found->ended < started;
  return over ? nullptr : found;
}

struct Key {
  std::int64_t order = 0;  // When the batch began.
  std::int64_t occasion = 0;

  friend auto operator<=>(const Key&, const Key&) = default;
};

void AddFailures(const CampaignState& state, const store::SweepRecord& record,
                 OccasionReport& report) {
  std::vector<Failure> failures;
  for (const PointState& point : state.points()) {
    if (point.status != PointStatus::kFailed || !point.failure) continue;
    if (point.failure_at && *point.failure_at >= report.begun) failures.push_back(*point.failure);
  }
  for (const store::SweepEvent& event : record.events) {
    if (event.kind != "skipped" || event.at < report.begun) continue;
    const PointState* const point = state.FindPoint(event.subject);
    const bool still = point != nullptr && point->status == PointStatus::kSkipped && point->failure;
    const bool dropped = still && point->failure->reason == kNoLongerPlanned;
    if (still && !dropped) failures.push_back(*point->failure);
  }
  for (const Failure& failure : failures) {
    const auto alike =
        std::find_if(report.failed.begin(), report.failed.end(),
                     [&](const FailedPoints& one) { return one.failure == failure; });
    if (alike == report.failed.end()) {
      report.failed.push_back({failure, 1});
    } else {
      ++alike->points;
    }
  }
}

}  // namespace

Result<std::vector<Batch>> LoadBatches(store::Store& store, const std::string& campaign,
                                       const CampaignState& campaign_state, const EntryState& state,
                                       WallTime begun) {
  const std::int64_t since = begun.unix_us - (analysis::kHistoryDays + 1) * kDayUs;
  RS_ASSIGN_OR_RETURN(const std::vector<store::RunSummary> runs,
                      store.Runs({.since = WallTime{since}, .campaign = campaign}));
  const std::set<std::string> kept = KeptRuns(campaign_state);
  std::map<Key, Batch> batches;
  for (const store::RunSummary& summary : runs) {
    const auto layout = summary.labels.find("layout");
    if (kept.contains(summary.id) || layout == summary.labels.end()) continue;
    const auto planned = campaign_state.layouts().find(layout->second);
    if (planned == campaign_state.layouts().end()) continue;
    const Occasion* const occasion = OccasionOf(state, summary.started);
    const Key key = occasion != nullptr ? Key{occasion->begun.unix_us, occasion->number}
                                        : Key{summary.started.unix_us / kDayUs * kDayUs, 0};
    RS_ASSIGN_OR_RETURN(const spec::RunResult run, store.LoadRun(summary.id));
    Batch& batch = batches[key];
    batch.occasion = key.occasion;
    batch.at = WallTime{key.order};
    for (Evidence& one : EvidenceOf(run, planned->second)) {
      if (occasion != nullptr && !occasion->due.release.empty()) {
        one.facts["release"] = occasion->due.release;
      }
      batch.evidence.push_back(std::move(one));
    }
  }
  std::vector<Batch> sorted;
  for (auto& [key, batch] : batches) sorted.push_back(std::move(batch));
  return sorted;
}

Result<> ExamineOccasion(store::Store& store, store::SweepLog& log, const EntryState& state,
                         const JudgeSettings& settings, OccasionReport& report) {
  RS_ASSIGN_OR_RETURN(const store::SweepRecord record, log.Load(report.campaign));
  RS_ASSIGN_OR_RETURN(const CampaignState campaign, CampaignState::Of(record));
  report.done = std::count_if(
      campaign.points().begin(), campaign.points().end(), [&](const PointState& point) {
        return point.status == PointStatus::kDone && point.measured >= report.begun;
      });
  AddFailures(campaign, record, report);
  RS_ASSIGN_OR_RETURN(const std::vector<Batch> batches,
                      LoadBatches(store, report.campaign, campaign, state, report.begun));
  // Where nothing was measured there is nothing to judge.
  if (batches.empty() || batches.back().occasion != report.number) return {};
  RS_ASSIGN_OR_RETURN(const Past past, PastOf(state));
  report.findings = Judge(batches, past, settings);
  return {};
}

GoOn HowToGoOn(const CampaignState& state, WallTime begun) {
  if (state.Count(PointStatus::kPending) + state.Count(PointStatus::kRunning) > 0) {
    return GoOn::kRest;
  }
  const bool measured =
      std::any_of(state.points().begin(), state.points().end(), [&](const PointState& point) {
        return (point.measured && *point.measured >= begun) ||
               (point.failure_at && *point.failure_at >= begun);
      });
  return measured ? GoOn::kJudge : GoOn::kAnew;
}

bool IsGoneElsewhere(const Occasion& occasion, const CampaignState& state, WallTime now) {
  constexpr std::int64_t kGraceUs = 600'000'000;
  std::int64_t sign_us = occasion.touched.unix_us;
  for (const auto& [id, coordinator] : state.coordinators()) {
    if (coordinator.host == occasion.owner.host) {
      sign_us = std::max(sign_us, coordinator.until.unix_us);
    }
  }
  return now.unix_us > sign_us + kGraceUs;
}

}  // namespace roofscape::fleet
