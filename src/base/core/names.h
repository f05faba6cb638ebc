// Enums whose values have names, kept in the order of the values: reading a name, and what to say
// of one that is not there.
//
// Thread safety: pure functions.

#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/core/result.h"

namespace roofscape {

/// "'nmae' is unknown. Did you mean 'name'? Use one of: name, other"
std::string UnknownName(std::string_view name, std::span<const std::string_view> known);

/// The value of that name, if there is one. REQUIRES: names[i] is that of static_cast<Enum>(i).
template <class Enum, std::size_t kCount>
std::optional<Enum> FindName(std::string_view name,
                             const std::array<std::string_view, kCount>& names) {
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) return std::nullopt;
  return static_cast<Enum>(found - names.begin());
}

/// The same, or an error that begins with `what`, e.g. "api 'grpc' is unknown. ...".
template <class Enum, std::size_t kCount>
Result<Enum> ParseName(std::string_view what, std::string_view name,
                       const std::array<std::string_view, kCount>& names) {
  if (const auto found = FindName<Enum>(name, names)) return *found;
  return Error{ErrorCode::kInvalidArgument, std::string(what) + " " + UnknownName(name, names)};
}

}  // namespace roofscape
