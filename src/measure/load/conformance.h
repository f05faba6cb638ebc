// Which promises a server keeps that a benchmark builds on: exact lengths, counts, ids, ends,
// errors, and whether it stops working for a client that has gone. Each is tried with a few small
// requests and told with what was seen. docs/reference/dialects.md says why each matters.
//
// Thread safety: each call is on its own.

#pragma once

#include <atomic>
#include <string>
#include <string_view>
#include <vector>

#include "base/core/clock.h"
#include "base/core/json.h"
#include "base/core/result.h"
#include "base/net/url.h"
#include "domain/spec/plan.h"
#include "measure/load/dialect.h"
#include "measure/load/request_writer.h"

namespace roofscape::load {

enum class Standing {
  kKept,
  kBroken,
  kAbsent,   // Refused or not offered: clear, and nothing is wrong with it.
  kUnknown,  // Could not be seen here; `seen` says why.
};
std::string_view Name(Standing standing);

struct Promise {
  std::string name;  // e.g. "exact length"
  Standing standing = Standing::kUnknown;
  std::string seen;  // What the server did.
  std::string then;  // What follows from it for a benchmark; empty where it is kept.
};

struct Conformance {
  Dialect dialect;  // The form that `bench` would use.
  std::string api;
  std::vector<Promise> promises;
};

/// Errors are those of ProbeServer: a server that cannot be used at all.
Result<Conformance> CheckConformance(const spec::Plan& plan, const net::Url& url,
                                     const Headers& headers, const Clock& clock,
                                     const std::atomic<bool>* stop = nullptr);

/// The fields that `bench` would send, in words.
std::string RequestForm(const Dialect& dialect);

/// One object: engine, api, form, promises.
Json ToJson(const Conformance& conformance);

}  // namespace roofscape::load
