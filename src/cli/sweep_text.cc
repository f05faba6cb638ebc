#include "cli/sweep_text.h"

#include <map>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/core/text.h"

namespace roofscape::cli {
namespace {

using fleet::PointStatus;

constexpr std::size_t kShort = 12;

std::string Usd(const std::optional<double>& usd) {
  return usd ? fmt::format("{:.2f}", *usd) : "-";
}

Json Nullable(const std::optional<double>& value) { return value ? Json(*value) : Json(nullptr); }

/// Points that will be measured, by layout: new ones, and those gone on with.
std::map<std::string, std::vector<double>> ToMeasure(const fleet::Preparation& preparation,
                                                     const fleet::CampaignState& state) {
  std::map<std::string, std::vector<double>> seconds;
  std::map<std::string, const fleet::Point*> fresh;
  for (const store::SweepPoint& point : preparation.planned.points) {
    const std::string recipe = point.key.substr(0, point.key.find('-'));
    seconds[point.layout].push_back(preparation.estimates.at(recipe));
  }
  for (const fleet::PointState& point : state.points()) {
    const bool open =
        point.status == PointStatus::kPending || point.status == PointStatus::kRunning;
    if (open && preparation.estimates.contains(point.recipe)) {
      seconds[point.layout].push_back(preparation.estimates.at(point.recipe));
    }
  }
  for (const store::SweepEvent& event : preparation.planned.events) {
    const fleet::PointState* point = state.FindPoint(event.subject);
    if (event.kind == "again") seconds[point->layout].push_back(point->estimate_s);
  }
  return seconds;
}

Json PointJson(const fleet::PointState& point) {
  Json json = {{"point", point.key},
               {"title", point.title},
               {"recipe", point.recipe},
               {"repeat", point.repeat + 1},
               {"round", point.round + 1},
               {"layout", point.layout},
               {"status", fleet::Name(point.status)}};
  if (!point.run.empty()) json["run"] = point.run;
  if (!point.verdict.empty()) json["verdict"] = point.verdict;
  if (!point.kept_runs.empty()) json["repeated_runs"] = point.kept_runs;
  if (point.failure) {
    json["failure"] = {{"class", point.failure->kind},
                       {"reason", point.failure->reason},
                       {"cure", point.failure->cure}};
  }
  return json;
}

}  // namespace

SweepForecast ForecastOf(const fleet::SweepPlan& plan, const fleet::Preparation& preparation,
                         const fleet::CampaignState& state,
                         const std::optional<double>& usd_per_device_hour) {
  SweepForecast forecast;
  forecast.planned = static_cast<std::int64_t>(preparation.expansion.points.size());
  forecast.fresh = preparation.planned.fresh;
  forecast.failed = preparation.planned.failed;
  forecast.measured_estimates = preparation.estimates_measured;
  forecast.usd_per_device_hour = usd_per_device_hour;
  const auto seconds = ToMeasure(preparation, state);
  for (const fleet::Layout& layout : preparation.expansion.layouts) {
    SweepForecast::LayoutLine line;
    line.id = layout.id;
    line.name = layout.name;
    line.command = layout.start.command;
    line.chips = layout.chips();
    if (const auto found = seconds.find(layout.id); found != seconds.end()) {
      line.points = static_cast<std::int64_t>(found->second.size());
      line.seconds = plan.start_estimate_s;
      for (const double one : found->second) line.seconds += one;
    }
    const double device_s = line.seconds * static_cast<double>(line.chips);
    if (usd_per_device_hour) line.usd = device_s / 3600 * *usd_per_device_hour;
    forecast.points += line.points;
    forecast.device_s += device_s;
    forecast.layouts.push_back(std::move(line));
  }
  if (usd_per_device_hour) forecast.usd = forecast.device_s / 3600 * *usd_per_device_hour;
  return forecast;
}

std::string ForecastText(const SweepForecast& forecast, const fleet::Preparation& preparation,
                         const Style& style) {
  Table layouts({{"layout", Align::kLeft, false},
                 {"deployment", Align::kLeft},
                 {"chips"},
                 {"points"},
                 {"seconds"},
                 {"USD"}});
  for (const SweepForecast::LayoutLine& line : forecast.layouts) {
    layouts.AddRow({line.id.substr(0, kShort), line.name, std::to_string(line.chips),
                    std::to_string(line.points), fmt::format("{:.0f}", line.seconds),
                    Usd(line.usd)});
  }
  std::string text = layouts.ToText(style) + "\n";
  std::map<std::string, std::string> names;
  for (const fleet::Layout& layout : preparation.expansion.layouts) {
    names[layout.id] = layout.name;
    text += fmt::format("{}: {}\n", layout.name, layout.start.command);
  }
  Table points(
      {{"recipe", Align::kLeft, false}, {"deployment", Align::kLeft}, {"point", Align::kLeft}});
  for (const fleet::Point& point : preparation.expansion.points) {
    points.AddRow({point.recipe.substr(0, kShort), names[point.layout], point.Title()});
  }
  text += "\n" + points.ToText(style) + "\n";
  std::int64_t starts = 0;
  for (const auto& line : forecast.layouts) starts += line.points > 0 ? 1 : 0;
  text += fmt::format("{} of {} points to measure, {} starts of a server, {} device-seconds",
                      forecast.points, forecast.planned, starts,
                      WithCommas(static_cast<std::int64_t>(forecast.device_s + 0.5)));
  text += forecast.usd ? fmt::format(", {:.2f} USD ({})\n", *forecast.usd, forecast.price)
                       : fmt::format(", cost not known ({})\n", forecast.price);
  if (forecast.fresh > 0) {
    text += fmt::format("{} are measured already and stay so\n", forecast.fresh);
  }
  if (forecast.failed > 0) {
    text +=
        fmt::format("{} have failed before: --retry-failed measures them again\n", forecast.failed);
  }
  text += fmt::format(
      "times: of {} recipes from earlier runs, of {} estimated by the plan\n",
      forecast.measured_estimates,
      static_cast<std::int64_t>(preparation.estimates.size()) - forecast.measured_estimates);
  return text;
}

Json ForecastJson(const SweepForecast& forecast, const fleet::Preparation& preparation) {
  Json layouts = Json::array();
  for (const SweepForecast::LayoutLine& line : forecast.layouts) {
    layouts.push_back({{"layout", line.id},
                       {"name", line.name},
                       {"command", line.command},
                       {"chips", line.chips},
                       {"points", line.points},
                       {"seconds", line.seconds},
                       {"usd", Nullable(line.usd)}});
  }
  Json points = Json::array();
  for (const fleet::Point& point : preparation.expansion.points) {
    points.push_back({{"recipe", point.recipe},
                      {"layout", point.layout},
                      {"title", point.Title()},
                      {"repeat", point.repeat + 1},
                      {"estimate_s", preparation.estimates.at(point.recipe)},
                      {"plan", spec::ToJson(point.plan)}});
  }
  return {{"points_to_measure", forecast.points},
          {"points_measured", forecast.fresh},
          {"points_failed", forecast.failed},
          {"device_s", forecast.device_s},
          {"usd", Nullable(forecast.usd)},
          {"usd_per_device_hour", Nullable(forecast.usd_per_device_hour)},
          {"layouts", std::move(layouts)},
          {"points", std::move(points)}};
}

std::string CampaignText(const std::string& name, const fleet::CampaignState& state,
                         const Style& style) {
  Table table({{"deployment", Align::kLeft},
               {"point", Align::kLeft},
               {"state", Align::kLeft, false},
               {"run", Align::kLeft, false}});
  for (const fleet::PointState& point : state.points()) {
    const bool done = point.status == PointStatus::kDone;
    table.AddRow({state.layouts().at(point.layout).name, point.title,
                  std::string(fleet::Name(point.status)) + (done ? " " + point.verdict : ""),
                  point.run.empty() ? "-" : point.run});
  }
  std::string text = table.ToText(style);
  std::map<std::string, std::int64_t> reasons;
  for (const fleet::PointState& point : state.points()) {
    const bool over = point.status == PointStatus::kFailed || point.status == PointStatus::kSkipped;
    if (over && point.failure) {
      ++reasons[fmt::format("{}: {}{}{}", point.failure->kind, point.failure->reason,
                            point.failure->cure.empty() ? "" : ". Cure: ", point.failure->cure)];
    }
  }
  for (const auto& [reason, points] : reasons) {
    text += Wrap(fmt::format("{} x {}", points, reason), style.width, 2) + "\n";
  }
  for (const auto& [host, facts] : state.hosts()) {
    if (facts.aside) text += fmt::format("host {} is set aside: {}\n", host, facts.last);
  }
  text += fmt::format("campaign {}: {} done, {} failed, {} skipped, {} pending, {} running\n", name,
                      state.Count(PointStatus::kDone), state.Count(PointStatus::kFailed),
                      state.Count(PointStatus::kSkipped), state.Count(PointStatus::kPending),
                      state.Count(PointStatus::kRunning));
  return text;
}

Json CampaignJson(const std::string& name, const fleet::CampaignState& state) {
  Json points = Json::array();
  for (const fleet::PointState& point : state.points()) points.push_back(PointJson(point));
  Json layouts = Json::array();
  for (const auto& [id, layout] : state.layouts()) {
    Json json = {{"layout", id}, {"name", layout.name}, {"jobs", layout.job_names.size()}};
    if (layout.job) {
      json["job"] = {{"name", layout.job->name},
                     {"id", layout.job->id},
                     {"folder", layout.job->folder},
                     {"host", layout.job->host}};
    }
    for (const auto& [job, kept] : layout.accounting) {
      json["accounting"].push_back({{"job", job},
                                    {"state", kept.state},
                                    {"exit", kept.exit},
                                    {"node", kept.node},
                                    {"elapsed_s", kept.elapsed_s}});
    }
    for (const auto& [job, facts] : layout.environments) {
      json["environments"].push_back({{"job", job}, {"facts", Json(facts)}});
    }
    layouts.push_back(std::move(json));
  }
  Json hosts = Json::array();
  for (const auto& [host, facts] : state.hosts()) {
    hosts.push_back({{"host", host}, {"failures", facts.failures}, {"aside", facts.aside}});
  }
  return {{"campaign", name},
          {"done", state.Count(PointStatus::kDone)},
          {"failed", state.Count(PointStatus::kFailed)},
          {"skipped", state.Count(PointStatus::kSkipped)},
          {"pending", state.Count(PointStatus::kPending)},
          {"running", state.Count(PointStatus::kRunning)},
          {"device_s", state.device_seconds()},
          {"points", std::move(points)},
          {"layouts", std::move(layouts)},
          {"hosts", std::move(hosts)}};
}

}  // namespace roofscape::cli
