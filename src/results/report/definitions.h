// What each number of a report means, one line each. The full definitions stand in
// docs/reference/metrics.md; these lines must not say anything else.
//
// Thread safety: constant data.

#pragma once

#include <span>
#include <string_view>

namespace roofscape::report {

struct Definition {
  std::string_view term;
  std::string_view meaning;
};

std::span<const Definition> Definitions();

}  // namespace roofscape::report
