#include "service/fleet/state.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "results/store/digest.h"
#include "results/store/utf8.h"
#include "service/fleet/events.h"
#include "service/fleet/job.h"

namespace roofscape::fleet {
namespace {

constexpr std::array<std::string_view, 5> kStatusNames = {"pending", "running", "done", "failed",
                                                          "skipped"};

Error Damaged(std::string_view what, std::string_view why) {
  return {
      ErrorCode::kProtocol,
      fmt::format("campaign: {}: {}: it was written by another Roofscape; use that one, or make "
                  "a campaign of another name",
                  what, why)};
}

Failure ReadFailure(ObjectReader& reader) {
  Failure failure;
  reader.Optional("kind", failure.kind);
  reader.Optional("reason", failure.reason);
  reader.Optional("cure", failure.cure);
  return failure;
}

Result<> ReadLayout(const std::string& json, LayoutState& layout) {
  RS_ASSIGN_OR_RETURN(const Document document, ParseJson(json, "layout " + layout.id));
  ObjectReader reader(document);
  reader.Required("name", layout.name);
  reader.Required("chips", layout.chips);
  reader.Optional("working_folder", layout.working_folder);
  reader.Optional("files", layout.files);
  reader.Optional("digests", layout.digests);
  reader.ReadInside("start", [&](ObjectReader& inside) { layout.start = ReadServerStart(inside); });
  RS_RETURN_IF_ERROR(reader.Finish());
  layout.json = json;
  return {};
}

/// Of warm-up and drain, besides the time in which requests are sent.
constexpr double kRoundDuration = 1.2;

}  // namespace

std::string_view Name(PointStatus status) { return kStatusNames[static_cast<std::size_t>(status)]; }

Result<CampaignState> CampaignState::Of(const store::SweepRecord& record) {
  CampaignState state;
  for (const store::SweepLayout& layout : record.layouts) {
    RS_RETURN_IF_ERROR(state.AddLayout(layout));
  }
  for (const store::SweepPoint& point : record.points) {
    RS_RETURN_IF_ERROR(state.AddPoint(point));
  }
  for (const store::SweepEvent& event : record.events) RS_RETURN_IF_ERROR(state.Apply(event));
  return state;
}

Result<> CampaignState::AddLayout(const store::SweepLayout& stored) {
  LayoutState layout;
  layout.id = stored.id;
  RS_RETURN_IF_ERROR(ReadLayout(stored.json, layout));
  layouts_[stored.id] = std::move(layout);
  return {};
}

Result<> CampaignState::AddPoint(const store::SweepPoint& stored) {
  RS_ASSIGN_OR_RETURN(const Document document, ParseJson(stored.json, "point " + stored.key));
  PointState point;
  point.key = stored.key;
  point.layout = stored.layout;
  ObjectReader reader(document);
  reader.Required("recipe", point.recipe);
  reader.Required("repeat", point.repeat);
  reader.Required("round", point.round);
  reader.Required("estimate_s", point.estimate_s);
  reader.Required("title", point.title);
  const Json* plan = reader.Raw("plan");
  RS_RETURN_IF_ERROR(reader.Finish());
  if (plan == nullptr || !layouts_.contains(point.layout)) {
    return Damaged("point " + stored.key, "has no plan, or no layout");
  }
  RS_ASSIGN_OR_RETURN(point.plan, spec::PlanFromDocument(Document(*plan, document.source())));
  if (std::find(layout_order_.begin(), layout_order_.end(), point.layout) == layout_order_.end()) {
    layout_order_.push_back(point.layout);
  }
  places_[point.key] = points_.size();
  points_.push_back(std::move(point));
  return {};
}

PointState* CampaignState::Point(const std::string& key) {
  const auto found = places_.find(key);
  return found == places_.end() ? nullptr : &points_[found->second];
}

const PointState* CampaignState::FindPoint(const std::string& key) const {
  const auto found = places_.find(key);
  return found == places_.end() ? nullptr : &points_[found->second];
}

std::int64_t CampaignState::Count(PointStatus status) const {
  return std::count_if(points_.begin(), points_.end(),
                       [&](const PointState& point) { return point.status == status; });
}

std::vector<const PointState*> CampaignState::Waiting(const std::string& layout) const {
  std::vector<const PointState*> waiting;
  for (const PointState& point : points_) {
    const bool open =
        point.status == PointStatus::kPending || point.status == PointStatus::kRunning;
    if (open && point.layout == layout) waiting.push_back(&point);
  }
  return waiting;
}

Result<> CampaignState::Apply(const store::SweepEvent& event) {
  RS_ASSIGN_OR_RETURN(const Document document,
                      ParseJson(event.json, fmt::format("event {}", event.index)));
  ObjectReader reader(document);
  last_event_ = event.index;
  if (event.kind == "alive") {
    const auto [at, is_new] = coordinators_.try_emplace(event.subject);
    CoordinatorState& one = at->second;
    if (is_new) one.since = event.at;
    reader.Optional("host", one.host);
    reader.Optional("pid", one.pid);
    reader.Optional("begin", one.begin);
    reader.Optional("until_us", one.until.unix_us);
    return {};
  }
  if (event.kind == "left") {
    coordinators_[event.subject].left = true;
    return {};
  }
  if (event.kind == "aside") {
    hosts_[event.subject].aside = true;
    return {};
  }
  if (layouts_.contains(event.subject)) return ApplyToLayout(event, reader);
  if (places_.contains(event.subject)) return ApplyToPoint(event, reader);
  return Damaged(fmt::format("event {} ({})", event.index, event.kind), "is about nothing known");
}

Result<> CampaignState::ApplyToLayout(const store::SweepEvent& event, ObjectReader& reader) {
  LayoutState& layout = layouts_[event.subject];
  if (event.kind == "revised") return ReadLayout(event.json, layout);
  std::string job;
  reader.Optional("job", job);
  if (event.kind == "claimed") {
    reader.Optional("by", layout.claimed_by);
  } else if (event.kind == "job") {
    JobState& made = layout.job.emplace();
    made.name = job;
    made.made = event.at;
    reader.Optional("folder", made.folder);
    reader.Optional("points", made.points);
    layout.job_names.push_back(job);
  } else if (!layout.job || layout.job->name != job) {
    return Damaged(fmt::format("event {} ({})", event.index, event.kind), "is of no known job");
  } else if (event.kind == "submitted") {
    reader.Optional("id", layout.job->id);
  } else if (event.kind == "running") {
    reader.Optional("host", layout.job->host);
  } else if (event.kind == "environment") {
    reader.Optional("facts", layout.environments[job]);
    if (environment_.empty()) environment_ = layout.environments[job];
  } else if (event.kind == "ended") {
    EndJob(layout, reader);
  } else {
    return Damaged(fmt::format("event {}", event.index), "of a kind that is not known");
  }
  return {};
}

void CampaignState::EndJob(LayoutState& layout, ObjectReader& reader) {
  double device_s = 0;
  reader.Optional("device_s", device_s);
  device_seconds_ += device_s;
  reader.ReadInside("accounting", [&](ObjectReader& inside) {
    Accounting& kept = layout.accounting[layout.job->name];
    inside.Optional("state", kept.state);
    inside.Optional("exit", kept.exit);
    inside.Optional("node", kept.node);
    inside.Optional("elapsed_s", kept.elapsed_s);
  });
  const Failure failure = ReadFailure(reader);
  if (!failure.kind.empty()) {
    ++layout.failures[failure.kind];
    if (BlamesHost(failure.kind) && !layout.job->host.empty()) {
      HostState& host = hosts_[layout.job->host];
      ++host.failures;
      host.last = failure.reason;
    }
  }
  for (PointState& point : points_) {
    if (point.layout == layout.id && point.status == PointStatus::kRunning) {
      point.status = PointStatus::kPending;
    }
  }
  layout.job.reset();
}

Result<> CampaignState::ApplyToPoint(const store::SweepEvent& event, ObjectReader& reader) {
  PointState& point = *Point(event.subject);
  if (event.kind == "begun") {
    point.begun_at = event.at;
    if (point.status == PointStatus::kPending) point.status = PointStatus::kRunning;
  } else if (event.kind == "kept") {
    reader.Optional("run", point.kept_runs.emplace_back());
  } else if (event.kind == "done") {
    point.status = PointStatus::kDone;
    point.measured = event.at;
    point.failure.reset();
    reader.Optional("run", point.run);
    reader.Optional("verdict", point.verdict);
  } else if (event.kind == "failed") {
    bool last = false;
    reader.Optional("last", last);
    point.failure = ReadFailure(reader);
    point.failure_at = event.at;
    ++point.failures[point.failure->kind];
    point.status = last ? PointStatus::kFailed : PointStatus::kPending;
  } else if (event.kind == "skipped") {
    point.status = PointStatus::kSkipped;
    Failure& why = point.failure.emplace();
    why.kind = "skipped";
    reader.Optional("reason", why.reason);
  } else if (event.kind == "again") {
    point.status = PointStatus::kPending;
    point.failures.clear();
    layouts_[point.layout].failures.clear();
  } else {
    return Damaged(fmt::format("event {}", event.index), "of a kind that is not known");
  }
  return {};
}

store::SweepLayout StoredLayout(const Layout& layout, const std::string& working_folder) {
  constexpr std::size_t kMostText = 256 * 1024;
  Json files = Json::object();
  Json digests = Json::object();
  for (const auto& [path, text] : layout.files) {
    if (text.size() <= kMostText && store::IsPlainUtf8(text)) files[path] = text;
    digests[path] = store::Sha256Hex(text);
  }
  const Json json = {{"name", layout.name},
                     {"chips", layout.chips()},
                     {"working_folder", working_folder},
                     {"files", std::move(files)},
                     {"digests", std::move(digests)},
                     {"start", ToJson(layout.start)}};
  return {layout.id, json.dump(-1, ' ', false, Json::error_handler_t::replace)};
}

store::SweepPoint StoredPoint(const Point& point, std::int64_t round, double estimate_s) {
  const Json json = {{"recipe", point.recipe}, {"repeat", point.repeat},
                     {"round", round},         {"estimate_s", estimate_s},
                     {"title", point.Title()}, {"plan", spec::ToJson(point.plan)}};
  return {fmt::format("{}-{}-{}", point.recipe, point.repeat, round), point.layout,
          json.dump(-1, ' ', false, Json::error_handler_t::replace)};
}

double EstimateOf(const Point& point, double otherwise) {
  const auto duration = point.plan.load.duration_s;
  return duration ? *duration * kRoundDuration + 1 : otherwise;
}

Planned PlanRounds(const Expansion& expansion, const CampaignState& state, const RoundRules& rules,
                   WallTime now, const std::map<std::string, double>& estimates) {
  using Id = std::pair<std::string, std::int64_t>;
  std::map<Id, const PointState*> newest;
  for (const PointState& point : state.points()) {
    const PointState*& known = newest[{point.recipe, point.repeat}];
    if (known == nullptr || known->round < point.round) known = &point;
  }
  const auto stale = [&](const PointState& point) {
    constexpr double kDayUs = 86'400e6;
    const double days = static_cast<double>(now.unix_us - point.measured->unix_us) / kDayUs;
    return rules.again || (rules.max_age_days && days > *rules.max_age_days);
  };
  Planned planned;
  for (const Point& point : expansion.points) {
    const auto found = newest.find({point.recipe, point.repeat});
    const PointState* known = found == newest.end() ? nullptr : found->second;
    if (known != nullptr) newest.erase(found);
    const double estimate_s = estimates.at(point.recipe);
    if (known == nullptr) {
      planned.points.push_back(StoredPoint(point, 0, estimate_s));
    } else if (known->status == PointStatus::kDone && stale(*known)) {
      planned.points.push_back(StoredPoint(point, known->round + 1, estimate_s));
    } else if (known->status == PointStatus::kDone) {
      ++planned.fresh;
    } else if (known->status == PointStatus::kSkipped ||
               (known->status == PointStatus::kFailed && (rules.retry_failed || rules.again))) {
      planned.events.push_back(events::Again(known->key, now));
    } else {
      planned.open += known->status == PointStatus::kFailed ? 0 : 1;
      planned.failed += known->status == PointStatus::kFailed ? 1 : 0;
    }
  }
  for (const auto& [id, point] : newest) {
    if (point->status == PointStatus::kPending) {
      planned.events.push_back(events::Skipped(point->key, kNoLongerPlanned, now));
    }
  }
  return planned;
}

}  // namespace roofscape::fleet
