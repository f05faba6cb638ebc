// roofscape doctor: is this machine fit to measure.

#include <map>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/core/json.h"
#include "cli/command.h"
#include "cli/table.h"
#include "measure/host/doctor.h"
#include "measure/host/inventory.h"
#include "service/fleet/process.h"

namespace roofscape::cli {
namespace {

constexpr const char* kDescription =
    "Say whether this machine is fit to measure: clocks, timers, limits, kernel stamps, other "
    "work.";

constexpr const char* kFooter =
    "Example:\n"
    "  roofscape doctor\n"
    "  roofscape doctor --inventory\n\n"
    "Takes about a second. Exit status: 0 when nothing FAILs, else 1.";

std::string StatusName(host::Fitness fitness) {
  switch (fitness) {
    case host::Fitness::kOk: return "ok";
    case host::Fitness::kUnknown: return "unknown";
    case host::Fitness::kWarn: return "warn";
    case host::Fitness::kFail: return "fail";
  }
  return "unknown";
}

void PrintJson(const std::vector<host::Finding>& findings) {
  Json out;
  out["fit"] = host::IsFit(findings);
  out["findings"] = Json::array();
  for (const host::Finding& finding : findings) {
    Json item;
    item["topic"] = finding.topic;
    item["status"] = StatusName(finding.fitness);
    item["found"] = finding.found;
    item["cure"] = finding.cure.empty() ? Json() : Json(finding.cure);
    out["findings"].push_back(std::move(item));
  }
  fmt::print("{}\n", out.dump(2, ' ', false, Json::error_handler_t::replace));
}

void PrintText(const std::vector<host::Finding>& findings) {
  const std::size_t width = StyleOf(stdout).width;
  for (const host::Finding& finding : findings) {
    const std::string label =
        fmt::format("{:<5} {:<14} ", host::Name(finding.fitness), finding.topic);
    fmt::print("{}\n", WrapUnder(label, finding.found, width));
    if (finding.cure.empty()) continue;
    fmt::print("{}\n", WrapUnder(std::string(label.size(), ' '), "cure: " + finding.cure, width));
  }
}

/// The chips that compute, as the machine tells.
int PrintInventory(const Clock& clock, bool json) {
  host::InventorySources sources;
  sources.amd_smi = fleet::AmdSmi(clock);
  const host::Inventory inventory = host::TakeInventory(sources);
  const std::map<std::string, std::string> environment = host::EnvironmentFacts({});
  if (json) {
    Json chips = Json::array();
    for (const host::Chip& chip : inventory.chips) {
      chips.push_back(
          {{"kind", chip.kind},
           {"name", chip.name},
           {"place", chip.place},
           {"memory_bytes", chip.memory_bytes ? Json(*chip.memory_bytes) : Json(nullptr)}});
    }
    const Json out = {{"chips", std::move(chips)},
                      {"environment", Json(environment)},
                      {"notes", inventory.notes}};
    fmt::print("{}\n", out.dump(2, ' ', false, Json::error_handler_t::replace));
    return kDone;
  }
  fmt::print("chips: {}\n", inventory.chips.size());
  for (const host::Chip& chip : inventory.chips) {
    const std::string memory =
        chip.memory_bytes ? fmt::format("{:.0f} GB", *chip.memory_bytes / 1e9) : "-";
    fmt::print("  {:<7} {:<28} {:>7}  {}\n", chip.kind, chip.name, memory, chip.place);
  }
  fmt::print("environment\n");
  for (const auto& [key, value] : environment) fmt::print("  {:<17} {}\n", key, value);
  for (const std::string& note : inventory.notes) fmt::print("not asked: {}\n", note);
  return kDone;
}

int Doctor(const Clock& clock, bool json) {
  const std::vector<host::Finding> findings = host::Examine(clock);
  if (json) {
    PrintJson(findings);
  } else {
    PrintText(findings);
  }
  return host::IsFit(findings) ? kDone : kFailed;
}

}  // namespace

void AddDoctorCommand(Command& app, Invocation& invocation) {
  Command* command = app.AddSubcommand("doctor", kDescription);
  command->Footer(kFooter);
  const auto json = std::make_shared<bool>(false);
  const auto inventory = std::make_shared<bool>(false);
  command->AddFlag("--inventory", *inventory,
                   "Print the chips of this machine and its environment instead");
  command->AddFlag("--json", *json, "Print it as JSON");
  command->OnChosen([json, inventory, &invocation] {
    invocation.run = [json, inventory, &invocation] {
      const Clock& clock = *invocation.clock;
      return *inventory ? PrintInventory(clock, *json) : Doctor(clock, *json);
    };
  });
}

}  // namespace roofscape::cli
