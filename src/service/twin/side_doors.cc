#include "service/twin/side_doors.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/core/json.h"
#include "base/core/text.h"
#include "service/twin/metrics_page.h"
#include "service/twin/reply_format.h"

namespace roofscape::twin {
namespace {

constexpr std::int64_t kCreated = 1'700'000'000;

std::string Dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string Models(const Script& script, std::int64_t context_tokens) {
  const Dialect& dialect = DialectOf(script.dialect);
  Json model = {{"id", script.model}, {"object", "model"}, {"owned_by", dialect.owned_by}};
  if (dialect.name != DialectName::kGolden) model["created"] = kCreated;
  if (dialect.name == DialectName::kTgi) {
    model["owned_by"] = script.model.substr(0, script.model.find('/'));
  } else if (dialect.name == DialectName::kVllm || dialect.name == DialectName::kSglang) {
    model["root"] = script.model;
    model["max_model_len"] = context_tokens;
  } else if (dialect.name == DialectName::kLlamaCpp) {
    model["meta"] = {{"n_ctx_train", context_tokens}, {"n_params", 8'000'000'000}};
  }
  return Dump({{"object", "list"}, {"data", Json::array({model})}});
}

std::string ServerInfo(const Script& script, const Readings& readings) {
  const std::int64_t context_tokens = readings.context_tokens;
  const Dialect& dialect = DialectOf(script.dialect);
  switch (dialect.name) {
    case DialectName::kSglang:
      return Dump({{"model_path", script.model},
                   {"served_model_name", script.model},
                   {"version", dialect.version},
                   {"max_total_num_tokens",
                    readings.live == nullptr ? 8 * context_tokens
                                             : readings.live->blocks * readings.live->block_tokens},
                   {"internal_states", Json::array({Json::object()})}});
    case DialectName::kLlamaCpp:
      return Dump({{"default_generation_settings", {{"n_ctx", context_tokens}}},
                   {"total_slots", 64},
                   {"model_path", script.model},
                   {"chat_template", ""},
                   {"build_info", dialect.version}});
    case DialectName::kTgi:
      return Dump({{"model_id", script.model},
                   {"model_sha", nullptr},
                   {"model_pipeline_tag", "text-generation"},
                   {"max_concurrent_requests", 128},
                   {"max_input_tokens", context_tokens - 1},
                   {"max_total_tokens", context_tokens},
                   {"router", "text-generation-router"},
                   {"version", dialect.version},
                   {"sha", nullptr}});
    default: return Dump({{"version", dialect.version}});
  }
}

/// The text in one of the fields that servers call it by.
std::string TextOf(std::string_view body) {
  const Json json = Json::parse(body, nullptr, /*allow_exceptions=*/false);
  for (const char* field : {"content", "prompt", "text", "inputs"}) {
    if (!json.is_object() || !json.contains(field) || !json[field].is_string()) continue;
    return json[field].get<std::string>();
  }
  return {};
}

/// One id a word: enough for a client that wants prompts of token ids.
std::string Tokenize(const Dialect& dialect, std::string_view body, std::int64_t context_tokens) {
  const std::string text = TextOf(body);
  const auto words = text.empty() ? 0 : 1 + std::count(text.begin(), text.end(), ' ');
  Json ids = Json::array();
  Json pieces = Json::array();
  std::size_t begin = 0;
  for (std::int64_t i = 0; i < words; ++i) {
    const std::size_t end = std::min(text.find(' ', begin + (i > 0 ? 1 : 0)), text.size());
    ids.push_back(TokenIdAt(i));
    pieces.push_back({{"id", ids.back()},
                      {"text", text.substr(begin, end - begin)},
                      {"start", begin},
                      {"stop", end}});
    begin = end;
  }
  switch (dialect.name) {
    case DialectName::kTgi: return Dump(pieces);
    case DialectName::kLlamaCpp: return Dump({{"tokens", ids}});
    case DialectName::kVllm:
    case DialectName::kSglang:
      return Dump({{"count", words}, {"max_model_len", context_tokens}, {"tokens", ids}});
    default: return Dump({{"tokens", ids}, {"count", words}});
  }
}

bool Tokenizes(DialectName name) {
  switch (name) {
    case DialectName::kGolden:
    case DialectName::kVllm:
    case DialectName::kSglang:
    case DialectName::kLlamaCpp:
    case DialectName::kTgi: return true;
    default: return false;
  }
}

bool IsInfoPath(DialectName name, std::string_view path) {
  switch (name) {
    case DialectName::kVllm:
    case DialectName::kTensorRtLlm: return path == "/version";
    case DialectName::kSglang:
      return path == "/get_server_info" || path == "/server_info" || path == "/get_model_info";
    case DialectName::kLlamaCpp: return path == "/props";
    case DialectName::kTgi: return path == "/info";
    default: return false;
  }
}

std::string_view TypeOf(int status) {
  if (status >= 500) return "InternalServerError";
  if (status == 404) return "NotFoundError";
  return status == 429 ? "RateLimitError" : "BadRequestError";
}

/// As OpenAI, llama.cpp and Anthropic name them.
std::string_view LowerTypeOf(int status) {
  if (status >= 500) return "server_error";
  if (status == 404) return "not_found_error";
  return status == 429 ? "rate_limit_error" : "invalid_request_error";
}

}  // namespace

std::optional<SideAnswer> SideDoor(const Script& script, std::string_view path,
                                   std::string_view body, const Readings& readings) {
  const Dialect& dialect = DialectOf(script.dialect);
  if (path == "/v1/models") return SideAnswer{.body = Models(script, readings.context_tokens)};
  if (path == "/health") return SideAnswer{.body = R"({"status":"ok"})"};
  if (path == "/tokenize" && Tokenizes(dialect.name)) {
    return SideAnswer{.body = Tokenize(dialect, body, readings.context_tokens)};
  }
  if (auto page = MetricsAt(path, dialect, script.model, readings)) {
    return SideAnswer{page->type, std::move(page->body)};
  }
  if (IsInfoPath(dialect.name, path)) return SideAnswer{.body = ServerInfo(script, readings)};
  return std::nullopt;
}

int BadRequestStatus(const Dialect& dialect) {
  return dialect.error == ErrorShape::kTgi ? 422 : 400;
}

bool Serves(const Script& script, const Ask& ask) {
  return !DialectOf(script.dialect).checks_model || ask.model.empty() || ask.model == script.model;
}

Refusal UnknownModel(std::string_view model) {
  return {404,
          fmt::format("this server does not have the model '{}'; /v1/models lists what it has",
                      Printable(model, 80)),
          "model", "model_not_found"};
}

std::string RefusalOf(std::string_view field) {
  std::string text = fmt::format("Unrecognized request argument supplied: {}", field);
  if (field == "max_tokens") text += ". Use max_completion_tokens instead.";
  return text;
}

std::string ErrorBody(const Dialect& dialect, std::optional<Api> api, const Refusal& refusal) {
  const int status = refusal.status;
  const std::string& message = refusal.message;
  const Json about = refusal.param.empty() ? Json() : Json(refusal.param);
  if (api == Api::kMessages) {
    return Dump(
        {{"type", "error"},
         {"error",
          {{"type", status >= 500 ? "api_error" : LowerTypeOf(status)}, {"message", message}}}});
  }
  if (api == Api::kSglang) return Dump({{"error", {{"message", message}}}});
  if (api == Api::kTgi || dialect.error == ErrorShape::kTgi) {
    const std::string_view type = status == 429   ? "overloaded"
                                  : status >= 500 ? "generation"
                                                  : "validation";
    return Dump({{"error", message}, {"error_type", type}});
  }
  switch (dialect.error) {
    case ErrorShape::kVllm:
      return Dump(
          {{"error",
            {{"message", message}, {"type", TypeOf(status)}, {"param", about}, {"code", status}}}});
    case ErrorShape::kFlat:
      return Dump({{"object", "error"},
                   {"message", message},
                   {"type", TypeOf(status)},
                   {"param", about},
                   {"code", status}});
    case ErrorShape::kLlama:
      return Dump(
          {{"error", {{"code", status}, {"message", message}, {"type", LowerTypeOf(status)}}}});
    case ErrorShape::kDynamo:
      return Dump({{"message", message}, {"type", TypeOf(status)}, {"code", status}});
    case ErrorShape::kOpenAi:
      return Dump({{"error",
                    {{"message", message},
                     {"type", LowerTypeOf(status)},
                     {"param", about},
                     {"code", refusal.code.empty() ? Json() : Json(refusal.code)}}}});
    default: return Dump({{"error", {{"message", message}, {"type", "invalid_request_error"}}}});
  }
}

}  // namespace roofscape::twin
