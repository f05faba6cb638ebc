#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "service/api/store_views.h"
#include "service/fleet/cron.h"
#include "service/fleet/time_zone.h"

namespace roofscape::api {
namespace {

/// A time of the schedule that passed so long ago without a run is told.
constexpr std::int64_t kOverdueUs = 120'000'000;
constexpr std::size_t kMostOccasions = 200;

/// What the schedule says of an entry.
struct Times {
  std::optional<WallTime> next;
  std::optional<WallTime> overdue;  // The first time that passed.
  std::string trouble;
};

Times TimesOf(const fleet::EntryState& state, WallTime now) {
  Times times;
  if (!state.settings || state.settings->schedule.empty()) return times;
  const auto zone = fleet::LoadTimeZone(state.settings->time_zone);
  const auto cron = fleet::Cron::Parse(state.settings->schedule);
  if (!zone || !cron) {
    times.trouble = zone ? cron.error().message : zone.error().message;
    return times;
  }
  fleet::DaemonEntry entry;
  entry.schedule = *cron;
  const auto next = fleet::NextTimes(entry, *zone, now, 1);
  if (!next.empty()) times.next = next.front();
  if (state.Open() != nullptr) return times;
  const auto due = cron->Next(fleet::ScheduleSince(state, now), *zone);
  if (due && now.unix_us - due->unix_us > kOverdueUs) times.overdue = due;
  return times;
}

/// The report of an occasion; an empty object where there is none yet, or it cannot be read.
Json ReportOf(const fleet::Occasion& occasion) {
  Json report = Json::parse(occasion.report, nullptr, false);
  return report.is_object() ? report : Json::object();
}

/// A member of that type, or null.
Json Text(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? *found : Json(nullptr);
}

Json Number(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_number() ? *found : Json(nullptr);
}

/// Of a member that is a list, the objects.
std::vector<Json> Objects(const Json& object, const char* name) {
  std::vector<Json> objects;
  const auto found = object.find(name);
  if (found == object.end() || !found->is_array()) return objects;
  std::copy_if(found->begin(), found->end(), std::back_inserter(objects),
               [](const Json& one) { return one.is_object(); });
  return objects;
}

std::string Word(const Json& object, const char* name) {
  const Json text = Text(object, name);
  return text.is_string() ? text.get<std::string>() : std::string();
}

Json ReadFailure(const Json& stored) {
  return FailureJson({Word(stored, "class"), Word(stored, "reason"), Word(stored, "cure")});
}

Json ChangesJson(const Json& report) {
  Json changes = Json::array();
  for (const Json& change : Objects(report, "changes")) {
    Json shifts = Json::array();
    for (const Json& shift : Objects(change, "shifts")) {
      shifts.push_back({{"metric", Word(shift, "metric")},
                        {"change", Number(shift, "change")},
                        {"smallest_finding", Number(shift, "smallest_finding")},
                        {"history", Number(shift, "history")}});
    }
    Json with = Json::array();
    for (const Json& fact : Objects(change, "changed_with_it")) {
      with.push_back(
          {{"name", Word(fact, "name")}, {"was", Word(fact, "was")}, {"now", Word(fact, "now")}});
    }
    changes.push_back({{"title", Word(change, "title")},
                       {"worse", Word(change, "verdict") == "worse"},
                       {"shifts", std::move(shifts)},
                       {"changed_with_it", std::move(with)}});
  }
  return changes;
}

Json RecordsJson(const Json& report) {
  Json records = Json::array();
  for (const Json& level : Objects(report, "levels")) {
    if (!level.value("record", Json(false)).is_boolean() || !level.value("record", false)) continue;
    records.push_back({{"title", Word(level, "title")},
                       {"metric", Word(level, "metric")},
                       {"target", Number(level, "target")},
                       {"value", Number(level, "value")},
                       {"before", Number(level, "before")}});
  }
  return records;
}

Json OccasionJson(const fleet::Occasion& occasion) {
  const Json report = ReportOf(occasion);
  Json failures = Json::array();
  for (const Json& one : Objects(report, "failures")) {
    failures.push_back(ReadFailure(one));
    failures.back()["points"] = Number(one, "points");
  }
  const auto broken = report.find("broken");
  const bool is_broken = broken != report.end() && broken->is_object();
  Json untold = Json::array();
  if (const auto tell = report.find("tell"); tell != report.end() && tell->is_array()) {
    for (const Json& channel : *tell) {
      const bool open = channel.is_string() && !occasion.told.contains(channel.get<std::string>());
      if (open) untold.push_back(channel);
    }
  }
  return {{"number", occasion.number},
          {"cause", fleet::Name(occasion.due.cause)},
          {"due", occasion.due.at.ToIso()},
          {"missed", occasion.due.missed},
          {"release", OptionalText(occasion.due.release)},
          {"host", occasion.owner.host},
          {"begun", occasion.begun.ToIso()},
          {"ended", occasion.ended ? Json(occasion.ended->ToIso()) : Json(nullptr)},
          {"campaign", Text(report, "campaign")},
          {"subject", Text(report, "subject")},
          {"points_done", Number(report, "points_done")},
          {"failures", std::move(failures)},
          {"broken", is_broken ? ReadFailure(*broken) : Json(nullptr)},
          {"published", !Word(report, "published").empty()},
          {"told", Json(occasion.told)},
          {"untold", std::move(untold)},
          {"changes", ChangesJson(report)},
          {"records", RecordsJson(report)}};
}

/// The campaign that the newest report names.
Json CampaignOf(const fleet::EntryState& state) {
  for (auto one = state.occasions.rbegin(); one != state.occasions.rend(); ++one) {
    const Json campaign = Text(ReportOf(*one), "campaign");
    if (campaign.is_string()) return campaign;
  }
  return nullptr;
}

Json EntryJson(const KnownEntry& entry, WallTime now) {
  const fleet::EntryState& state = entry.state;
  const Times times = TimesOf(state, now);
  const bool open = state.Open() != nullptr;
  const bool known = state.settings.has_value();
  const std::string& trouble = entry.trouble.empty() ? times.trouble : entry.trouble;
  return {{"name", entry.name},
          {"plan", known ? Json(state.settings->plan) : Json(nullptr)},
          {"schedule", known ? OptionalText(state.settings->schedule) : Json(nullptr)},
          {"time_zone", known ? Json(state.settings->time_zone) : Json(nullptr)},
          {"watch_every_s", known ? NumberJson(state.settings->watch_every_s) : Json(nullptr)},
          {"campaign", CampaignOf(state)},
          {"state", open            ? "running"
                    : times.overdue ? "overdue"
                                    : "waiting"},
          {"next", times.next ? Json(times.next->ToIso()) : Json(nullptr)},
          {"overdue_since", times.overdue ? Json(times.overdue->ToIso()) : Json(nullptr)},
          {"seen", state.seen ? Json(state.seen->ToIso()) : Json(nullptr)},
          {"release", state.release ? Json(*state.release) : Json(nullptr)},
          {"occasions", state.occasions.size()},
          {"last", state.occasions.empty() ? Json(nullptr) : OccasionJson(state.occasions.back())},
          {"trouble", OptionalText(trouble)}};
}

}  // namespace

Result<Json> EntriesJson(const ViewInput& input, StoreAccess& store) {
  RS_ASSIGN_OR_RETURN(const auto entries, store.fleet().Entries());
  Json all = Json::array();
  for (const KnownEntryPtr& entry : entries) all.push_back(EntryJson(*entry, input.now));
  return all;
}

Result<Json> EntryView(const ViewInput& input, StoreAccess& store, std::string_view name) {
  RS_ASSIGN_OR_RETURN(const std::int64_t mark, store.fleet().Mark());
  RS_ASSIGN_OR_RETURN(const auto entries, store.fleet().Entries());
  const auto found = std::find_if(entries.begin(), entries.end(),
                                  [&](const KnownEntryPtr& entry) { return entry->name == name; });
  if (found == entries.end()) {
    return Error{ErrorCode::kNotFound,
                 "there is no entry of 'roofscape daemon' of that name: /api/v1/fleet has all"};
  }
  const std::vector<fleet::Occasion>& occasions = (*found)->state.occasions;
  const std::size_t shown = std::min(occasions.size(), kMostOccasions);
  Json all = Json::array();
  for (std::size_t i = 0; i < shown; ++i) {
    all.push_back(OccasionJson(occasions[occasions.size() - 1 - i]));
  }
  return Json{{"generation", input.snapshot->generation()},
              {"now", input.now.ToIso()},
              {"fleet", mark},
              {"entry", EntryJson(**found, input.now)},
              {"occasions", std::move(all)},
              {"left_out", occasions.size() - shown}};
}

}  // namespace roofscape::api
