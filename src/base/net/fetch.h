// One small HTTP exchange, blocking: model lists, health, metrics. Not for anything measured.
//
// Thread safety: each call is on its own.

#pragma once

#include <atomic>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/core/clock.h"
#include "base/core/result.h"
#include "base/net/http_request.h"
#include "base/net/tls_context.h"
#include "base/net/url.h"

namespace roofscape::net {

struct HttpResponse {
  int status = 0;
  std::vector<Header> headers;
  std::string body;

  /// The first header of that name in any case.
  std::optional<std::string_view> Find(std::string_view name) const;
};

struct FetchOptions {
  std::string method = "GET";
  std::vector<Header> headers;
  std::string body;
  Nanos timeout = std::chrono::seconds(10);
  std::size_t max_body_bytes = std::size_t{64} << 20;
  TlsClientOptions tls;                     // For https://.
  const std::atomic<bool>* stop = nullptr;  // True: give up with kCancelled.
};

/// Sends one request to `target` ("/v1/models") of the URL's server (its own path is not used) and
/// returns whatever status comes back; only a missing or broken answer is an error.
Result<HttpResponse> Fetch(const Url& url, std::string_view target, const FetchOptions& options,
                           const Clock& clock);

}  // namespace roofscape::net
