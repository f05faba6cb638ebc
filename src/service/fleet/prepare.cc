#include "service/fleet/prepare.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/core/text.h"
#include "service/fleet/events.h"
#include "service/fleet/file.h"
#include "service/fleet/process.h"

namespace roofscape::fleet {
namespace {

constexpr Nanos kVersionPatience = std::chrono::seconds(120);

/// The last word with a digit in it: "vllm 0.22.1", "version: 5023 (a1b2c3)" -> "0.22.1", "5023".
std::string VersionIn(std::string_view text) {
  std::string version;
  for (const std::string& line : Split(std::string(Trim(text)), '\n')) {
    for (const std::string& word : Split(line, ' ')) {
      const std::string_view trimmed = Trim(word);
      if (!trimmed.empty() && trimmed.front() >= '0' && trimmed.front() <= '9') {
        return std::string(trimmed);
      }
    }
    if (version.empty()) version = std::string(Trim(line));
  }
  return Printable(version, 60);
}

}  // namespace

Result<Surroundings> LookAround(const Wanted& wanted, const std::string& folder,
                                std::vector<std::string>& notes, const Clock& clock) {
  Surroundings around;
  for (const std::string& file : wanted.files) {
    const std::string path = file.starts_with('/') ? file : folder + "/" + file;
    const auto text = ReadFile(path);
    if (!text) return Error{ErrorCode::kInvalidArgument, "launch.files: " + text.error().message};
    around.files[file] = *text;
  }
  for (const std::string& command : wanted.version_commands) {
    const std::string script = "cd \"$0\" && " + command;
    const auto told = RunCommand({"/bin/sh", "-c", script, folder}, "", kVersionPatience, clock);
    const std::string version = told && told->status == 0 ? VersionIn(told->out) : "";
    if (version.empty()) {
      notes.push_back(
          fmt::format("'{}' tells no version here; that of the server is stored with "
                      "each run, and a new one does not make the sweep run again",
                      Printable(command, 80)));
      continue;
    }
    around.engine_versions[command] = version;
  }
  return around;
}

Preparation Prepare(const SweepPlan& plan, Expansion expansion, const CampaignState& state,
                    const RoundRules& rules, const std::map<std::string, double>& measured,
                    WallTime now) {
  Preparation preparation;
  for (const Point& point : expansion.points) {
    const auto known = measured.find(point.recipe);
    if (known != measured.end() && !preparation.estimates.contains(point.recipe)) {
      ++preparation.estimates_measured;
    }
    preparation.estimates[point.recipe] =
        known != measured.end() ? known->second : EstimateOf(point, plan.point_estimate_s);
  }
  preparation.planned = PlanRounds(expansion, state, rules, now, preparation.estimates);
  preparation.expansion = std::move(expansion);
  return preparation;
}

Result<> Enter(const SweepPlan& plan, const std::string& plan_text, const std::string& folder,
               const Preparation& preparation, store::SweepLog& log, WallTime now) {
  std::vector<store::SweepLayout> layouts;
  for (const Layout& layout : preparation.expansion.layouts) {
    layouts.push_back(StoredLayout(layout, folder));
  }
  store::Campaign campaign;
  campaign.name = plan.name;
  campaign.purpose = plan.purpose;
  campaign.started = now;
  RS_RETURN_IF_ERROR(log.AddPlan(campaign, plan_text, layouts, preparation.planned.points));
  while (true) {
    RS_ASSIGN_OR_RETURN(const CampaignState state, LoadCampaign(plan.name, log));
    std::vector<store::SweepEvent> news;
    for (const store::SweepLayout& layout : layouts) {
      if (state.layouts().at(layout.id).json != layout.json) {
        news.push_back(events::Revised(layout, now));
      }
    }
    for (const store::SweepEvent& event : preparation.planned.events) {
      // Another coordinator may have begun it meanwhile.
      const PointState* point = state.FindPoint(event.subject);
      const bool over =
          point->status == PointStatus::kFailed || point->status == PointStatus::kSkipped;
      const bool fits = event.kind == "skipped" ? point->status == PointStatus::kPending : over;
      if (fits) news.push_back(event);
    }
    if (news.empty()) return {};
    RS_ASSIGN_OR_RETURN(const bool added, log.Append(plan.name, state.last_event(), news));
    if (added) return {};
  }
}

Result<CampaignState> LoadCampaign(const std::string& name, store::SweepLog& log) {
  const auto record = log.Load(name);
  if (record) return CampaignState::Of(*record);
  if (record.error().code != ErrorCode::kNotFound) return record.error();
  return CampaignState();
}

}  // namespace roofscape::fleet
