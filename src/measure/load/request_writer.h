// Writes the bytes of one request: head and body in one buffer, ready for one write.
//
// Thread safety: const methods may be called from several threads.

#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/core/json.h"
#include "base/core/result.h"
#include "base/net/http_request.h"
#include "base/net/tls_context.h"
#include "base/net/url.h"
#include "domain/spec/plan.h"
#include "domain/workload/prompt_source.h"
#include "measure/load/dialect.h"
#include "measure/load/request_body.h"

namespace roofscape::load {

/// Extra HTTP headers, e.g. {"Authorization", "Bearer ..."}: never stored, never shown.
using Headers = std::vector<net::Header>;

/// How the certificate of an https:// target is looked at.
net::TlsClientOptions TlsOptions(const spec::Target& target);

/// A request ready to be sent.
struct PreparedRequest {
  std::int64_t id = 0;
  workload::RequestShape shape;
  std::string bytes;
};

class RequestWriter {
 public:
  /// Refuses headers that would break the head, and an extra body that is no JSON object.
  static Result<RequestWriter> Create(const spec::Plan& plan, const net::Url& url,
                                      const Headers& headers, Dialect dialect);
  ~RequestWriter();
  RequestWriter(RequestWriter&&) noexcept;

  /// Request number `id` with the lengths and the prompt that the workload gives it.
  PreparedRequest Prepare(std::int64_t id) const;

  /// Prompt number `id`, as the dialect wants it, that the server counts as `input_tokens`: exactly
  /// for token ids, nearly for text.
  Prompt PromptOf(std::int64_t id, std::int64_t input_tokens) const;

  /// The JSON body for what is asked, with the user's --extra-body in it.
  Json Body(const Ask& ask) const;

  /// Request number `id` with that body, ready to be sent.
  std::string Bytes(std::int64_t id, const Json& body) const;

  /// The path of the API's endpoint, e.g. "/v1/chat/completions".
  const std::string& path() const { return path_; }

  /// The headers of every request, but Host and those of the body's length.
  const Headers& headers() const { return headers_; }

 private:
  RequestWriter(const spec::Plan& plan, const net::Url& url, const Headers& headers,
                Dialect dialect);

  spec::Plan plan_;
  Dialect dialect_;
  workload::PromptSource prompts_;
  std::string path_;
  std::string host_;
  Headers headers_;
  bool names_requests_ = true;   // By X-Request-Id: seed and prompt number.
  std::unique_ptr<Json> extra_;  // The user's --extra-body.
};

}  // namespace roofscape::load
