// `codesign --attribute A B`: the gain of one way to serve over another, split among the layers in
// which they differ.
//
// Thread safety: no shared state.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/core/clock.h"
#include "base/core/result.h"

namespace roofscape::cli {

struct AttributeOptions {
  std::vector<std::string> files;  // Two.
  double interactivity = 0.0;
  double ttft_ms = 0.0;  // 0: no limit.
  double input = 1024.0;
  double output = 1024.0;
  std::string objective = "chip";
  std::string rows;  // A file of measured rows; empty: none.
  int draws = 0;     // Of coefficients, for intervals; 0: no intervals.
  std::uint64_t seed = 1;
  std::string params;
  std::string catalog;
  bool json = false;
};

/// Prints the split.
Result<> Attribute(const AttributeOptions& options, WallTime now);

}  // namespace roofscape::cli
