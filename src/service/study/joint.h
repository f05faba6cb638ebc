// Chip, links, shape of the model and layout chosen together, and what each input of the best is
// worth.
//
// Thread safety: no shared state.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/core/json.h"
#include "model/codesign/elasticity.h"
#include "service/study/means.h"
#include "service/study/space.h"

namespace roofscape::study {

/// The best at a speed by one objective, and what it hangs on.
struct JointBest {
  double speed_tps = 0.0;
  std::optional<codesign::JointPoint> usd, joule;  // Missing: the speed is not reached.
  std::vector<codesign::Elasticity> elasticities;  // Of the first, by tokens a USD.
};

struct JointTable {
  SpaceText space;
  codesign::Shapes shapes;
  std::vector<std::string> fabrics;
  codesign::JointFound found;
  std::vector<JointBest> best;  // By the space's speeds.
  std::uint64_t seed = 1;
};

Result<JointTable> ComputeJoint(const SpaceText& space, std::uint64_t evaluations,
                                std::uint64_t seed, const Means& means);

Json JointJson(const JointTable& t);

}  // namespace roofscape::study
