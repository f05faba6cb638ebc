// `codesign SPACE --machines`: what each machine gives with each model as it is, at each speed and
// length; where one kind of machine wins, what ends it, and what speed costs. Nothing is chosen
// among models here, so that nothing need count as equally good.
//
// Thread safety: no shared state.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/core/json.h"
#include "cli/codesign_space.h"
#include "cli/table.h"
#include "model/perf/kernel_times.h"

namespace roofscape::cli {

/// One model at one length.
struct MachinesCase {
  std::string model;
  double input = 0.0;                      // Nominal tokens.
  std::vector<codesign::ServedAt> served;  // By machine, then speed.
};

struct MachinesTable {
  SpaceText space;
  Spending spending;
  std::vector<codesign::Target> targets;
  std::vector<MachinesCase> cases;
};

/// `book` may be null: rooflines alone.
Result<MachinesTable> ComputeMachines(const SpaceText& space, const catalog::Catalog& catalog,
                                      const calibrate::Model& fitted, perf::KernelBook* book,
                                      WallTime now);

/// Of the machines that reach a speed the one that gives most; missing: none does.
std::optional<std::size_t> WinnerAt(const MachinesCase& c, std::size_t speed);

std::string MachinesText(const MachinesTable& t, const Style& style);
Json MachinesJson(const MachinesTable& t);

}  // namespace roofscape::cli
