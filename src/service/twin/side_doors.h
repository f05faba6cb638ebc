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

/// What is wrong, as its answer tells it.
struct Refusal {
  int status = 500;
  std::string message;
  std::string_view param = {};  // The request's field that it is about.
  std::string_view code = {};   // OpenAI's word for it, which clients ask for.
};

/// The body of an error.
std::string ErrorBody(const Dialect& dialect, std::optional<Api> api, const Refusal& refusal);

/// The status of an answer to a request that is wrong.
int BadRequestStatus(const Dialect& dialect);

/// Whether it has the model that is asked for; servers that do not look say yes.
bool Serves(const Script& script, const Ask& ask);
Refusal UnknownModel(std::string_view model);

/// What this server says to a field that it does not take.
std::string RefusalOf(std::string_view field);

}  // namespace roofscape::twin
