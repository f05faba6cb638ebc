// A comparison as text and JSON.
//
// Thread safety: pure functions.

#pragma once

#include <string>
#include <vector>

#include "base/core/json.h"
#include "cli/table.h"
#include "domain/analysis/compare.h"

namespace roofscape::cli {

/// What was compared; the comparison's places are those in `a` and `b`.
struct ComparedSides {
  std::string name_a, name_b;
  std::string matched_by;  // "load", or the metric whose targets were read.
  std::vector<spec::Row> a, b;
  analysis::Comparison comparison;
};

/// A table of the matches, and under it in words what follows from it.
std::string ComparisonText(const ComparedSides& sides, const Style& style);
Json ComparisonJson(const ComparedSides& sides);

}  // namespace roofscape::cli
