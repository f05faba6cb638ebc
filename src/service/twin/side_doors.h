// What the golden server answers besides tokens: models, versions, tokenizing, metrics, errors, in
// the dialect's shape.
//
// Thread safety: pure functions.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "service/twin/ask.h"
#include "service/twin/script.h"

namespace roofscape::twin {

struct SideAnswer {
  std::string_view type = "application/json";
  std::string body;
};

/// The answer at `path`; nullopt: this dialect has no such path. `running`: requests that are being
/// answered now.
std::optional<SideAnswer> SideDoor(const Script& script, std::string_view path,
                                   std::string_view body, std::int64_t running);

/// The body of an error. `param`: the request's field it is about, or "".
std::string ErrorBody(const Dialect& dialect, std::optional<Api> api, int status,
                      std::string_view message, std::string_view param = {});

/// The status of an answer to a request that is wrong.
int BadRequestStatus(const Dialect& dialect);

/// What this server says to a field that it does not take.
std::string RefusalOf(std::string_view field);

}  // namespace roofscape::twin
