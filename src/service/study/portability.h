// Every model of a space on every machine, what moving costs, and what softens it.
//
// Thread safety: no shared state.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/core/json.h"
#include "service/study/means.h"
#include "service/study/space.h"

namespace roofscape::study {

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
  analysis::Spending spending;
  std::vector<codesign::Target> targets;
  codesign::Shapes shapes;
  // By model, machine and speed.
  std::vector<std::vector<codesign::ServedAt>> values;
  std::vector<std::vector<codesign::ServedAt>> grown;  // All kernels at the space's utilisation.
  std::vector<codesign::Losses> losses, grown_losses;  // By speed.
  std::vector<Move> moves;
  std::uint64_t evaluated = 0;
};

Result<PortabilityTable> ComputePortability(const SpaceText& space, const Means& means);

Json PortabilityJson(const PortabilityTable& t);

}  // namespace roofscape::study
