#include "service/fleet/events.h"

#include <utility>

#include <nlohmann/json.hpp>

namespace roofscape::fleet::events {
namespace {

store::SweepEvent Make(const char* kind, const std::string& subject, WallTime now,
                       const Json& json) {
  return {0, now, kind, subject, json.dump(-1, ' ', false, Json::error_handler_t::replace)};
}

void Add(const Failure& failure, Json& json) {
  json["kind"] = failure.kind;
  json["reason"] = failure.reason;
  json["cure"] = failure.cure;
}

}  // namespace

store::SweepEvent Alive(const std::string& coordinator, const CoordinatorState& state,
                        WallTime now) {
  return Make("alive", coordinator, now,
              {{"host", state.host},
               {"pid", state.pid},
               {"begin", state.begin},
               {"until_us", state.until.unix_us}});
}

store::SweepEvent Revised(const store::SweepLayout& layout, WallTime now) {
  return {0, now, "revised", layout.id, layout.json};
}

store::SweepEvent Left(const std::string& coordinator, WallTime now) {
  return Make("left", coordinator, now, Json::object());
}

store::SweepEvent Claimed(const std::string& layout, const std::string& coordinator, WallTime now) {
  return Make("claimed", layout, now, {{"by", coordinator}});
}

store::SweepEvent JobMade(const std::string& layout, const JobState& job, WallTime now) {
  return Make("job", layout, now,
              {{"job", job.name}, {"folder", job.folder}, {"points", job.points}});
}

store::SweepEvent Submitted(const std::string& layout, const std::string& job,
                            const std::string& id, WallTime now) {
  return Make("submitted", layout, now, {{"job", job}, {"id", id}});
}

store::SweepEvent Running(const std::string& layout, const std::string& job,
                          const std::string& host, WallTime now) {
  return Make("running", layout, now, {{"job", job}, {"host", host}});
}

store::SweepEvent Ended(const std::string& layout, const JobState& job, const Failure* failure,
                        double device_s, const Accounting* accounting, WallTime now) {
  Json json = {{"job", job.name}, {"device_s", device_s}};
  if (accounting != nullptr) {
    json["accounting"] = {{"state", accounting->state},
                          {"exit", accounting->exit},
                          {"node", accounting->node},
                          {"elapsed_s", accounting->elapsed_s}};
  }
  if (failure != nullptr) Add(*failure, json);
  return Make("ended", layout, now, json);
}

store::SweepEvent Environment(const std::string& layout, const std::string& job,
                              const std::map<std::string, std::string>& facts, WallTime now) {
  return Make("environment", layout, now, {{"job", job}, {"facts", Json(facts)}});
}

store::SweepEvent Begun(const std::string& point, const std::string& job, WallTime now) {
  return Make("begun", point, now, {{"job", job}});
}

store::SweepEvent Kept(const std::string& point, const std::string& run, const std::string& verdict,
                       WallTime now) {
  return Make("kept", point, now, {{"run", run}, {"verdict", verdict}});
}

store::SweepEvent Done(const std::string& point, const std::string& run, const std::string& verdict,
                       WallTime now) {
  return Make("done", point, now, {{"run", run}, {"verdict", verdict}});
}

store::SweepEvent Failed(const std::string& point, const Failure& failure, bool last,
                         WallTime now) {
  Json json = {{"last", last}};
  Add(failure, json);
  return Make("failed", point, now, json);
}

store::SweepEvent Skipped(const std::string& point, const std::string& reason, WallTime now) {
  return Make("skipped", point, now, {{"reason", reason}});
}

store::SweepEvent Again(const std::string& point, WallTime now) {
  return Make("again", point, now, Json::object());
}

store::SweepEvent Aside(const std::string& host, const std::string& reason, WallTime now) {
  return Make("aside", host, now, {{"reason", reason}});
}

}  // namespace roofscape::fleet::events
