#include "service/fleet/daemon_state.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/core/document.h"

namespace roofscape::fleet {
namespace {

constexpr std::array<std::string_view, 3> kCauses = {"first", "schedule", "release"};

store::DaemonEvent Make(const char* kind, WallTime now, const Json& json) {
  return {0, now, kind, json.dump(-1, ' ', false, Json::error_handler_t::replace)};
}

Json ToJson(const Owner& owner) {
  return {{"host", owner.host}, {"pid", owner.pid}, {"begin", owner.begin}};
}

Owner ReadOwner(ObjectReader& reader) {
  Owner owner;
  reader.Required("host", owner.host);
  reader.Required("pid", owner.pid);
  reader.Required("begin", owner.begin);
  return owner;
}

EntrySettings ReadSettings(ObjectReader& reader) {
  EntrySettings settings;
  reader.Required("plan", settings.plan);
  reader.Required("schedule", settings.schedule);
  reader.Required("time_zone", settings.time_zone);
  reader.Optional("watch_every_s", settings.watch_every_s);
  return settings;
}

/// By the schedule: more than so many missed times are not counted one by one.
constexpr std::int64_t kMostMissed = 1000;

}  // namespace

std::string_view Name(Cause cause) { return kCauses[static_cast<std::size_t>(cause)]; }

EntrySettings EntrySettings::Of(const DaemonEntry& entry) {
  EntrySettings settings{entry.plan, "", entry.time_zone, std::nullopt};
  if (entry.schedule) settings.schedule = entry.schedule->text();
  if (entry.release) settings.watch_every_s = entry.release->every_s;
  return settings;
}

const Occasion* EntryState::Open() const {
  const bool open = !occasions.empty() && !occasions.back().ended;
  return open ? &occasions.back() : nullptr;
}

Result<> EntryState::Apply(const store::DaemonEvent& event) {
  RS_ASSIGN_OR_RETURN(const Document document,
                      ParseJson(event.json, fmt::format("event {} of the daemon", event.index)));
  ObjectReader reader(document);
  last_event = event.index;
  Occasion* const open = Open() == nullptr ? nullptr : &occasions.back();
  if (event.kind == "seen") {
    if (!seen) seen = event.at;
    // Of earlier versions it holds nothing.
    if (reader.Has("plan")) settings = ReadSettings(reader);
  } else if (event.kind == "release") {
    std::string value;
    reader.Required("value", value);
    release = value;
  } else if (event.kind == "begun" && open == nullptr) {
    Occasion occasion;
    occasion.number = static_cast<std::int64_t>(occasions.size()) + 1;
    occasion.begun = occasion.touched = event.at;
    std::string cause;
    reader.Required("cause", cause);
    const auto found = std::find(kCauses.begin(), kCauses.end(), cause);
    if (found == kCauses.end()) reader.Fail("cause", "is not known");
    if (found != kCauses.end()) occasion.due.cause = static_cast<Cause>(found - kCauses.begin());
    reader.Required("due_us", occasion.due.at.unix_us);
    reader.Optional("missed", occasion.due.missed);
    reader.Optional("release", occasion.due.release);
    reader.ReadInside("owner", [&](ObjectReader& inside) { occasion.owner = ReadOwner(inside); });
    if (!occasion.due.release.empty()) release = occasion.due.release;
    occasions.push_back(std::move(occasion));
  } else if (event.kind == "taken" && open != nullptr) {
    reader.ReadInside("owner", [&](ObjectReader& inside) { open->owner = ReadOwner(inside); });
    open->touched = event.at;
  } else if (event.kind == "ended" && open != nullptr) {
    open->ended = event.at;
    open->report = event.json;
    return {};  // Its report is read by who wants it.
  } else if (event.kind == "told") {
    std::int64_t number = 0;
    std::string channel;
    reader.Required("occasion", number);
    reader.Required("channel", channel);
    if (number >= 1 && number <= static_cast<std::int64_t>(occasions.size())) {
      occasions[static_cast<std::size_t>(number - 1)].told.insert(channel);
    }
  } else {
    return Error{ErrorCode::kProtocol,
                 fmt::format("event {} ({}) of the daemon: does not follow from those before it: "
                             "it was written by another Roofscape; use that one, or give the "
                             "entry another name",
                             event.index, event.kind)};
  }
  return reader.Finish();
}

namespace daemon_events {

store::DaemonEvent Seen(const EntrySettings& settings, WallTime now) {
  Json json = {
      {"plan", settings.plan}, {"schedule", settings.schedule}, {"time_zone", settings.time_zone}};
  if (settings.watch_every_s) json["watch_every_s"] = *settings.watch_every_s;
  return Make("seen", now, json);
}

store::DaemonEvent Release(const std::string& value, WallTime now) {
  return Make("release", now, {{"value", value}});
}

store::DaemonEvent Begun(const Due& due, const Owner& owner, WallTime now) {
  return Make("begun", now,
              {{"cause", Name(due.cause)},
               {"due_us", due.at.unix_us},
               {"missed", due.missed},
               {"release", due.release},
               {"owner", ToJson(owner)}});
}

store::DaemonEvent Taken(const Owner& owner, WallTime now) {
  return Make("taken", now, {{"owner", ToJson(owner)}});
}

store::DaemonEvent Ended(const Json& report, WallTime now) { return Make("ended", now, report); }

store::DaemonEvent Told(std::int64_t occasion, const std::string& channel, WallTime now) {
  return Make("told", now, {{"occasion", occasion}, {"channel", channel}});
}

}  // namespace daemon_events

WallTime ScheduleSince(const EntryState& state, WallTime now) {
  return state.occasions.empty() ? state.seen.value_or(now) : state.occasions.back().begun;
}

std::optional<Due> DueBySchedule(const DaemonEntry& entry, const TimeZone& zone,
                                 const EntryState& state, WallTime now, bool once) {
  const std::string release = state.release.value_or("");
  if (state.occasions.empty() && (once || entry.run_at_start)) {
    return Due{Cause::kFirst, now, 0, release};
  }
  if (!entry.schedule) return std::nullopt;
  std::optional<Due> due;
  WallTime after = ScheduleSince(state, now);
  while (true) {
    const auto next = entry.schedule->Next(after, zone);
    if (!next || *next > now) return due;
    const std::int64_t missed = due ? due->missed + 1 : 0;
    due = Due{Cause::kSchedule, *next, missed, release};
    if (missed >= kMostMissed) {
      due->at = now;
      return due;
    }
    after = *next;
  }
}

std::optional<Due> DueByRelease(const EntryState& state, const std::string& answer, WallTime now) {
  if (!state.release || *state.release == answer) return std::nullopt;
  return Due{Cause::kRelease, now, 0, answer};
}

std::vector<WallTime> NextTimes(const DaemonEntry& entry, const TimeZone& zone, WallTime now,
                                std::size_t count) {
  std::vector<WallTime> times;
  while (entry.schedule && times.size() < count) {
    const auto next = entry.schedule->Next(times.empty() ? now : times.back(), zone);
    if (!next) break;
    times.push_back(*next);
  }
  return times;
}

}  // namespace roofscape::fleet
