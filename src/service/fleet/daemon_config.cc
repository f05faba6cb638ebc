#include "service/fleet/daemon_config.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <set>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "base/core/document.h"
#include "base/core/text.h"
#include "domain/analysis/curve.h"
#include "domain/analysis/noise.h"

namespace roofscape::fleet {
namespace {

constexpr std::array<std::string_view, 6> kNews = {"regression", "improvement", "record",
                                                   "failure",    "missed",      "done"};

bool IsName(std::string_view text) {
  constexpr std::size_t kMost = 100;
  return !text.empty() && text.size() <= kMost &&
         std::all_of(text.begin(), text.end(), [](unsigned char c) {
           return std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.';
         });
}

ReleaseWatch ReadRelease(ObjectReader& reader) {
  ReleaseWatch watch;
  reader.Required("command", watch.command);
  reader.Optional("every_s", watch.every_s);
  reader.Optional("timeout_s", watch.timeout_s);
  if (watch.command.empty()) reader.Fail("command", "must not be empty");
  if (!(watch.every_s >= 1)) reader.Fail("every_s", "must be 1 or more");
  constexpr double kMost = 3600;
  if (!(watch.timeout_s > 0 && watch.timeout_s <= kMost)) {
    reader.Fail("timeout_s", "must be above 0 and at most 3600");
  }
  return watch;
}

JudgeSettings ReadJudge(ObjectReader& reader) {
  JudgeSettings judge;
  reader.Optional("metrics", judge.metrics);
  reader.Optional("record", judge.record);
  reader.Optional("record_x", judge.record_x);
  reader.Optional("record_at", judge.record_at);
  const auto check = [&reader](std::string_view field, const std::string& name, bool judged) {
    if (const auto axis = analysis::MetricAxis(name); !axis) {
      reader.Fail(field, axis.error().message);
    } else if (judged && !analysis::FloorOf(name)) {
      reader.Fail(field, fmt::format("the noise of '{}' between runs is not known: use "
                                     "total_tps_per_chip, tpot_p50_s or ttft_p50_s",
                                     name));
    }
  };
  for (const std::string& metric : judge.metrics) check("metrics", metric, true);
  check("record", judge.record, true);
  check("record_x", judge.record_x, false);
  return judge;
}

PublishSettings ReadPublish(ObjectReader& reader) {
  PublishSettings publish;
  reader.Required("folder", publish.folder);
  if (publish.folder.empty()) reader.Fail("folder", "must not be empty");
  reader.Optional("base_url", publish.base_url);
  reader.Optional("studies", publish.studies);
  return publish;
}

TellSettings ReadTell(ObjectReader& reader) {
  TellSettings tell;
  std::vector<std::string> names;
  reader.Optional("on", names);
  if (reader.Has("on")) tell.on.clear();
  for (const std::string& name : names) {
    const auto found = std::find(kNews.begin(), kNews.end(), name);
    if (found == kNews.end()) {
      reader.Fail("on", fmt::format("'{}': must be one of {}", Printable(name, 30),
                                    fmt::join(kNews, ", ")));
    } else {
      tell.on.push_back(static_cast<News>(found - kNews.begin()));
    }
  }
  reader.Optional("webhook", tell.webhook);
  reader.Optional("webhook_env", tell.webhook_env);
  reader.Optional("ca_file", tell.ca_file);
  reader.Optional("email", tell.email);
  reader.Optional("junit", tell.junit);
  if (!tell.webhook.empty() && !tell.webhook_env.empty()) {
    reader.Fail("webhook_env", "webhook is given, too: leave one of the two away");
  }
  if (!tell.webhook.empty()) {
    if (!tell.webhook.starts_with("http://") && !tell.webhook.starts_with("https://")) {
      reader.Fail("webhook", "must begin with http:// or https://");
    }
  }
  return tell;
}

DaemonEntry ReadEntry(ObjectReader& reader, const std::string& zone) {
  DaemonEntry entry;
  entry.time_zone = zone;
  reader.Required("name", entry.name);
  if (!IsName(entry.name)) {
    reader.Fail("name", "must be 1 to 100 letters, digits, '-', '_' or '.'");
  }
  reader.Required("plan", entry.plan);
  if (entry.plan.empty()) reader.Fail("plan", "must not be empty");
  reader.Optional("campaign", entry.campaign);
  reader.Optional("time_zone", entry.time_zone);
  reader.Optional("run_at_start", entry.run_at_start);
  std::string measure = "all";
  reader.Optional("measure", measure);
  if (measure != "all" && measure != "changed") {
    reader.Fail("measure", "must be \"all\" or \"changed\"");
  }
  entry.measure_all = measure == "all";
  std::string schedule;
  reader.Optional("schedule", schedule);
  if (reader.Has("schedule")) {
    auto cron = Cron::Parse(schedule);
    if (cron) {
      entry.schedule = *std::move(cron);
    } else {
      reader.Fail("schedule", cron.error().message);
    }
  }
  reader.ReadInside("release", [&](ObjectReader& inside) { entry.release = ReadRelease(inside); });
  reader.ReadInside("judge", [&](ObjectReader& inside) { entry.judge = ReadJudge(inside); });
  reader.ReadInside("publish", [&](ObjectReader& inside) { entry.publish = ReadPublish(inside); });
  reader.ReadInside("tell", [&](ObjectReader& inside) { entry.tell = ReadTell(inside); });
  if (!entry.schedule && !entry.release) {
    reader.Fail("schedule", "is missing, and so is [entry.release]: nothing would start a run");
  }
  return entry;
}

}  // namespace

std::string_view Name(News news) { return kNews[static_cast<std::size_t>(news)]; }

Result<DaemonConfig> ParseDaemonConfig(std::string_view text, const std::string& source) {
  RS_ASSIGN_OR_RETURN(const Document document, source.ends_with(".json") ? ParseJson(text, source)
                                                                         : ParseToml(text, source));
  ObjectReader reader(document);
  std::int64_t version = 0;
  reader.Required("schema_version", version);
  if (version != kDaemonSchemaVersion) {
    reader.Fail("schema_version", fmt::format("must be {}", kDaemonSchemaVersion));
  }
  std::string zone = "UTC";
  reader.Optional("time_zone", zone);
  DaemonConfig config;
  config.entries =
      reader.ReadEach("entry", [&](ObjectReader& entry) { return ReadEntry(entry, zone); });
  RS_RETURN_IF_ERROR(reader.Finish());
  if (config.entries.empty()) {
    return document.ErrorAt("/entry", "is missing: write an [[entry]] with name, plan, schedule");
  }
  std::set<std::string> names;
  for (std::size_t i = 0; i < config.entries.size(); ++i) {
    if (names.insert(config.entries[i].name).second) continue;
    return document.ErrorAt(fmt::format("/entry/{}/name", i),
                            fmt::format("'{}' is the name of another entry: each needs its own",
                                        config.entries[i].name));
  }
  return config;
}

}  // namespace roofscape::fleet
