// What each machine gives with each model as it is, at each speed and length: where one kind of
// machine wins, what ends it, and what speed costs. Nothing is chosen among models here, so that
// nothing need count as equally good.
//
// Thread safety: no shared state.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/core/json.h"
#include "service/study/means.h"
#include "service/study/space.h"

namespace roofscape::study {

/// One model at one length.
struct MachinesCase {
  std::string model;
  double input = 0.0;                      // Nominal tokens.
  std::vector<codesign::ServedAt> served;  // By machine, then speed.
};

struct MachinesTable {
  SpaceText space;
  analysis::Spending spending;
  std::vector<codesign::Target> targets;
  std::vector<MachinesCase> cases;
};

Result<MachinesTable> ComputeMachines(const SpaceText& space, const Means& means);

/// Of the machines that reach a speed the one that gives most; missing: none does.
std::optional<std::size_t> WinnerAt(const MachinesCase& c, std::size_t speed);

/// By how much a token costs more at a speed than at the slowest, on the machine that is best at
/// each; missing: one of them is not reached.
std::optional<double> TimesSlowest(const MachinesCase& c, std::size_t speed);

Json MachinesJson(const MachinesTable& t);

}  // namespace roofscape::study
