// A chip that nobody has built under a model that nobody has trained: what the best layout gives at
// each speed for a user, in tokens a chip-second, a USD and a joule; beside it the same model on
// the chip that the sketch began from. By rooflines, since nothing of it was measured.
//
// A sketch says nothing of how well its model answers: two sketches of different models do not
// compare.
//
// Thread safety: no shared state.

#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/core/json.h"
#include "service/study/means.h"
#include "service/study/space.h"

namespace roofscape::study {

/// Bounds within which a sketch is computed at once.
inline constexpr std::int64_t kMostSketchChips = 64;

struct SketchAsk {
  std::string chip;    // It begins from it: ratios of peaks, price, power, links.
  std::string fabric;  // Scale-up; empty: the chip's own.
  std::string engine = "vllm", precision;
  std::int64_t chips = 8;  // Of a worker at most.
  /// Missing: as the chip has them.
  std::array<std::optional<double>, codesign::kParts> parts;
  std::optional<double> usd_per_hour, kw;
  std::string model;          // It begins from it.
  codesign::ShapeAxes shape;  // One value of each axis at most.
  double input = 1024.0, output = 1024.0;
  analysis::PriceChoice prices;
};

/// What the best layout gives where each user gets so much at least.
struct SketchPoint {
  double asked_tps = 0.0;
  double user_tps = 0.0;  // What a user gets.
  double tput_per_chip = 0.0;
  double ttft_s = 0.0;
  std::string plan;
};

/// One chip under the model.
struct SketchCurve {
  codesign::PartValues parts = {};
  std::string fabric;
  std::optional<double> usd_per_hour, kw;  // Missing: no book has it, and it was not given.
  std::vector<SketchPoint> points;         // By speed; those that are reached.
};

struct SketchTable {
  SketchAsk ask;
  catalog::Model base, model;
  SketchCurve sketch, built;
  std::string spent;  // Where price and power of the built chip are from.
};

/// Errors: unknown names, a part out of bounds, a shape that cannot be.
Result<SketchTable> ComputeSketch(const SketchAsk& ask, const Means& means);

Json SketchJson(const SketchTable& t);

}  // namespace roofscape::study
