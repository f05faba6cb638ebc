#include "service/fleet/coordinator.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <utility>

#include <fmt/format.h>

#include "results/store/digest.h"
#include "service/fleet/events.h"
#include "service/fleet/file.h"
#include "service/fleet/process.h"

namespace roofscape::fleet {
namespace {

constexpr std::int64_t kFailuresOfAHost = 2;
constexpr std::size_t kShort = 8;

std::int64_t Microseconds(double seconds) { return static_cast<std::int64_t>(seconds * 1e6); }

double SecondsBetween(WallTime from, WallTime to) {
  return static_cast<double>(to.unix_us - from.unix_us) / 1e6;
}

}  // namespace

std::string JobName(const std::string& store, const std::string& campaign,
                    const std::string& layout, std::size_t number, WallTime made) {
  // Of another campaign a layout may have the same id.
  const std::string one = store::Sha256Hex(store + '\n' + campaign);
  // The time keeps it apart from jobs of a database that was there before.
  constexpr std::int64_t kTimes = 1 << 24;
  return fmt::format("rs-{}-{}-{}-{:06x}", one.substr(0, kShort), layout.substr(0, kShort), number,
                     made.unix_us % kTimes);
}

Coordinator::Coordinator(CampaignSettings settings, store::SweepLog& log, Executor& executor,
                         TellLine tell, const Clock& clock)
    : settings_(std::move(settings)),
      log_(log),
      executor_(executor),
      tell_(std::move(tell)),
      clock_(clock),
      begin_(clock.Wall()) {
  me_.host = HostName();
  me_.pid = getpid();
  me_.begin = BeginOf(getpid()).value_or("");
  static std::atomic<std::int64_t> made{0};
  id_ = fmt::format("{}:{}:{}:{}:{}", me_.host, me_.pid, me_.begin, begin_.unix_us, ++made);
}

Result<> Coordinator::Begin() {
  RS_ASSIGN_OR_RETURN(const store::SweepRecord record, log_.Load(settings_.campaign));
  RS_ASSIGN_OR_RETURN(state_, CampaignState::Of(record));
  while (true) {
    RS_ASSIGN_OR_RETURN(const Outcome outcome, Renew());
    if (outcome == Outcome::kDone) return {};
  }
}

Result<> Coordinator::Sync() {
  RS_ASSIGN_OR_RETURN(const std::vector<store::SweepEvent> events,
                      log_.EventsAfter(settings_.campaign, state_.last_event()));
  for (const store::SweepEvent& event : events) RS_RETURN_IF_ERROR(state_.Apply(event));
  return {};
}

Result<Coordinator::Outcome> Coordinator::Append(std::span<const store::SweepEvent> events) {
  RS_ASSIGN_OR_RETURN(const bool added,
                      log_.Append(settings_.campaign, state_.last_event(), events));
  RS_RETURN_IF_ERROR(Sync());
  return added ? Outcome::kDone : Outcome::kOthersCameFirst;
}

Result<Coordinator::Outcome> Coordinator::Append(const store::SweepEvent& event) {
  return Append(std::span(&event, 1));
}

Result<Coordinator::Outcome> Coordinator::Renew() {
  const WallTime now = clock_.Wall();
  // At a third of the lease, so that one delay loses nothing.
  if (SecondsBetween(now, me_.until) > settings_.lease_s * 2 / 3) return Outcome::kDone;
  CoordinatorState next = me_;
  next.until.unix_us = now.unix_us + Microseconds(settings_.lease_s);
  RS_ASSIGN_OR_RETURN(const Outcome outcome, Append(events::Alive(id_, next, now)));
  if (outcome == Outcome::kDone) me_ = next;
  return outcome;
}

bool Coordinator::IsGone(const std::string& coordinator) const {
  const auto found = state_.coordinators().find(coordinator);
  if (found == state_.coordinators().end() || found->second.left) return true;
  const CoordinatorState& other = found->second;
  if (other.until < clock_.Wall()) return true;
  // Of our own machine we know at once.
  if (other.host != me_.host) return false;
  const auto begin = BeginOf(static_cast<pid_t>(other.pid));
  return !begin || *begin != other.begin;
}

Result<bool> Coordinator::Step() {
  using Part = Result<Outcome> (Coordinator::*)();
  constexpr Part kParts[] = {&Coordinator::Renew, &Coordinator::Adopt, &Coordinator::WatchJobs,
                             &Coordinator::SetHostsAside, &Coordinator::StartJobs};
  RS_RETURN_IF_ERROR(Sync());
  std::vector<std::string> ids;
  for (const auto& [name, layout] : state_.layouts()) {
    if (layout.job && !layout.job->id.empty()) ids.push_back(layout.job->id);
  }
  executor_.NewPoll(ids);
  for (const Part part : kParts) {
    RS_ASSIGN_OR_RETURN(const Outcome outcome, (this->*part)());
    if (outcome == Outcome::kOthersCameFirst) return false;
  }
  const bool jobs = JobsOfOurs() > 0;
  if (stopping_) return !jobs || executor_.outlives_us();
  return state_.Count(PointStatus::kPending) + state_.Count(PointStatus::kRunning) == 0 && !jobs;
}

Result<> Coordinator::Leave() {
  while (true) {
    RS_ASSIGN_OR_RETURN(const Outcome outcome, Append(events::Left(id_, clock_.Wall())));
    if (outcome == Outcome::kDone) return {};
  }
}

Result<Coordinator::Outcome> Coordinator::Adopt() {
  for (const std::string& id : state_.layout_order()) {
    const LayoutState& layout = state_.layouts().at(id);
    if (!layout.job || IsMine(layout) || !IsGone(layout.claimed_by)) continue;
    RS_ASSIGN_OR_RETURN(const Outcome outcome, Append(events::Claimed(id, id_, clock_.Wall())));
    if (outcome == Outcome::kOthersCameFirst) return outcome;
    Tell(fmt::format("{}: goes on with job {} of a coordinator that is gone", layout.name,
                     layout.job->name));
  }
  return Outcome::kDone;
}

std::int64_t Coordinator::JobsOfOurs() const {
  return std::count_if(state_.layouts().begin(), state_.layouts().end(), [&](const auto& one) {
    return one.second.job.has_value() && IsMine(one.second);
  });
}

bool Coordinator::MayStart(const LayoutState& layout) const {
  if (layout.job || state_.Waiting(layout.id).empty()) return false;
  return layout.claimed_by.empty() || IsMine(layout) || IsGone(layout.claimed_by);
}

std::string Coordinator::BudgetEnd(const LayoutState& layout) const {
  const Budget& budget = settings_.budget;
  const double wall_h = SecondsBetween(begin_, clock_.Wall()) / 3600;
  if (budget.wall_hours && wall_h >= *budget.wall_hours) {
    return fmt::format("budget: {:g} hours are over", *budget.wall_hours);
  }
  const double device_h = UsedDeviceSeconds() / 3600;
  if (budget.device_hours && device_h >= *budget.device_hours) {
    return fmt::format("budget: {:g} device-hours are used up", *budget.device_hours);
  }
  if (budget.usd && device_h * settings_.usd_per_device_hour.value_or(0) >= *budget.usd) {
    return fmt::format("budget: {:g} USD are used up", *budget.usd);
  }
  const double next_s = state_.Waiting(layout.id).front()->estimate_s;
  if (SecondsLeft(layout.chips) < next_s) {
    return fmt::format("budget: what is left is shorter than a point of {:.0f} s", next_s);
  }
  return "";
}

double Coordinator::SecondsLeft(std::int64_t chips) const {
  constexpr double kOfTheLimit = 0.95;  // The rest is for ending in good order.
  double left = settings_.time_limit_s * kOfTheLimit;
  const Budget& budget = settings_.budget;
  const double used = UsedDeviceSeconds();
  const auto device_s = [&](double hours) {
    return std::max(hours * 3600 - used, 0.0) / static_cast<double>(chips);
  };
  if (budget.wall_hours) {
    left = std::min(left, *budget.wall_hours * 3600 - SecondsBetween(begin_, clock_.Wall()));
  }
  if (budget.device_hours) left = std::min(left, device_s(*budget.device_hours));
  const double usd = settings_.usd_per_device_hour.value_or(0);
  if (budget.usd && usd > 0) left = std::min(left, device_s(*budget.usd / usd));
  return std::max(left, 0.0);
}

double Coordinator::UsedDeviceSeconds() const {
  double used = state_.device_seconds();
  for (const auto& [id, layout] : state_.layouts()) {
    if (!layout.job || layout.job->host.empty()) continue;
    // What a job has before it counts as used, or several at once would use it twice.
    double left = 0;
    for (const PointState* point : state_.Waiting(id)) left += point->estimate_s;
    const double so_far = SecondsBetween(layout.job->made, clock_.Wall());
    used += (so_far + left) * static_cast<double>(layout.chips);
  }
  return used;
}

Result<Coordinator::Outcome> Coordinator::Skip(const LayoutState& layout,
                                               const std::string& reason) {
  std::vector<store::SweepEvent> skipped;
  for (const PointState* point : state_.Waiting(layout.id)) {
    skipped.push_back(events::Skipped(point->key, reason, clock_.Wall()));
  }
  Tell(fmt::format("{}: {}: {} points are skipped", layout.name, reason, skipped.size()));
  return Append(skipped);
}

Result<Coordinator::Outcome> Coordinator::StartJobs() {
  if (stopping_) return Outcome::kDone;
  for (const std::string& id : state_.layout_order()) {
    if (!MayStart(state_.layouts().at(id))) continue;
    if (const std::string reason = BudgetEnd(state_.layouts().at(id)); !reason.empty()) {
      if (JobsOfOurs() > 0) continue;  // They may use less than they have been given.
      RS_ASSIGN_OR_RETURN(const Outcome skipped, Skip(state_.layouts().at(id), reason));
      if (skipped == Outcome::kOthersCameFirst) return skipped;
      continue;
    }
    if (JobsOfOurs() >= settings_.parallel) continue;
    RS_ASSIGN_OR_RETURN(const Outcome made, MakeJob(state_.layouts().at(id)));
    if (made == Outcome::kOthersCameFirst) return made;
    RS_ASSIGN_OR_RETURN(const Outcome submitted, SubmitJob(state_.layouts().at(id)));
    if (submitted == Outcome::kOthersCameFirst) return submitted;
  }
  return Outcome::kDone;
}

Result<Coordinator::Outcome> Coordinator::MakeJob(const LayoutState& layout) {
  const WallTime now = clock_.Wall();
  JobState job;
  job.name = JobName(log_.path(), settings_.campaign, layout.id, layout.job_names.size() + 1, now);
  job.folder = settings_.folder + "/" + job.name;
  for (const PointState* point : state_.Waiting(layout.id)) job.points.push_back(point->key);
  const store::SweepEvent made[] = {events::Claimed(layout.id, id_, now),
                                    events::JobMade(layout.id, job, now)};
  return Append(made);
}

Ticket Coordinator::TicketOf(const LayoutState& layout) const {
  return {layout.job->name, layout.job->folder, layout.chips};
}

Result<> Coordinator::WriteJob(const LayoutState& layout) const {
  Job job;
  job.name = layout.job->name;
  job.campaign = settings_.campaign;
  job.layout = layout.name;
  job.start = layout.start;
  if (settings_.same_folders) job.working_folder = layout.working_folder;
  job.before = layout.job_names;
  std::erase(job.before, job.name);
  job.retries = settings_.retries;
  job.lock = settings_.lock;
  job.chips = layout.chips;
  job.telemetry = settings_.telemetry;
  job.environment = state_.environment();
  job.refuse_drift = settings_.refuse_drift;
  job.seconds = SecondsLeft(layout.chips);
  for (const std::string& key : layout.job->points) {
    const PointState* point = state_.FindPoint(key);
    if (point == nullptr) continue;
    job.points.push_back({key, point->title, point->plan, point->estimate_s});
    spec::Plan& plan = job.points.back().plan;
    plan.labels["recipe"] = point->recipe;
    plan.labels["campaign"] = settings_.campaign;
    plan.labels["layout"] = layout.id;
    plan.labels["repeat"] = std::to_string(point->repeat + 1);
    if (point->round > 0) plan.labels["round"] = std::to_string(point->round + 1);
  }
  RS_RETURN_IF_ERROR(MakeFolder(layout.job->folder));
  return WriteFile(layout.job->folder + "/" + kJobFile, JobText(job));
}

Result<Coordinator::Outcome> Coordinator::SubmitJob(const LayoutState& layout) {
  const std::string id = layout.id;
  const std::string name = layout.job->name;
  const Ticket ticket = TicketOf(layout);
  // Whoever made the job may have been killed before the id was written down.
  Result<std::optional<std::string>> found = executor_.Find(ticket);
  if (!found && found.error().code == ErrorCode::kUnavailable) {
    TellOnce(found.error().message);
    return Outcome::kDone;
  }
  if (!found) return found.error();
  Result<std::string> job = found->value_or("");
  if (!found->has_value()) {
    RS_RETURN_IF_ERROR(WriteJob(layout));
    job = executor_.Submit(ticket);
  }
  if (!job && job.error().code == ErrorCode::kUnavailable) {
    TellOnce(job.error().message);
    return Outcome::kDone;
  }
  if (!job) {
    JobStatus status;
    status.phase = JobPhase::kEnded;
    status.failure = Failure{"submit", job.error().message, "mend what the message names"};
    return EndJob(layout, status);
  }
  Tell(fmt::format("{}: job {} ({}), {} points", layout.name, name, *job,
                   layout.job->points.size()));
  // Whoever has it by now, should we have been asleep, submits it himself; the job's claim lets one
  // of the two do it.
  while (Owns(layout, name)) {
    RS_ASSIGN_OR_RETURN(const Outcome outcome,
                        Append(events::Submitted(id, name, *job, clock_.Wall())));
    if (outcome == Outcome::kDone) return outcome;
  }
  return Outcome::kOthersCameFirst;
}

Result<Coordinator::Outcome> Coordinator::WatchJobs() {
  for (const std::string& id : state_.layout_order()) {
    const LayoutState& layout = state_.layouts().at(id);
    if (!layout.job || !IsMine(layout)) continue;
    Result<Outcome> outcome = Outcome::kDone;
    if (layout.job->id.empty()) {
      outcome = SubmitJob(layout);
    } else {
      outcome = WatchJob(id);
    }
    if (!outcome || *outcome == Outcome::kOthersCameFirst) return outcome;
  }
  return Outcome::kDone;
}

Result<Coordinator::Outcome> Coordinator::WatchJob(const std::string& id) {
  const LayoutState& layout = state_.layouts().at(id);
  const Ticket ticket = TicketOf(layout);
  // Once: a worker takes a second signal for impatience.
  if (stopping_ && !executor_.outlives_us() && told_to_end_.insert(ticket.name).second) {
    RS_RETURN_IF_ERROR(executor_.Cancel(ticket, layout.job->id));
  }
  // Asked before the journal is read: an ended job has written all it will write.
  const Result<JobStatus> status = executor_.Look(ticket, layout.job->id);
  const Result<> fetched =
      status ? executor_.Fetch(ticket, layout.job->id) : Result<>(status.error());
  if (!fetched) {
    if (fetched.error().code != ErrorCode::kUnavailable) return fetched.error();
    TellOnce(fetched.error().message);
    return Outcome::kDone;
  }
  if (!status->host.empty() && status->host != layout.job->host) {
    RS_ASSIGN_OR_RETURN(const Outcome outcome,
                        Append(events::Running(id, layout.job->name, status->host, clock_.Wall())));
    if (outcome == Outcome::kOthersCameFirst) return outcome;
  }
  RS_ASSIGN_OR_RETURN(const Outcome read, ReadJournal(layout));
  if (read == Outcome::kOthersCameFirst || status->phase != JobPhase::kEnded) return read;
  return EndJob(layout, *status);
}

Result<Coordinator::Outcome> Coordinator::SetHostsAside() {
  std::vector<std::string> aside;
  std::vector<store::SweepEvent> news;
  for (const auto& [name, host] : state_.hosts()) {
    if (host.aside) aside.push_back(name);
    if (host.aside || host.failures < kFailuresOfAHost || !executor_.has_hosts()) continue;
    Tell(fmt::format("host {} is set aside after {} failures, the last one: {}", name,
                     host.failures, host.last));
    news.push_back(events::Aside(name, host.last, clock_.Wall()));
    aside.push_back(name);
  }
  executor_.SetAside(aside);
  if (news.empty()) return Outcome::kDone;
  return Append(news);
}

void Coordinator::TellOnce(const std::string& line) {
  if (line == told_) return;
  told_ = line;
  Tell(line);
}

}  // namespace roofscape::fleet
