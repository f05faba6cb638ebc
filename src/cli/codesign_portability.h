// `codesign --portability`: every model of a space on every machine, what moving costs, and what
// softens it. Computing, text and JSON are apart, so that tests see each.
//
// Thread safety: no shared state.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/core/json.h"
#include "cli/codesign_space.h"
#include "cli/table.h"
#include "model/perf/kernel_times.h"

namespace roofscape::cli {

/// What a model that was shaped for one machine loses on another, softened step by step.
struct Move {
  std::size_t from = 0, to = 0, speed = 0;
  struct Row {
    std::string means;           // "kept", "anew", "groups", "two_batches"
    std::optional<double> loss;  // Missing: it does not reach the speed.
    std::string plan;
  };
  std::vector<Row> rows;
};

struct PortabilityTable {
  SpaceText space;
  Spending spending;
  std::vector<codesign::Target> targets;
  codesign::Shapes shapes;
  // By model, machine and speed.
  std::vector<std::vector<codesign::ServedAt>> values;
  std::vector<std::vector<codesign::ServedAt>> grown;  // All kernels at the space's utilisation.
  std::vector<codesign::Losses> losses, grown_losses;  // By speed.
  std::vector<Move> moves;
  std::uint64_t evaluated = 0;
};

/// `book` may be null: rooflines alone.
Result<PortabilityTable> ComputePortability(const SpaceText& space, const catalog::Catalog& catalog,
                                            const calibrate::Model& fitted, perf::KernelBook* book,
                                            WallTime now);

std::string PortabilityText(const PortabilityTable& t, const Style& style);
Json PortabilityJson(const PortabilityTable& t);

}  // namespace roofscape::cli
