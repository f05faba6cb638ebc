#include "base/core/names.h"

#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/core/text.h"

namespace roofscape {

std::string UnknownName(std::string_view name, std::span<const std::string_view> known) {
  const std::vector<std::string> names(known.begin(), known.end());
  return fmt::format("'{}' is unknown.{} Use one of: {}", Printable(name, 40),
                     DidYouMean(name, names), fmt::join(names, ", "));
}

}  // namespace roofscape
