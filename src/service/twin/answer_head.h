// The head of an answer with tokens. Thread safety: pure functions.

#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace roofscape::twin {

/// With `bytes` a JSON body of that length, else chunks of events. `keep_alive`: the connection may
/// carry another request.
void AppendAnswerHead(std::string& out, std::optional<std::uint64_t> bytes, bool keep_alive);

}  // namespace roofscape::twin
