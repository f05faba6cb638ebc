// What is to be run: where, what, how hard, until when. `roofscape bench` makes one from its flags;
// it is stored with the run, so that the run can be repeated.
//
// Ownership: plain values. Thread safety: plain values.

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/core/document.h"
#include "base/core/json.h"
#include "base/core/result.h"
#include "base/core/units.h"
#include "domain/spec/deployment.h"
#include "domain/spec/workload.h"

namespace roofscape::spec {

inline constexpr std::int64_t kPlanSchemaVersion = 1;

/// The request form of an OpenAI-compatible server.
enum class Api { kCompletions, kChat };

/// Whom to ask. Secrets are never part of a plan: a plan is stored and published.
struct Target {
  std::string url;  // Base, e.g. "http://127.0.0.1:8080".
  Api api = Api::kChat;
  std::string model;                      // As the server names it; empty: the first of /v1/models.
  std::vector<std::string> header_names;  // Extra headers sent; their values are not stored.
  std::string extra_body;                 // JSON object merged into each request's body, or empty.

  friend bool operator==(const Target&, const Target&) = default;
};

/// When a point ends, how it is warmed up, and the concurrencies to visit.
struct Load {
  std::vector<std::int64_t> concurrency = {1};
  /// Requests sent a point; missing: `requests_per_slot` x concurrency.
  std::optional<std::int64_t> requests;
  std::int64_t requests_per_slot = 20;
  /// Ends sending after this time instead of after a count.
  std::optional<double> duration_s;
  /// Warm-up requests a point, before the measured ones and not part of any window; missing:
  /// one for each slot.
  std::optional<std::int64_t> warmup;
  /// Measure each point this many times.
  std::int64_t repeat = 1;

  friend bool operator==(const Load&, const Load&) = default;
};

/// A limit for each phase of a request; a passed limit fails the request with kTimeout.
struct Timeouts {
  double connect_s = 10;
  double first_byte_s = 600;  // From sent to the first byte of the answer's body.
  double idle_s = 120;        // Between two reads of one answer.
  double request_s = 3600;    // From sent to the end.

  friend bool operator==(const Timeouts&, const Timeouts&) = default;
};

struct Plan {
  std::int64_t schema_version = kPlanSchemaVersion;
  Target target;
  Deployment deployment;
  Workload workload;
  Load load;
  Timeouts timeouts;
  std::uint64_t seed = 1;
  bool keep_text = false;
  std::map<std::string, std::string> labels;

  friend bool operator==(const Plan&, const Plan&) = default;
};

std::string_view Name(Api api);
Result<Api> ParseApi(std::string_view name);

/// Refuses a plan that cannot be run (a concurrency of 0, a URL without host, ...), naming the
/// field and the cure.
Result<> Validate(const Plan& plan);

/// Number of measured requests at a concurrency, by `requests` or `requests_per_slot`; missing when
/// the point ends by duration.
std::optional<std::int64_t> RequestsAt(const Load& load, std::int64_t concurrency);

/// Number of warm-up requests at a concurrency.
std::int64_t WarmupAt(const Load& load, std::int64_t concurrency);

/// The JSON of schema/plan.schema.json.
Json ToJson(const Plan& plan);
Result<Plan> PlanFromDocument(const Document& document);

}  // namespace roofscape::spec
