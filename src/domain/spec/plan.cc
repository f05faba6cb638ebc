#include "domain/spec/plan.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace roofscape::spec {
namespace {

constexpr std::int64_t kMaxConcurrency = 1'000'000;
constexpr std::int64_t kMaxRequests = 1'000'000'000;
constexpr double kMaxSeconds = 366 * 86400.0;

Json Nullable(const auto& optional) { return optional ? Json(*optional) : Json(nullptr); }

Json ToJson(const Target& target) {
  return {{"url", target.url},
          {"api", Name(target.api)},
          {"model", target.model},
          {"header_names", target.header_names},
          {"extra_body", target.extra_body}};
}

Json ToJson(const Load& load) {
  return {{"concurrency", load.concurrency},
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

Target ReadTarget(ObjectReader& reader) {
  Target target;
  reader.Required("url", target.url);
  std::string api(Name(target.api));
  reader.Optional("api", api);
  const auto parsed = ParseApi(api);
  if (parsed) {
    target.api = *parsed;
  } else {
    reader.Fail("api", parsed.error().message);
  }
  reader.Optional("model", target.model);
  reader.Optional("header_names", target.header_names);
  reader.Optional("extra_body", target.extra_body);
  return target;
}

Load ReadLoad(ObjectReader& reader) {
  Load load;
  reader.Optional("concurrency", load.concurrency);
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

Error Wrong(std::string_view field, std::string_view cure) {
  return Error{ErrorCode::kInvalidArgument, fmt::format("{}: {}", field, cure)};
}

bool IsTime(double seconds) { return seconds > 0 && seconds <= kMaxSeconds; }

bool IsCount(std::int64_t count) { return count >= 1 && count <= kMaxRequests; }

Result<> ValidateLoad(const Load& load) {
  if (load.concurrency.empty()) return Wrong("concurrency", "give at least one, e.g. 1,2,4");
  for (const std::int64_t concurrency : load.concurrency) {
    if (concurrency < 1 || concurrency > kMaxConcurrency) {
      return Wrong("concurrency",
                   fmt::format("must lie between 1 and {}, got {}", kMaxConcurrency, concurrency));
    }
  }
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

}  // namespace

std::string_view Name(Api api) { return api == Api::kChat ? "chat" : "completions"; }

Result<Api> ParseApi(std::string_view name) {
  if (name == "chat") return Api::kChat;
  if (name == "completions") return Api::kCompletions;
  return Error{ErrorCode::kInvalidArgument,
               fmt::format("api '{}' is unknown: use chat or completions", name)};
}

Result<> Validate(const Plan& plan) {
  RS_RETURN_IF_ERROR(ValidateLoad(plan.load));
  RS_RETURN_IF_ERROR(ValidateLength("input_tokens", plan.workload.input));
  RS_RETURN_IF_ERROR(ValidateLength("output_tokens", plan.workload.output));
  if (plan.workload.prompt_form == PromptForm::kTokenIds && plan.target.api == Api::kChat) {
    return Wrong("prompt_form", "chat takes no token ids: use --api completions, or text");
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

std::optional<std::int64_t> RequestsAt(const Load& load, std::int64_t concurrency) {
  if (load.duration_s) return std::nullopt;
  return load.requests.value_or(load.requests_per_slot * concurrency);
}

std::int64_t WarmupAt(const Load& load, std::int64_t concurrency) {
  return load.warmup.value_or(concurrency);
}

Json ToJson(const Plan& plan) {
  return {{"schema_version", plan.schema_version},
          {"target", ToJson(plan.target)},
          {"deployment", ToJson(plan.deployment)},
          {"workload", ToJson(plan.workload)},
          {"load", ToJson(plan.load)},
          {"timeouts", ToJson(plan.timeouts)},
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
    if (auto child = reader.Child(name)) {
      out = reader_of(*child);
      reader.Merge(*child);
    }
  };
  if (!reader.Has("target")) reader.Fail("target", "is missing");
  read("target", ReadTarget, plan.target);
  read("deployment", ReadDeployment, plan.deployment);
  read("workload", ReadWorkload, plan.workload);
  read("load", ReadLoad, plan.load);
  read("timeouts", ReadTimeouts, plan.timeouts);
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
