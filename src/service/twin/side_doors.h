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
#include "service/twin/readings.h"
#include "service/twin/script.h"

namespace roofscape::twin {

struct SideAnswer {
  std::string_view type = "application/json";
  std::string body;
};

/// The answer at `path`; nullopt: this dialect has no such path.
std::optional<SideAnswer> SideDoor(const Script& script, std::string_view path,
                                   std::string_view body, const Readings& readings);

/// The body of an error. `param`: the request's field it is about, or "".
std::string ErrorBody(const Dialect& dialect, std::optional<Api> api, int status,
                      std::string_view message, std::string_view param = {});

/// The status of an answer to a request that is wrong.
int BadRequestStatus(const Dialect& dialect);

/// Whether it has the model that is asked for; servers that do not look say yes.
bool Serves(const Script& script, const Ask& ask);
std::string UnknownModel(std::string_view model);

/// What this server says to a field that it does not take.
std::string RefusalOf(std::string_view field);

}  // namespace roofscape::twin
