#include "measure/load/request_writer.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/net/http_parser.h"

namespace roofscape::load {
namespace {

// Engines write it into their logs, so that both sides' records of a request can be joined.
constexpr const char* kRequestId = "X-Request-Id";

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

Json RequestWriter::Body(const Ask& ask) const {
  Json body = RequestBody(plan_, dialect_, ask);
  body.update(*extra_, /*merge_objects=*/true);
  return body;
}

std::string RequestWriter::Bytes(std::int64_t id, const Json& body) const {
  const std::string text = body.dump(-1, ' ', false, Json::error_handler_t::replace);
  Headers headers = headers_;
  if (names_requests_) headers.push_back({kRequestId, fmt::format("{}-{}", plan_.seed, id)});
  // Create() has shown that this head can be written.
  auto head = net::RequestHead("POST", path_, host_, headers, text.size());
  return *std::move(head) + text;
}

PreparedRequest RequestWriter::Prepare(std::int64_t id) const {
  PreparedRequest request;
  request.id = id;
  request.shape = prompts_.ShapeOf(id);
  const Prompt prompt = PromptOf(id, request.shape.input_tokens);
  request.bytes = Bytes(id, Body({prompt, request.shape.output_tokens, /*stream=*/true}));
  return request;
}

}  // namespace roofscape::load
