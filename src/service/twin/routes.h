// Which paths of a dialect give tokens, and in which API.
//
// Thread safety: pure functions.

#pragma once

#include <optional>
#include <string_view>

#include "service/twin/dialect.h"

namespace roofscape::twin {

struct Route {
  Api api = Api::kChat;
  std::optional<bool> stream;  // The path alone decides that the answer is streamed, or that not.
};

/// nullopt: no such path, or not one that gives tokens.
std::optional<Route> FindRoute(const Dialect& dialect, std::string_view method,
                               std::string_view path);

}  // namespace roofscape::twin
