// roofscape doctor: is this machine fit to measure.

#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/core/json.h"
#include "cli/command.h"
#include "measure/host/doctor.h"

namespace roofscape::cli {
namespace {

constexpr const char* kDescription =
    "Say whether this machine is fit to measure: clocks, timers, limits, kernel stamps, other "
    "work.";

constexpr const char* kFooter =
    "Example:\n"
    "  roofscape doctor\n\n"
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
  for (const host::Finding& finding : findings) {
    fmt::print("{:<5} {:<14} {}\n", host::Name(finding.fitness), finding.topic, finding.found);
    if (!finding.cure.empty()) fmt::print("{:<5} {:<14} cure: {}\n", "", "", finding.cure);
  }
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
  command->AddFlag("--json", *json, "Print the findings as JSON");
  command->OnChosen([json, &invocation] {
    invocation.run = [json, &invocation] { return Doctor(*invocation.clock, *json); };
  });
}

}  // namespace roofscape::cli
