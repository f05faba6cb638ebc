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

/// The request form: OpenAI's four, and three servers' own.
enum class Api {
  kCompletions,  // /v1/completions
  kChat,         // /v1/chat/completions
  kResponses,    // /v1/responses
  kMessages,     // /v1/messages
  kSglang,       // SGLang's /generate
  kTgi,          // TGI's /generate_stream
  kLlamaCpp,     // llama.cpp's /completion
};

/// Whether an API has a place for prompts of token ids.
bool TakesTokenIds(Api api);

/// Whether an API is one of OpenAI's two older ones, which have stream_options and [DONE].
bool HasStreamOptions(Api api);

/// How the tokens in each chunk of an answer are counted.
enum class TokenCounts {
  kAuto,   // By the server's final count, one token an event; where the server sends several tokens
           // an event, as kChunk.
  kChunk,  // The server is asked to tell each chunk's tokens: by ids, else by usage in every chunk.
  kFinal,  // Never asked: one token an event whatever it holds.
};

/// Whom to ask. Secrets are never part of a plan: a plan is stored and published.
struct Target {
  std::string url;  // Base, e.g. "http://127.0.0.1:8080".
  Api api = Api::kChat;
  TokenCounts token_counts = TokenCounts::kAuto;
  std::string model;                      // As the server names it; empty: the first of /v1/models.
  std::vector<std::string> header_names;  // Extra headers sent; their values are not stored.
  std::string ca_file;     // https://: certificates to trust instead of the system's.
  bool insecure = false;   // https:// without a look at the certificate.
  std::string extra_body;  // JSON object merged into each request's body, or empty.

  friend bool operator==(const Target&, const Target&) = default;
};

/// The rules of a point: which window counts, how it starts and warms up.
enum class Protocol {
  kSteady,      // The steady window; see METRICS.
  kInferencex,  // As that benchmark: all at once, 2 x concurrency identical warm-ups, then
                // 10 x concurrency requests of lengths 0.8 to 1.0, whole window.
};

/// When requests are due. Open loop does not wait for answers.
enum class Arrivals {
  kClosed,    // Each user sends when its last answer has ended.
  kPoisson,   // Independent users: exponential gaps of a rate.
  kConstant,  // Equal gaps of a rate.
  kBurst,     // Everything at once.
};

/// When a point ends, how it is warmed up, and the concurrencies or rates to visit.
struct Load {
  std::vector<std::int64_t> concurrency = {1};  // Closed loop; empty in open loop.
  Arrivals arrivals = Arrivals::kClosed;
  std::vector<double> rates_rps;  // Open loop: requests a second to visit; empty for a burst.
  Protocol protocol = Protocol::kSteady;
  /// Requests sent a point; missing: `requests_per_slot` x concurrency, in open loop as many as
  /// fall into `duration_s`.
  std::optional<std::int64_t> requests;
  std::int64_t requests_per_slot = 20;
  /// Ends sending after this time instead of after a count.
  std::optional<double> duration_s;
  /// Warm-up requests a point, before the measured ones and not part of any window; missing:
  /// one for each slot, none in open loop.
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

/// How this machine generates the load.
struct ClientSettings {
  std::int64_t threads = 1;                // Event loops, each on a core of its own.
  std::vector<std::int64_t> cpu_affinity;  // CPUs to pin them to, in turn; empty: not pinned.
  bool wire = false;                       // Stamps of every segment from a packet tap.

  friend bool operator==(const ClientSettings&, const ClientSettings&) = default;
};

struct Plan {
  std::int64_t schema_version = kPlanSchemaVersion;
  Target target;
  Deployment deployment;
  Workload workload;
  Load load;
  Timeouts timeouts;
  ClientSettings client;
  std::uint64_t seed = 1;
  bool keep_text = false;
  std::map<std::string, std::string> labels;

  friend bool operator==(const Plan&, const Plan&) = default;
};

std::string_view Name(Api api);
std::string_view Name(TokenCounts counts);
std::string_view Name(Protocol protocol);
std::string_view Name(Arrivals arrivals);
Result<Protocol> ParseProtocol(std::string_view name);
Result<Arrivals> ParseArrivals(std::string_view name);
Result<Api> ParseApi(std::string_view name);
Result<TokenCounts> ParseTokenCounts(std::string_view name);
/// All names that ParseApi takes.
std::vector<std::string> ApiNames();

/// Refuses a plan that cannot be run (a concurrency of 0, a URL without host, ...), naming the
/// field and the cure.
Result<> Validate(const Plan& plan);

/// One load to measure: users at once, or (concurrency 0) open loop at a rate; a burst has neither.
struct LoadLevel {
  std::int64_t concurrency = 0;
  std::optional<double> rate_rps;
};

/// The loads to visit, in order.
std::vector<LoadLevel> LevelsOf(const Load& load);

/// Number of measured requests at a concurrency, by `requests` or `requests_per_slot`; missing when
/// the point ends by duration.
std::optional<std::int64_t> RequestsAt(const Load& load, std::int64_t concurrency);

/// Number of warm-up requests at a concurrency, 0 for open loop.
std::int64_t WarmupAt(const Load& load, std::int64_t concurrency);

/// The JSON of schema/plan.schema.json.
Json ToJson(const Plan& plan);
Result<Plan> PlanFromDocument(const Document& document);

}  // namespace roofscape::spec
