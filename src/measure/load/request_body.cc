#include "measure/load/request_body.h"

#include <nlohmann/json.hpp>

#include "base/core/check.h"

namespace roofscape::load {
namespace {

using spec::Api;

/// Writes the prompt under the name that a text has, or the one that ids have.
void PutPrompt(const Prompt& prompt, const char* text_name, const char* ids_name, Json& body) {
  if (const auto* ids = std::get_if<std::vector<std::int32_t>>(&prompt)) {
    RS_CHECK(ids_name != nullptr);
    body[ids_name] = *ids;
  } else {
    body[text_name] = std::get<std::string>(prompt);
  }
}

Json UserMessage(const Prompt& prompt) {
  Json message;
  message["role"] = "user";
  PutPrompt(prompt, "content", nullptr, message);
  return Json::array({message});
}

/// Exact lengths: no end before the asked number of tokens. Where `min_name` is null, ignoring the
/// end token is all that the server needs.
void PutExactLength(const spec::Plan& plan, const Dialect& dialect, const Ask& ask,
                    const char* min_name, Json& fields) {
  if (!dialect.ignore_eos || !plan.workload.ignore_eos) return;
  fields["ignore_eos"] = true;
  if (min_name != nullptr && dialect.min_tokens) fields[min_name] = ask.output_tokens;
}

void PutStreamOptions(const Dialect& dialect, const Ask& ask, Json& body) {
  if (!ask.stream || !dialect.stream_usage) return;
  body["stream_options"] = {{"include_usage", true}};
  if (dialect.chunk_usage) body["stream_options"]["continuous_usage_stats"] = true;
}

/// /v1/chat/completions and /v1/completions.
Json OpenAiBody(const spec::Plan& plan, const Dialect& dialect, const Ask& ask) {
  Json body = {{"model", dialect.model}};
  if (plan.target.api == Api::kChat) {
    body["messages"] = UserMessage(ask.prompt);
  } else {
    PutPrompt(ask.prompt, "prompt", "prompt", body);
  }
  body[dialect.length_field] = ask.output_tokens;
  body["stream"] = ask.stream;
  PutStreamOptions(dialect, ask, body);
  if (dialect.sampling) body["temperature"] = 0;
  if (dialect.token_ids) body["return_token_ids"] = true;
  // llama.cpp has no min_tokens.
  PutExactLength(plan, dialect, ask,
                 dialect.engine == EngineKind::kLlamaCpp ? nullptr : "min_tokens", body);
  if (dialect.cache_prompt) body["cache_prompt"] = plan.workload.prompt_cache;
  return body;
}

Json ResponsesBody(const spec::Plan& plan, const Dialect& dialect, const Ask& ask) {
  Json body = {{"model", dialect.model},
               {"max_output_tokens", ask.output_tokens},
               {"stream", ask.stream},
               {"store", false}};  // Nothing of a benchmark is worth keeping on the server.
  PutPrompt(ask.prompt, "input", nullptr, body);
  if (dialect.sampling) body["temperature"] = 0;
  PutExactLength(plan, dialect, ask, "min_tokens", body);
  return body;
}

Json MessagesBody(const spec::Plan& plan, const Dialect& dialect, const Ask& ask) {
  Json body = {{"model", dialect.model},
               {"max_tokens", ask.output_tokens},
               {"messages", UserMessage(ask.prompt)},
               {"stream", ask.stream}};
  if (dialect.sampling) body["temperature"] = 0;
  PutExactLength(plan, dialect, ask, "min_tokens", body);
  return body;
}

Json SglangBody(const spec::Plan& plan, const Dialect& dialect, const Ask& ask) {
  Json sampling = {{"max_new_tokens", ask.output_tokens}};
  if (dialect.sampling) sampling["temperature"] = 0;
  PutExactLength(plan, dialect, ask, "min_new_tokens", sampling);
  Json body = {{"sampling_params", sampling}, {"stream", ask.stream}};
  PutPrompt(ask.prompt, "text", "input_ids", body);
  return body;
}

/// TGI knows no way to go on behind the end token.
Json TgiBody(const Ask& ask) {
  Json body = {{"parameters",
                {{"max_new_tokens", ask.output_tokens}, {"do_sample", false}, {"details", true}}}};
  PutPrompt(ask.prompt, "inputs", nullptr, body);
  return body;
}

Json LlamaCppBody(const spec::Plan& plan, const Dialect& dialect, const Ask& ask) {
  Json body = {{"n_predict", ask.output_tokens}, {"stream", ask.stream}};
  PutPrompt(ask.prompt, "prompt", "prompt", body);
  if (dialect.sampling) body["temperature"] = 0;
  if (dialect.token_ids) body["return_tokens"] = true;
  PutExactLength(plan, dialect, ask, nullptr, body);
  if (dialect.cache_prompt) body["cache_prompt"] = plan.workload.prompt_cache;
  return body;
}

}  // namespace

Json RequestBody(const spec::Plan& plan, const Dialect& dialect, const Ask& ask) {
  switch (plan.target.api) {
    case Api::kChat:
    case Api::kCompletions: return OpenAiBody(plan, dialect, ask);
    case Api::kResponses: return ResponsesBody(plan, dialect, ask);
    case Api::kMessages: return MessagesBody(plan, dialect, ask);
    case Api::kSglang: return SglangBody(plan, dialect, ask);
    case Api::kTgi: return TgiBody(ask);
    case Api::kLlamaCpp: return LlamaCppBody(plan, dialect, ask);
  }
  RS_CHECK(false && "unknown Api");
  return {};
}

std::string EndpointPath(const net::Url& url, Api api) {
  std::string base = url.path;
  while (base.ends_with('/')) base.pop_back();
  const bool versioned = base.ends_with("/v1");
  switch (api) {
    case Api::kChat: return base + (versioned ? "" : "/v1") + "/chat/completions";
    case Api::kCompletions: return base + (versioned ? "" : "/v1") + "/completions";
    case Api::kResponses: return base + (versioned ? "" : "/v1") + "/responses";
    case Api::kMessages: return base + (versioned ? "" : "/v1") + "/messages";
    case Api::kSglang: return ServerPath(url, "/generate");
    case Api::kTgi: return ServerPath(url, "/generate_stream");
    case Api::kLlamaCpp: return ServerPath(url, "/completion");
  }
  RS_CHECK(false && "unknown Api");
  return base;
}

std::string ServerPath(const net::Url& url, std::string_view path) {
  std::string base = url.path;
  while (base.ends_with('/')) base.pop_back();
  if (base.ends_with("/v1")) base.resize(base.size() - 3);
  return base + std::string(path);
}

}  // namespace roofscape::load
