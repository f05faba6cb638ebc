#include "service/api/fleet_access.h"

#include <algorithm>

namespace roofscape::api {
namespace {

using fleet::PointStatus;

constexpr std::size_t kMostStates = 16;  // More than run at once, as a rule.

void Count(const fleet::CampaignState& state, SweepFigures& figures) {
  for (const fleet::PointState& point : state.points()) {
    ++figures.points[static_cast<std::size_t>(point.status)];
    figures.chips.insert(point.plan.deployment.chip);
    const bool open =
        point.status == PointStatus::kPending || point.status == PointStatus::kRunning;
    if (open) figures.open_s += point.estimate_s;
  }
  figures.device_s = state.device_seconds();
  for (const auto& [host, facts] : state.hosts()) figures.hosts_aside += facts.aside ? 1 : 0;
  for (const auto& [id, coordinator] : state.coordinators()) {
    if (coordinator.left || coordinator.until <= figures.until) continue;
    figures.begun = coordinator.since;
    figures.until = coordinator.until;
  }
}

/// What belongs to one record and no other, whoever reads it.
bool SamePlan(const store::SweepMark& a, const store::SweepMark& b) {
  return a.campaign == b.campaign && a.revision == b.revision && a.points == b.points;
}

}  // namespace

Result<bool> FleetAccess::Open() {
  if (sweeps_) return true;
  auto sweeps = store::OpenSweepLog(path_, store::OpenMode::kReadOnly);
  if (!sweeps && sweeps.error().code == ErrorCode::kNotFound) return false;
  if (!sweeps) return sweeps.error();
  RS_ASSIGN_OR_RETURN(daemons_, store::OpenDaemonLog(path_, store::OpenMode::kReadOnly));
  sweeps_ = *std::move(sweeps);
  return true;
}

Result<std::int64_t> FleetAccess::Mark() {
  const std::scoped_lock lock(mutex_);
  RS_ASSIGN_OR_RETURN(const bool there, Open());
  std::int64_t mark = 0;
  if (!there) return mark;
  RS_ASSIGN_OR_RETURN(const auto sweeps, sweeps_->Marks(""));
  for (const store::SweepMark& one : sweeps) mark += one.revision + one.points + one.last_event;
  RS_ASSIGN_OR_RETURN(const auto entries, daemons_->Marks());
  for (const store::DaemonMark& one : entries) mark += one.last_event;
  return mark;
}

Result<SweepStatePtr> FleetAccess::StateOf(const store::SweepMark& mark) {
  const auto found = std::find_if(states_.begin(), states_.end(),
                                  [&](const Kept& kept) { return SamePlan(kept.mark, mark); });
  SweepStatePtr state;
  if (found != states_.end() && found->mark == mark) {
    state = found->state;
  } else if (found != states_.end()) {
    // A live campaign gives a sign of life every few seconds: not all of it is read again for that.
    auto grown = std::make_shared<fleet::CampaignState>(*found->state);
    RS_ASSIGN_OR_RETURN(const auto events,
                        sweeps_->EventsAfter(mark.campaign, grown->last_event()));
    for (const store::SweepEvent& event : events) RS_RETURN_IF_ERROR(grown->Apply(event));
    state = std::move(grown);
  } else {
    RS_ASSIGN_OR_RETURN(const store::SweepRecord record, sweeps_->Load(mark.campaign));
    RS_ASSIGN_OR_RETURN(fleet::CampaignState read, fleet::CampaignState::Of(record));
    state = std::make_shared<const fleet::CampaignState>(std::move(read));
  }
  std::erase_if(states_, [&](const Kept& kept) { return kept.mark.campaign == mark.campaign; });
  states_.push_front({mark, state});
  if (states_.size() > kMostStates) states_.pop_back();
  return state;
}

Result<SweepFigures> FleetAccess::FiguresOf(const store::SweepMark& mark) {
  SweepFigures& kept = figures_[mark.campaign];
  if (kept.mark == mark) return kept;
  SweepFigures figures;
  figures.mark = mark;
  const auto state = StateOf(mark);
  if (state) {
    Count(**state, figures);
  } else if (state.error().code == ErrorCode::kProtocol) {
    figures.trouble = state.error().message;
  } else {
    return state.error();
  }
  if (SamePlan(kept.mark, mark)) {
    figures.budget = kept.budget;
    figures.plan_trouble = kept.plan_trouble;
  } else {
    RS_ASSIGN_OR_RETURN(const std::string text, sweeps_->PlanText(mark.campaign));
    const auto plan = fleet::ParseSweepPlan(text, "the plan");
    if (plan) figures.budget = plan->budget;
    if (!plan) figures.plan_trouble = plan.error().message;
  }
  kept = figures;
  return figures;
}

Result<std::vector<SweepFigures>> FleetAccess::Sweeps() {
  const std::scoped_lock lock(mutex_);
  std::vector<SweepFigures> all;
  RS_ASSIGN_OR_RETURN(const bool there, Open());
  if (!there) return all;
  RS_ASSIGN_OR_RETURN(const auto marks, sweeps_->Marks(""));
  for (const store::SweepMark& mark : marks) {
    RS_ASSIGN_OR_RETURN(all.emplace_back(), FiguresOf(mark));
  }
  return all;
}

Result<std::pair<SweepFigures, SweepStatePtr>> FleetAccess::Sweep(const std::string& campaign) {
  const std::scoped_lock lock(mutex_);
  RS_ASSIGN_OR_RETURN(const bool there, Open());
  std::vector<store::SweepMark> marks;
  if (there && !campaign.empty()) {
    RS_ASSIGN_OR_RETURN(marks, sweeps_->Marks(campaign));
  }
  if (marks.empty()) {
    return Error{ErrorCode::kNotFound,
                 "there is no campaign of 'roofscape sweep' of that name: /api/v1/fleet has all"};
  }
  RS_ASSIGN_OR_RETURN(SweepFigures figures, FiguresOf(marks.front()));
  RS_ASSIGN_OR_RETURN(SweepStatePtr state, StateOf(marks.front()));
  return std::pair(std::move(figures), std::move(state));
}

Result<std::vector<KnownEntryPtr>> FleetAccess::Entries() {
  const std::scoped_lock lock(mutex_);
  std::vector<KnownEntryPtr> all;
  RS_ASSIGN_OR_RETURN(const bool there, Open());
  if (!there) return all;
  RS_ASSIGN_OR_RETURN(const auto marks, daemons_->Marks());
  for (const store::DaemonMark& mark : marks) {
    KnownEntryPtr& kept = entries_[mark.entry];
    if (!kept || (kept->state.last_event != mark.last_event && kept->trouble.empty())) {
      auto grown = kept ? std::make_shared<KnownEntry>(*kept) : std::make_shared<KnownEntry>();
      grown->name = mark.entry;
      RS_ASSIGN_OR_RETURN(const auto events,
                          daemons_->EventsAfter(mark.entry, grown->state.last_event));
      for (const store::DaemonEvent& event : events) {
        const Result<> applied = grown->state.Apply(event);
        if (!applied) grown->trouble = applied.error().message;
        if (!applied) break;
      }
      kept = std::move(grown);
    }
    all.push_back(kept);
  }
  return all;
}

}  // namespace roofscape::api
