// The JSON body of one request in each API that we speak, with the fields that the server of this
// dialect understands. docs/reference/dialects.md tells them.
//
// Thread safety: pure functions.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/core/json.h"
#include "base/net/url.h"
#include "domain/spec/plan.h"
#include "measure/load/dialect.h"

namespace roofscape::load {

/// Token ids, or text.
using Prompt = std::variant<std::vector<std::int32_t>, std::string>;

/// What a body asks for.
struct Ask {
  const Prompt& prompt;
  std::int64_t output_tokens = 1;
  bool stream = true;
};

/// REQUIRES: token ids only where spec::TakesTokenIds(plan.target.api).
Json RequestBody(const spec::Plan& plan, const Dialect& dialect, const Ask& ask);

/// The path of an API's endpoint, e.g. "/v1/chat/completions", below whatever path the user gave; a
/// given "/v1" is not doubled.
std::string EndpointPath(const net::Url& url, spec::Api api);

/// A path beside the API's own, e.g. "/tokenize": below the user's path, without its "/v1".
std::string ServerPath(const net::Url& url, std::string_view path);

}  // namespace roofscape::load
