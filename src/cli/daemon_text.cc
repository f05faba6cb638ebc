#include "cli/daemon_text.h"

#include <cstdlib>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/core/document.h"

namespace roofscape::cli {
namespace {

std::string SweepText(const SweepSize& sweep) {
  return fmt::format("{} points, {} starts of a server, {:.0f} device-seconds{}", sweep.points,
                     sweep.starts, sweep.device_s,
                     sweep.usd ? fmt::format(", {:.2f} USD", *sweep.usd) : "");
}

std::string OpenText(const fleet::Occasion& open) {
  return fmt::format("occasion {}, begun {} on {} by process {}", open.number, open.begun.ToIso(),
                     open.owner.host, open.owner.pid);
}

}  // namespace

Result<SweepSize> SizeOf(const std::string& forecast) {
  RS_ASSIGN_OR_RETURN(const Document document, ParseJson(forecast, "sweep --dry-run"));
  ObjectReader reader(document);
  SweepSize size;
  reader.Required("points_to_measure", size.points);
  reader.Required("device_s", size.device_s);
  reader.Optional("usd", size.usd);
  for (ObjectReader& layout : reader.Children("layouts")) {
    std::int64_t points = 0;
    layout.Required("points", points);
    size.starts += points > 0 ? 1 : 0;
  }
  for (const char* other : {"points_measured", "points_failed", "usd_per_device_hour", "points"}) {
    reader.Raw(other);
  }
  RS_RETURN_IF_ERROR(reader.Finish());
  return size;
}

std::string LocalText(WallTime time, const fleet::TimeZone& zone) {
  const std::int64_t offset = zone.OffsetAt(time.unix_us / 1'000'000);
  std::string text = WallTime{time.unix_us + offset * 1'000'000}.ToIso().substr(0, 19);
  text[10] = ' ';
  return fmt::format("{} {}{:02}:{:02}", text, offset < 0 ? '-' : '+', std::abs(offset) / 3600,
                     std::abs(offset) / 60 % 60);
}

std::string ForecastText(const std::vector<EntryForecast>& forecasts) {
  std::string text;
  for (const EntryForecast& one : forecasts) {
    const fleet::DaemonEntry& entry = *one.entry;
    text += fmt::format("{}: plan {}\n", entry.name, entry.plan);
    if (entry.schedule) {
      text += fmt::format("  schedule {} ({})\n", entry.schedule->text(), one.zone->name());
    }
    for (const WallTime time : one.times) {
      text += fmt::format("    {}\n", LocalText(time, *one.zone));
    }
    if (entry.release) {
      text += fmt::format("  asks every {:g} s: {}\n    known: {}\n", entry.release->every_s,
                          entry.release->command, one.state.release.value_or("nothing yet"));
    }
    if (const fleet::Occasion* open = one.state.Open()) {
      text += fmt::format("  not ended: {}\n", OpenText(*open));
    }
    if (one.due) {
      text += fmt::format("  due now: {}, {} earlier times missed\n", fleet::Name(one.due->cause),
                          one.due->missed);
    }
    text += one.sweep ? fmt::format("  would run: {}\n", SweepText(*one.sweep))
                      : fmt::format("  cannot run: {}\n", one.trouble);
  }
  return text;
}

Json ForecastJson(const std::vector<EntryForecast>& forecasts) {
  Json all = Json::array();
  for (const EntryForecast& one : forecasts) {
    Json times = Json::array();
    for (const WallTime time : one.times) times.push_back(time.ToIso());
    Json entry = {{"entry", one.entry->name},
                  {"plan", one.entry->plan},
                  {"schedule", one.entry->schedule ? Json(one.entry->schedule->text()) : nullptr},
                  {"time_zone", one.zone->name()},
                  {"times", std::move(times)},
                  {"release", one.state.release ? Json(*one.state.release) : nullptr},
                  {"occasions", one.state.occasions.size()},
                  {"due", one.due ? Json(fleet::Name(one.due->cause)) : nullptr},
                  {"missed", one.due ? one.due->missed : 0}};
    entry["points_to_measure"] = one.sweep ? Json(one.sweep->points) : Json(nullptr);
    entry["device_s"] = one.sweep ? Json(one.sweep->device_s) : Json(nullptr);
    entry["trouble"] = one.trouble.empty() ? Json(nullptr) : Json(one.trouble);
    all.push_back(std::move(entry));
  }
  return {{"entries", std::move(all)}};
}

}  // namespace roofscape::cli
