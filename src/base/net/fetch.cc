#include "base/net/fetch.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/net/address.h"
#include "base/net/http_client.h"
#include "base/net/reactor.h"

namespace roofscape::net {
namespace {

class Collector final : public ExchangeHandler {
 public:
  Collector(HttpConnection& connection, const Endpoint& endpoint, std::size_t max_body_bytes)
      : connection_(connection), endpoint_(endpoint), max_body_bytes_(max_body_bytes) {}

  void OnHead(const HttpHead& head, const ReadInfo& /*read*/) override {
    response_.status = head.status;
    for (const HeaderView& header : head.headers) {
      response_.headers.push_back({std::string(header.name), std::string(header.value)});
    }
  }
  void OnBody(std::string_view bytes, const ReadInfo& /*read*/) override {
    if (response_.body.size() + bytes.size() > max_body_bytes_) {
      connection_.Cancel();
      error_ = Error{ErrorCode::kProtocol,
                     fmt::format("{}: the answer is longer than {} bytes. Check that the address "
                                 "is that of the server meant.",
                                 endpoint_.origin, max_body_bytes_)};
      done_ = true;
      return;
    }
    response_.body.append(bytes);
  }
  void OnEnd(const ReadInfo& /*read*/) override { done_ = true; }
  void OnError(const Failure& failure) override {
    error_ = failure.ToError();
    done_ = true;
  }

  bool done() const { return done_; }
  Result<HttpResponse> Take() {
    if (error_) return *error_;
    return std::move(response_);
  }

 private:
  HttpConnection& connection_;
  const Endpoint& endpoint_;
  std::size_t max_body_bytes_;
  bool done_ = false;
  HttpResponse response_;
  std::optional<Error> error_;
};

}  // namespace

std::optional<std::string_view> HttpResponse::Find(std::string_view name) const {
  const auto found = std::find_if(headers.begin(), headers.end(), [&](const Header& header) {
    return EqualsIgnoreCase(header.name, name);
  });
  if (found == headers.end()) return std::nullopt;
  return found->value;
}

Result<HttpResponse> Fetch(const Url& url, std::string_view target, const FetchOptions& options,
                           const Clock& clock) {
  RS_ASSIGN_OR_RETURN(const std::string head, RequestHead(options.method, target, url.HostHeader(),
                                                          options.headers, options.body.size()));
  RS_ASSIGN_OR_RETURN(const Endpoint endpoint, Resolve(url, options.tls));
  RS_ASSIGN_OR_RETURN(const std::unique_ptr<Reactor> reactor, Reactor::Create(clock));
  HttpTimeouts timeouts;
  timeouts.connect = timeouts.first_byte = timeouts.idle = timeouts.total = options.timeout;
  HttpConnection connection(*reactor, endpoint, timeouts);
  Collector collector(connection, endpoint, options.max_body_bytes);
  connection.Start({head, options.body}, &collector, options.method == "HEAD");
  while (!collector.done()) {
    reactor->Poll(options.stop == nullptr ? Nanos{-1} : std::chrono::milliseconds(50));
    if (options.stop != nullptr && options.stop->load(std::memory_order_relaxed)) {
      return Error{ErrorCode::kCancelled, url.Origin() + ": stopped while waiting for an answer"};
    }
  }
  return collector.Take();
}

}  // namespace roofscape::net
