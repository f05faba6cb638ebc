#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <tuple>

#include <nlohmann/json.hpp>

#include "domain/analysis/cost.h"
#include "service/api/store_views.h"

namespace roofscape::api {
namespace {

using fleet::PointStatus;

constexpr double kHourS = 3600;
/// A plan may have a million; those of the plan's beginning are told.
constexpr std::size_t kMostPoints = 10'000;

/// [USD] A device-hour by the plan, else the dearest of the chips; missing where one has no price.
std::optional<double> DevicePrice(const SweepFigures& figures, const analysis::Pricing& pricing) {
  if (figures.budget.usd_per_device_hour) return figures.budget.usd_per_device_hour;
  std::optional<double> dearest;
  for (const std::string& chip : figures.chips) {
    const auto price = analysis::ChipPrice(chip, pricing);
    if (!price) return std::nullopt;
    dearest = std::max(dearest.value_or(0), price->value);
  }
  return dearest;
}

bool IsRunning(const SweepFigures& figures, WallTime now) { return figures.until > now; }

const char* StateOf(const SweepFigures& figures, WallTime now) {
  if (!figures.trouble.empty()) return "unreadable";
  if (IsRunning(figures, now)) return "running";
  const auto open = figures.Count(PointStatus::kPending) + figures.Count(PointStatus::kRunning);
  return open > 0 ? "stopped" : "ended";
}

void AddBudget(const char* name, const char* unit, std::optional<double> limit,
               std::optional<double> used, Json& budgets) {
  if (!limit) return;
  budgets.push_back({{"name", name},
                     {"unit", unit},
                     {"limit", *limit},
                     {"used", NumberJson(used)},
                     {"used_share", used ? Json(std::min(*used / *limit, 1.0)) : Json(nullptr)}});
}

Json HeadJson(const SweepFigures& figures, const ViewInput& input,
              const analysis::Pricing& pricing) {
  const store::SweepMark& mark = figures.mark;
  const double device_h = figures.device_s / kHourS;
  const auto price = DevicePrice(figures, pricing);
  const auto usd = price ? std::optional(device_h * *price) : std::nullopt;
  // Each start of `sweep` has its hours anew.
  std::optional<double> wall_h;
  if (IsRunning(figures, input.now)) {
    wall_h = static_cast<double>(input.now.unix_us - figures.begun.unix_us) * 1e-6 / kHourS;
  }
  Json budgets = Json::array();
  AddBudget("wall_hours", "h", figures.budget.wall_hours, wall_h, budgets);
  AddBudget("device_hours", "device-h", figures.budget.device_hours, device_h, budgets);
  AddBudget("usd", "USD", figures.budget.usd, usd, budgets);
  return {
      {"name", mark.campaign},
      {"purpose", mark.purpose},
      {"started", mark.started.ToIso()},
      {"last", mark.last_at ? Json(mark.last_at->ToIso()) : Json(nullptr)},
      {"state", StateOf(figures, input.now)},
      {"points", mark.points},
      {"pending", figures.Count(PointStatus::kPending)},
      {"running", figures.Count(PointStatus::kRunning)},
      {"done", figures.Count(PointStatus::kDone)},
      {"failed", figures.Count(PointStatus::kFailed)},
      {"skipped", figures.Count(PointStatus::kSkipped)},
      {"open_s", figures.open_s},
      {"device_h", device_h},
      {"usd", NumberJson(usd)},
      {"usd_per_device_h", NumberJson(price)},
      {"budgets", std::move(budgets)},
      {"hosts_aside", figures.hosts_aside},
      {"trouble", OptionalText(figures.trouble.empty() ? figures.plan_trouble : figures.trouble)}};
}

Json PointJson(const fleet::PointState& point, const fleet::LayoutState& layout) {
  std::int64_t tries = 0;
  for (const auto& [kind, times] : point.failures) tries += times;
  return {{"point", point.key},
          {"title", point.title},
          {"deployment", layout.name},
          {"recipe", point.recipe},
          {"repeat", point.repeat + 1},
          {"round", point.round + 1},
          {"status", fleet::Name(point.status)},
          {"run", OptionalText(point.run)},
          {"verdict", OptionalText(point.verdict)},
          {"measured", point.measured ? Json(point.measured->ToIso()) : Json(nullptr)},
          {"repeated_runs", Json(point.kept_runs)},
          {"failures", tries},
          {"failure", point.failure ? FailureJson(*point.failure) : Json(nullptr)}};
}

/// Points that failed or were skipped alike, most of them first.
Json ReasonsJson(const fleet::CampaignState& state) {
  using Reason = std::tuple<std::string, std::string, std::string, PointStatus>;
  std::map<Reason, std::int64_t> reasons;
  for (const fleet::PointState& point : state.points()) {
    const bool over = point.status == PointStatus::kFailed || point.status == PointStatus::kSkipped;
    if (!over || !point.failure) continue;
    const fleet::Failure& failure = *point.failure;
    ++reasons[{failure.kind, failure.reason, failure.cure, point.status}];
  }
  Json all = Json::array();
  for (const auto& [reason, points] : reasons) {
    const auto& [kind, text, cure, status] = reason;
    all.push_back(FailureJson({kind, text, cure}));
    all.back()["status"] = fleet::Name(status);
    all.back()["points"] = points;
  }
  std::stable_sort(all.begin(), all.end(), [](const Json& a, const Json& b) {
    return a["points"].get<std::int64_t>() > b["points"].get<std::int64_t>();
  });
  return all;
}

Json HostsJson(const fleet::CampaignState& state) {
  Json hosts = Json::array();
  for (const auto& [host, facts] : state.hosts()) {
    hosts.push_back({{"host", host},
                     {"failures", facts.failures},
                     {"aside", facts.aside},
                     {"last", OptionalText(facts.last)}});
  }
  return hosts;
}

Json JobsJson(const fleet::CampaignState& state) {
  Json jobs = Json::array();
  for (const std::string& id : state.layout_order()) {
    const fleet::LayoutState& layout = state.layouts().at(id);
    if (!layout.job) continue;
    jobs.push_back({{"job", layout.job->name},
                    {"deployment", layout.name},
                    {"chips", layout.chips},
                    {"host", OptionalText(layout.job->host)},
                    {"points", layout.job->points.size()},
                    {"made", layout.job->made.ToIso()}});
  }
  return jobs;
}

Result<analysis::Pricing> TodaysPricing(const ViewInput& input) {
  RS_ASSIGN_OR_RETURN(const Params none, Params::Parse(""));
  return ReadPricing(none, input);
}

}  // namespace

Json FailureJson(const fleet::Failure& failure) {
  return {
      {"class", failure.kind}, {"reason", failure.reason}, {"cure", OptionalText(failure.cure)}};
}

Result<Json> FleetView(const ViewInput& input, StoreAccess& store) {
  RS_ASSIGN_OR_RETURN(const analysis::Pricing pricing, TodaysPricing(input));
  RS_ASSIGN_OR_RETURN(const std::int64_t mark, store.fleet().Mark());
  RS_ASSIGN_OR_RETURN(const auto sweeps, store.fleet().Sweeps());
  Json campaigns = Json::array();
  for (const SweepFigures& figures : sweeps) {
    campaigns.push_back(HeadJson(figures, input, pricing));
  }
  RS_ASSIGN_OR_RETURN(Json entries, EntriesJson(input, store));
  return Json{{"generation", input.snapshot->generation()},
              {"now", input.now.ToIso()},
              {"fleet", mark},
              {"campaigns", std::move(campaigns)},
              {"entries", std::move(entries)}};
}

Result<Json> SweepView(const ViewInput& input, StoreAccess& store, std::string_view name) {
  RS_ASSIGN_OR_RETURN(const analysis::Pricing pricing, TodaysPricing(input));
  RS_ASSIGN_OR_RETURN(const std::int64_t mark, store.fleet().Mark());
  RS_ASSIGN_OR_RETURN(const auto sweep, store.fleet().Sweep(std::string(name)));
  const auto& [figures, state] = sweep;
  Json points = Json::array();
  const std::size_t shown = std::min(state->points().size(), kMostPoints);
  for (std::size_t i = 0; i < shown; ++i) {
    const fleet::PointState& point = state->points()[i];
    points.push_back(PointJson(point, state->layouts().at(point.layout)));
  }
  return Json{{"generation", input.snapshot->generation()},
              {"now", input.now.ToIso()},
              {"fleet", mark},
              {"campaign", HeadJson(figures, input, pricing)},
              {"reasons", ReasonsJson(*state)},
              {"hosts", HostsJson(*state)},
              {"jobs", JobsJson(*state)},
              {"points", std::move(points)},
              {"points_left_out", state->points().size() - shown}};
}

}  // namespace roofscape::api
