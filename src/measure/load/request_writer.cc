#include "measure/load/openai_request.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/net/http_parser.h"

namespace roofscape::load {
namespace {

// Engines write it into their logs, so that both sides' records of a request can be joined.
constexpr const char* kRequestId = "X-Request-Id";

/// "/v1/chat/completions" below whatever path the user gave; a given "/v1" is not doubled.
std::string EndpointPath(const net::Url& url, spec::Api api) {
  std::string base = url.path;
  while (base.ends_with('/')) base.pop_back();
  if (!base.ends_with("/v1")) base += "/v1";
  return base + (api == spec::Api::kChat ? "/chat/completions" : "/completions");
}

/// Ours that the user does not name, then the user's.
Headers AllHeaders(const Headers& given) {
  Headers headers;
  for (const net::Header& ours :
       {net::Header{"Content-Type", "application/json"}, net::Header{"Accept", "text/event-stream"},
        net::Header{"User-Agent", "roofscape"}}) {
    const bool named = std::any_of(given.begin(), given.end(), [&ours](const net::Header& header) {
      return net::EqualsIgnoreCase(header.name, ours.name);
    });
    if (!named) headers.push_back(ours);
  }
  headers.insert(headers.end(), given.begin(), given.end());
  return headers;
}

}  // namespace

net::TlsClientOptions TlsOptions(const spec::Target& target) {
  return {target.ca_file, !target.insecure};
}

RequestWriter::RequestWriter(const spec::Plan& plan, const net::Url& url, const Headers& headers,
                             Dialect dialect)
    : plan_(plan),
      dialect_(std::move(dialect)),
      prompts_(plan.workload, plan.seed),
      path_(EndpointPath(url, plan.target.api)),
      host_(url.HostHeader()),
      headers_(AllHeaders(headers)),
      names_requests_(std::none_of(headers.begin(), headers.end(),
                                   [](const net::Header& header) {
                                     return net::EqualsIgnoreCase(header.name, kRequestId);
                                   })),
      extra_(std::make_unique<Json>(
          plan.target.extra_body.empty() ? Json::object() : Json::parse(plan.target.extra_body))) {}

Result<RequestWriter> RequestWriter::Create(const spec::Plan& plan, const net::Url& url,
                                            const Headers& headers, Dialect dialect) {
  RS_RETURN_IF_ERROR(spec::Validate(plan));
  RequestWriter writer(plan, url, headers, std::move(dialect));
  const auto head =
      net::RequestHead("POST", writer.path_, writer.host_, writer.headers_, /*body_bytes=*/1);
  if (!head) return head.error();
  return writer;
}

RequestWriter::~RequestWriter() = default;
RequestWriter::RequestWriter(RequestWriter&&) noexcept = default;

Prompt RequestWriter::PromptOf(std::int64_t id, std::int64_t input_tokens) const {
  if (!dialect_.alphabet.empty()) {
    const auto count = std::max<std::int64_t>(1, input_tokens - dialect_.added_tokens);
    return prompts_.TokenIds(id, count, dialect_.alphabet);
  }
  const double tokens = static_cast<double>(input_tokens) - dialect_.text.overhead_tokens;
  return prompts_.Text(id, tokens, dialect_.text.cost);
}

std::string RequestWriter::Body(const Prompt& prompt, std::int64_t output_tokens,
                                bool stream) const {
  Json body = {{"model", dialect_.model}};
  if (const auto* ids = std::get_if<std::vector<std::int32_t>>(&prompt)) {
    body["prompt"] = *ids;
  } else if (plan_.target.api == spec::Api::kCompletions) {
    body["prompt"] = std::get<std::string>(prompt);
  } else {
    body["messages"] =
        Json::array({{{"role", "user"}, {"content", std::get<std::string>(prompt)}}});
  }
  body[dialect_.length_field] = output_tokens;
  body["stream"] = stream;
  if (stream && dialect_.stream_usage) body["stream_options"] = {{"include_usage", true}};
  if (dialect_.sampling) body["temperature"] = 0;
  if (dialect_.ignore_eos && plan_.workload.ignore_eos) {
    body["ignore_eos"] = true;
    // llama.cpp has no min_tokens; ignore_eos alone gives the exact length there.
    if (dialect_.engine != EngineKind::kLlamaCpp) body["min_tokens"] = output_tokens;
  }
  if (dialect_.cache_prompt) body["cache_prompt"] = plan_.workload.prompt_cache;
  body.update(*extra_, /*merge_objects=*/true);
  return body.dump(-1, ' ', false, Json::error_handler_t::replace);
}

PreparedRequest RequestWriter::Prepare(std::int64_t id) const {
  PreparedRequest request;
  request.id = id;
  request.shape = prompts_.ShapeOf(id);
  const std::string body =
      Body(PromptOf(id, request.shape.input_tokens), request.shape.output_tokens, /*stream=*/true);
  Headers headers = headers_;
  if (names_requests_) headers.push_back({kRequestId, fmt::format("{}-{}", plan_.seed, id)});
  // Create() has shown that this head can be written.
  auto head = net::RequestHead("POST", path_, host_, headers, body.size());
  request.bytes = *std::move(head) + body;
  return request;
}

}  // namespace roofscape::load
