#include "service/fleet/job.h"

#include <array>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/core/names.h"
#include "base/core/text.h"
#include "service/fleet/file.h"
#include "service/fleet/telemetry_plan.h"

namespace roofscape::fleet {
namespace {

constexpr std::array<std::string_view, 7> kReports = {"started", "ready",  "begun", "kept",
                                                      "done",    "failed", "end"};

Json ToJson(const Failure& failure) {
  return {{"kind", failure.kind}, {"reason", failure.reason}, {"cure", failure.cure}};
}

Failure ReadFailure(ObjectReader& reader) {
  Failure failure;
  reader.Required("kind", failure.kind);
  reader.Optional("reason", failure.reason);
  reader.Optional("cure", failure.cure);
  return failure;
}

std::string Dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::optional<JournalLine> ParseLine(std::string_view text) {
  const auto document = ParseJson(text, kJournalFile);
  if (!document) return std::nullopt;
  ObjectReader reader(*document);
  JournalLine line;
  std::string report;
  reader.Required("report", report);
  reader.Optional("at_us", line.at.unix_us);
  reader.Optional("point", line.point);
  reader.Optional("host", line.host);
  reader.Optional("run", line.run);
  reader.Optional("db", line.db);
  reader.Optional("verdict", line.verdict);
  reader.Optional("note", line.note);
  reader.Optional("environment", line.environment);
  reader.Optional("seconds", line.seconds);
  reader.ReadInside("failure", [&](ObjectReader& inside) { line.failure = ReadFailure(inside); });
  const auto known = FindName<Report>(report, kReports);
  if (!known || !reader.Finish()) return std::nullopt;
  line.report = *known;
  return line;
}

}  // namespace

Json ToJson(const ServerStart& start) {
  Json failures = Json::array();
  for (const catalog::KnownFailure& failure : start.failures) {
    failures.push_back({{"log", failure.log}, {"kind", failure.kind}, {"cure", failure.cure}});
  }
  Json json = {{"command", start.command},
               {"remove", start.remove},
               {"env", Json(start.env)},
               {"health", start.health},
               {"start_timeout_s", start.start_timeout_s},
               {"failures", std::move(failures)}};
  if (!start.image.empty()) json["image"] = start.image;
  return json;
}

ServerStart ReadServerStart(ObjectReader& reader) {
  ServerStart start;
  reader.Required("command", start.command);
  reader.Optional("remove", start.remove);
  reader.Optional("image", start.image);
  reader.Optional("env", start.env);
  reader.Required("health", start.health);
  reader.Required("start_timeout_s", start.start_timeout_s);
  start.failures = reader.ReadEach("failures", [](ObjectReader& inside) {
    catalog::KnownFailure failure;
    inside.Required("log", failure.log);
    inside.Required("kind", failure.kind);
    inside.Required("cure", failure.cure);
    return failure;
  });
  return start;
}

std::string JobText(const Job& job) {
  Json points = Json::array();
  for (const JobPoint& point : job.points) {
    points.push_back({{"key", point.key},
                      {"title", point.title},
                      {"estimate_s", point.estimate_s},
                      {"plan", spec::ToJson(point.plan)}});
  }
  const Json json = {{"name", job.name},
                     {"campaign", job.campaign},
                     {"layout", job.layout},
                     {"start", ToJson(job.start)},
                     {"working_folder", job.working_folder},
                     {"before", job.before},
                     {"retries", Json(job.retries)},
                     {"lock", job.lock},
                     {"chips", job.chips},
                     {"telemetry", ToJson(job.telemetry)},
                     {"environment", Json(job.environment)},
                     {"refuse_drift", job.refuse_drift},
                     {"seconds", job.seconds},
                     {"points", std::move(points)}};
  return json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

Result<Job> ReadJob(const std::string& folder) {
  const std::string path = folder + "/" + kJobFile;
  RS_ASSIGN_OR_RETURN(const std::string text, ReadFile(path));
  RS_ASSIGN_OR_RETURN(const Document document, ParseJson(text, path));
  ObjectReader reader(document);
  Job job;
  reader.Required("name", job.name);
  reader.Optional("campaign", job.campaign);
  reader.Optional("layout", job.layout);
  reader.ReadInside("start", [&](ObjectReader& inside) { job.start = ReadServerStart(inside); });
  reader.Optional("working_folder", job.working_folder);
  reader.Optional("before", job.before);
  reader.Optional("lock", job.lock);
  reader.Optional("chips", job.chips);
  reader.Optional("environment", job.environment);
  reader.Optional("refuse_drift", job.refuse_drift);
  reader.ReadInside("telemetry",
                    [&](ObjectReader& inside) { job.telemetry = ReadTelemetry(inside); });
  reader.Optional("seconds", job.seconds);
  reader.ReadInside("retries", [&](ObjectReader& inside) {
    for (const std::string_view kind : FailureClasses()) {
      if (inside.Has(kind)) inside.Optional(kind, job.retries[std::string(kind)]);
    }
  });
  std::vector<Json> plans;
  job.points = reader.ReadEach("points", [&](ObjectReader& inside) {
    JobPoint point;
    inside.Required("key", point.key);
    inside.Optional("title", point.title);
    inside.Optional("estimate_s", point.estimate_s);
    const Json* plan = inside.Raw("plan");
    plans.push_back(plan == nullptr ? Json() : *plan);
    return point;
  });
  RS_RETURN_IF_ERROR(reader.Finish());
  for (std::size_t i = 0; i < plans.size(); ++i) {
    RS_ASSIGN_OR_RETURN(job.points[i].plan, spec::PlanFromDocument(Document(
                                                std::move(plans[i]), path + ": a point's plan")));
  }
  return job;
}

std::string JournalText(const JournalLine& line) {
  Json json = {{"report", kReports[static_cast<std::size_t>(line.report)]},
               {"at_us", line.at.unix_us}};
  const std::pair<const char*, const std::string*> texts[] = {
      {"point", &line.point}, {"host", &line.host},       {"run", &line.run},
      {"db", &line.db},       {"verdict", &line.verdict}, {"note", &line.note}};
  for (const auto& [name, text] : texts) {
    if (!text->empty()) json[name] = *text;
  }
  if (!line.environment.empty()) json["environment"] = Json(line.environment);
  if (line.seconds > 0) json["seconds"] = line.seconds;
  if (line.failure) json["failure"] = ToJson(*line.failure);
  return Dump(json);
}

std::vector<JournalLine> ParseJournal(std::string_view text) {
  std::vector<JournalLine> lines;
  const std::size_t whole = text.rfind('\n');
  if (whole == std::string_view::npos) return lines;
  for (const std::string& one : Split(text.substr(0, whole), '\n')) {
    if (const auto line = ParseLine(one)) lines.push_back(*line);
  }
  return lines;
}

}  // namespace roofscape::fleet
