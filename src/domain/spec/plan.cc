#include "domain/spec/plan.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/core/names.h"
#include "domain/spec/plan_parts.h"

namespace roofscape::spec {
namespace {

constexpr std::int64_t kMaxConcurrency = 1'000'000;
constexpr std::int64_t kMaxRequests = 1'000'000'000;
constexpr double kMaxSeconds = 366 * 86400.0;
constexpr double kMaxRate = 1e6;
// A schedule and its requests are built before the run.
constexpr double kMaxScheduled = 1e7;
// utils/bench_serving of InferenceX: 10 x concurrency prompts, 2 x concurrency warm-ups.
constexpr std::int64_t kInferencexRequestsPerSlot = 10;
constexpr std::int64_t kInferencexWarmupsPerSlot = 2;
constexpr std::int64_t kMaxThreads = 1024;

Json Nullable(const auto& optional) { return optional ? Json(*optional) : Json(nullptr); }

Json ToJson(const Target& target) {
  return {{"url", target.url},
          {"api", Name(target.api)},
          {"token_counts", Name(target.token_counts)},
          {"model", target.model},
          {"header_names", target.header_names},
          {"ca_file", target.ca_file},
          {"insecure", target.insecure},
          {"extra_body", target.extra_body}};
}

/// Reads a name by its parser; the default stays where there is none.
template <class Enum>
void ReadName(ObjectReader& reader, std::string_view field, Result<Enum> parse(std::string_view),
              Enum& out) {
  std::string name(Name(out));
  reader.Optional(field, name);
  const auto parsed = parse(name);
  if (parsed) {
    out = *parsed;
  } else {
    reader.Fail(field, parsed.error().message);
  }
}

Target ReadTarget(ObjectReader& reader) {
  Target target;
  reader.Required("url", target.url);
  ReadName(reader, "api", ParseApi, target.api);
  ReadName(reader, "token_counts", ParseTokenCounts, target.token_counts);
  reader.Optional("model", target.model);
  reader.Optional("header_names", target.header_names);
  reader.Optional("ca_file", target.ca_file);
  reader.Optional("insecure", target.insecure);
  reader.Optional("extra_body", target.extra_body);
  return target;
}

Error Wrong(std::string_view field, std::string_view cure) {
  return Error{ErrorCode::kInvalidArgument, fmt::format("{}: {}", field, cure)};
}

bool IsTime(double seconds) { return seconds > 0 && seconds <= kMaxSeconds; }

bool IsCount(std::int64_t count) { return count >= 1 && count <= kMaxRequests; }

Result<> ValidateClosedLoop(const Load& load) {
  if (!load.rates_rps.empty()) {
    return Wrong("rate", "belongs to open loop: add arrivals poisson or constant, or leave it out");
  }
  if (load.protocol == Protocol::kInferencex &&
      (load.requests || load.duration_s || load.warmup ||
       load.requests_per_slot != Load().requests_per_slot)) {
    return Wrong("protocol",
                 "inferencex says itself how many requests and warm-ups there are: leave "
                 "requests, duration and warmup away");
  }
  if (load.concurrency.empty()) return Wrong("concurrency", "give at least one, e.g. 1,2,4");
  for (const std::int64_t concurrency : load.concurrency) {
    if (concurrency < 1 || concurrency > kMaxConcurrency) {
      return Wrong("concurrency",
                   fmt::format("must lie between 1 and {}, got {}", kMaxConcurrency, concurrency));
    }
  }
  return {};
}

Result<> ValidateOpenLoop(const Load& load) {
  if (!load.concurrency.empty()) {
    return Wrong("concurrency", "is for closed loop: in open loop the rate says when to send");
  }
  if (load.protocol == Protocol::kInferencex) {
    return Wrong("protocol", "inferencex is a closed loop: give concurrencies, not a rate");
  }
  if (load.arrivals == Arrivals::kBurst) {
    if (!load.rates_rps.empty()) return Wrong("rate", "a burst has none: leave it out");
    if (!load.requests) return Wrong("requests", "say how many requests the burst has");
    if (static_cast<double>(*load.requests) > kMaxScheduled) {
      return Wrong("requests", fmt::format("must be at most {:.0f} in a burst", kMaxScheduled));
    }
    return {};
  }
  if (load.requests && static_cast<double>(*load.requests) > kMaxScheduled) {
    return Wrong("requests", fmt::format("must be at most {:.0f} in open loop", kMaxScheduled));
  }
  if (load.requests_per_slot != Load().requests_per_slot) {
    return Wrong("requests_per_slot", "is for closed loop: give requests or duration");
  }
  if (load.rates_rps.empty()) return Wrong("rate", "give at least one, e.g. 2,4,8 requests/s");
  for (const double rate : load.rates_rps) {
    if (!(rate > 0 && rate <= kMaxRate)) {
      return Wrong("rate", fmt::format("must lie above 0 and at most {} requests/s", kMaxRate));
    }
    if (load.requests && static_cast<double>(*load.requests) / rate > kMaxSeconds) {
      return Wrong("rate", "is so low that the requests would take over a year");
    }
    if (load.duration_s && rate * *load.duration_s > kMaxScheduled) {
      return Wrong("duration", fmt::format("times the rate makes more than {:.0f} requests: lower "
                                           "one of them",
                                           kMaxScheduled));
    }
  }
  if (!load.requests && !load.duration_s) return Wrong("duration", "or requests must be given");
  return {};
}

Result<> ValidateLoad(const Load& load) {
  RS_RETURN_IF_ERROR(load.arrivals == Arrivals::kClosed ? ValidateClosedLoop(load)
                                                        : ValidateOpenLoop(load));
  if (load.requests && load.duration_s) {
    return Wrong("requests", "and duration both say when to stop: give one of them");
  }
  if (load.requests && !IsCount(*load.requests)) {
    return Wrong("requests", "must be 1 or more, and at most a billion");
  }
  if (!IsCount(load.requests_per_slot)) {
    return Wrong("requests_per_slot", "must be 1 or more, and at most a billion");
  }
  if (load.duration_s && !IsTime(*load.duration_s)) {
    return Wrong("duration", "must be more than 0 seconds and at most a year");
  }
  if (load.warmup && *load.warmup < 0) return Wrong("warmup", "must be 0 or more");
  if (load.repeat < 1) return Wrong("repeat", "must be 1 or more");
  return {};
}

Result<> ValidateLength(std::string_view field, const Length& length) {
  if (length.tokens < 1 || length.tokens > 100'000'000) {
    return Wrong(field, fmt::format("must be 1 token or more, got {}", length.tokens));
  }
  if (!(length.low >= 0.0 && length.low <= 1.0)) {
    return Wrong("length_spread", fmt::format("must lie between 0 and 1, got {:g}", length.low));
  }
  return {};
}

Result<> ValidateClient(const ClientSettings& client) {
  if (client.threads < 1 || client.threads > kMaxThreads) {
    return Wrong("threads", fmt::format("must lie between 1 and {}", kMaxThreads));
  }
  if (!client.cpu_affinity.empty() &&
      static_cast<std::int64_t>(client.cpu_affinity.size()) < client.threads) {
    return Wrong("cpu_affinity", "give a CPU for each of the threads");
  }
  for (const std::int64_t cpu : client.cpu_affinity) {
    if (cpu < 0 || cpu >= 4096) return Wrong("cpu_affinity", "give numbers of CPUs, e.g. 2,3");
  }
  return {};
}

/// The names of an enum's values, in their order.
constexpr std::array<std::string_view, 2> kProtocols = {"steady", "inferencex"};
constexpr std::array<std::string_view, 4> kArrivals = {"closed", "poisson", "constant", "burst"};
constexpr std::array<std::string_view, 3> kTokenCounts = {"auto", "chunk", "final"};
constexpr std::array<std::string_view, 7> kApis = {"completions", "chat", "responses", "messages",
                                                   "sglang",      "tgi",  "llamacpp"};

}  // namespace

std::string_view Name(Protocol protocol) { return kProtocols[static_cast<std::size_t>(protocol)]; }
std::string_view Name(Arrivals arrivals) { return kArrivals[static_cast<std::size_t>(arrivals)]; }
std::string_view Name(TokenCounts counts) { return kTokenCounts[static_cast<std::size_t>(counts)]; }
std::string_view Name(Api api) { return kApis[static_cast<std::size_t>(api)]; }

Result<Protocol> ParseProtocol(std::string_view name) {
  return ParseName<Protocol>("protocol", name, kProtocols);
}

Result<Arrivals> ParseArrivals(std::string_view name) {
  return ParseName<Arrivals>("arrivals", name, kArrivals);
}

Result<TokenCounts> ParseTokenCounts(std::string_view name) {
  return ParseName<TokenCounts>("token_counts", name, kTokenCounts);
}

Result<Api> ParseApi(std::string_view name) { return ParseName<Api>("api", name, kApis); }

std::vector<std::string> ApiNames() { return {kApis.begin(), kApis.end()}; }

bool HasStreamOptions(Api api) { return api == Api::kChat || api == Api::kCompletions; }

bool TakesTokenIds(Api api) {
  return api == Api::kCompletions || api == Api::kSglang || api == Api::kLlamaCpp;
}

Result<> Validate(const Plan& plan) {
  RS_RETURN_IF_ERROR(ValidateLoad(plan.load));
  RS_RETURN_IF_ERROR(ValidateClient(plan.client));
  RS_RETURN_IF_ERROR(ValidateLength("input_tokens", plan.workload.input));
  RS_RETURN_IF_ERROR(ValidateLength("output_tokens", plan.workload.output));
  if (plan.workload.prompt_form == PromptForm::kTokenIds && !TakesTokenIds(plan.target.api)) {
    return Wrong("prompt_form", fmt::format("{} takes no token ids: use --api completions, or text",
                                            Name(plan.target.api)));
  }
  const Timeouts& t = plan.timeouts;
  if (!(IsTime(t.connect_s) && IsTime(t.first_byte_s) && IsTime(t.idle_s) && IsTime(t.request_s))) {
    return Wrong("timeouts", "each must be more than 0 seconds and at most a year");
  }
  if (!plan.target.extra_body.empty()) {
    RS_ASSIGN_OR_RETURN(const Document extra, ParseJson(plan.target.extra_body, "extra_body"));
    if (!extra.value().is_object()) return Wrong("extra_body", "must be a JSON object");
  }
  return {};
}

std::vector<LoadLevel> LevelsOf(const Load& load) {
  std::vector<LoadLevel> levels;
  for (const std::int64_t concurrency : load.concurrency) levels.push_back({concurrency, {}});
  for (const double rate : load.rates_rps) levels.push_back({0, rate});
  if (levels.empty()) levels.push_back({});
  return levels;
}

std::optional<std::int64_t> RequestsAt(const Load& load, std::int64_t concurrency) {
  if (load.duration_s) return std::nullopt;
  const std::int64_t per_slot =
      load.protocol == Protocol::kInferencex ? kInferencexRequestsPerSlot : load.requests_per_slot;
  return load.requests.value_or(per_slot * concurrency);
}

std::int64_t WarmupAt(const Load& load, std::int64_t concurrency) {
  const std::int64_t per_slot =
      load.protocol == Protocol::kInferencex ? kInferencexWarmupsPerSlot : 1;
  return load.warmup.value_or(per_slot * concurrency);
}

Json ToJson(const Load& load) {
  return {{"concurrency", load.concurrency},
          {"arrivals", Name(load.arrivals)},
          {"rates_rps", load.rates_rps},
          {"protocol", Name(load.protocol)},
          {"requests", Nullable(load.requests)},
          {"requests_per_slot", load.requests_per_slot},
          {"duration_s", Nullable(load.duration_s)},
          {"warmup", Nullable(load.warmup)},
          {"repeat", load.repeat}};
}

Json ToJson(const Timeouts& timeouts) {
  return {{"connect_s", timeouts.connect_s},
          {"first_byte_s", timeouts.first_byte_s},
          {"idle_s", timeouts.idle_s},
          {"request_s", timeouts.request_s}};
}

Load ReadLoad(ObjectReader& reader) {
  Load load;
  reader.Optional("concurrency", load.concurrency);
  ReadName(reader, "arrivals", ParseArrivals, load.arrivals);
  reader.Optional("rates_rps", load.rates_rps);
  ReadName(reader, "protocol", ParseProtocol, load.protocol);
  reader.Optional("requests", load.requests);
  reader.Optional("requests_per_slot", load.requests_per_slot);
  reader.Optional("duration_s", load.duration_s);
  reader.Optional("warmup", load.warmup);
  reader.Optional("repeat", load.repeat);
  return load;
}

Timeouts ReadTimeouts(ObjectReader& reader) {
  Timeouts timeouts;
  reader.Optional("connect_s", timeouts.connect_s);
  reader.Optional("first_byte_s", timeouts.first_byte_s);
  reader.Optional("idle_s", timeouts.idle_s);
  reader.Optional("request_s", timeouts.request_s);
  return timeouts;
}

Json ToJson(const ClientSettings& client) {
  return {
      {"threads", client.threads}, {"cpu_affinity", client.cpu_affinity}, {"wire", client.wire}};
}

ClientSettings ReadClient(ObjectReader& reader) {
  ClientSettings client;
  reader.Optional("threads", client.threads);
  reader.Optional("cpu_affinity", client.cpu_affinity);
  reader.Optional("wire", client.wire);
  return client;
}

Json ToJson(const Plan& plan) {
  return {{"schema_version", plan.schema_version},
          {"target", ToJson(plan.target)},
          {"deployment", ToJson(plan.deployment)},
          {"workload", ToJson(plan.workload)},
          {"load", ToJson(plan.load)},
          {"timeouts", ToJson(plan.timeouts)},
          {"client", ToJson(plan.client)},
          {"seed", plan.seed},
          {"keep_text", plan.keep_text},
          {"labels", Json(plan.labels)}};
}

Result<Plan> PlanFromDocument(const Document& document) {
  Plan plan;
  ObjectReader reader(document);
  reader.Required("schema_version", plan.schema_version);
  if (plan.schema_version != kPlanSchemaVersion) {
    reader.Fail("schema_version",
                fmt::format("is {}, this Roofscape reads {}: update Roofscape, or the plan",
                            plan.schema_version, kPlanSchemaVersion));
  }
  const auto read = [&reader](std::string_view name, auto reader_of, auto& out) {
    reader.ReadInside(name, [&](ObjectReader& child) { out = reader_of(child); });
  };
  if (!reader.Has("target")) reader.Fail("target", "is missing");
  read("target", ReadTarget, plan.target);
  read("deployment", ReadDeployment, plan.deployment);
  read("workload", ReadWorkload, plan.workload);
  read("load", ReadLoad, plan.load);
  read("timeouts", ReadTimeouts, plan.timeouts);
  read("client", ReadClient, plan.client);
  auto seed = static_cast<std::int64_t>(plan.seed);
  reader.Optional("seed", seed);
  if (seed < 0) reader.Fail("seed", "must be 0 or more");
  plan.seed = static_cast<std::uint64_t>(seed);
  reader.Optional("keep_text", plan.keep_text);
  reader.Optional("labels", plan.labels);
  RS_RETURN_IF_ERROR(reader.Finish());
  const Result<> valid = Validate(plan);
  if (!valid) return valid.error().In(document.source());
  return plan;
}

}  // namespace roofscape::spec
