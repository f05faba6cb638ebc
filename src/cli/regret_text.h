// What choosing by the model costs, as tables and JSON.
//
// Thread safety: pure functions.

#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/core/json.h"
#include "cli/table.h"
#include "model/calibrate/regret.h"

namespace roofscape::cli {

struct RegretReport {
  std::vector<double> targets;  // Tokens a second a user.
  std::vector<calibrate::Choice> setups, scenarios;
};

/// Figures by scope, target and mode, then the choices that cost more than a tenth.
std::string RegretText(const RegretReport& report, const Style& style);

Json RegretJson(const RegretReport& report);

}  // namespace roofscape::cli
