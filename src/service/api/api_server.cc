#include "service/api/api_server.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <utility>

#include <fmt/format.h>

#include "base/core/text.h"
#include "base/net/http_response.h"
#include "service/api/gzip.h"
#include "service/api/params.h"
#include "service/api/queue_api.h"

namespace roofscape::api {
namespace {

constexpr std::size_t kMaxListeners = 64;
constexpr std::uint64_t kMaxBody = 64 << 10;
constexpr std::size_t kMaxUnpacked = std::size_t{64} << 20;
constexpr double kWrongTokenWeight = 50;  // Guessing is slow.
constexpr double kComputeWeight = 10;     // Beside the one that every request has.
constexpr Nanos kTellEvery = std::chrono::milliseconds(500);
constexpr Nanos kHeartbeat = std::chrono::seconds(15);
constexpr std::string_view kJson = "application/json; charset=utf-8";

constexpr std::array<net::HeaderView, 7> kSecurity = {{
    {"Content-Security-Policy", kContentPolicy},
    {"X-Content-Type-Options", "nosniff"},
    {"X-Frame-Options", "DENY"},
    {"Referrer-Policy", "no-referrer"},
    {"Cross-Origin-Opener-Policy", "same-origin"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
    {"Permissions-Policy", "camera=(), geolocation=(), microphone=()"},
}};

/// Whether If-None-Match names the tag; weakly, as the standard has it.
bool Matches(std::string_view if_none_match, std::string_view etag) {
  const auto strong = [](std::string_view tag) {
    tag = Trim(tag);
    return tag.starts_with("W/") ? tag.substr(2) : tag;
  };
  if (etag.empty()) return false;
  const std::vector<std::string> tags = Split(if_none_match, ',');
  return std::any_of(tags.begin(), tags.end(), [&](const std::string& tag) {
    return Trim(tag) == "*" || strong(tag) == strong(etag);
  });
}

/// A path that no browser sends on its own.
bool LooksForged(std::string_view path) {
  const auto plain = Unescape(path, false);
  return !plain || !plain->starts_with('/') || plain->find("..") != std::string::npos ||
         plain->find('\\') != std::string::npos || plain->find("//") != std::string::npos ||
         !IsCleanText(*plain);
}

bool IsReading(const net::HttpRequestHead& head) {
  return head.method == "GET" || head.method == "HEAD";
}

bool IsData(std::string_view path) { return path == "/api" || path.starts_with("/api/"); }

}  // namespace

/// What of a request outlives it.
struct ApiServer::Asker {
  bool head_only = false;
  bool gzip = false;
  std::string if_none_match;

  explicit Asker(const net::HttpRequestHead& head)
      : head_only(head.method == "HEAD"),
        gzip(AcceptsGzip(head.Find("accept-encoding").value_or(""))),
        if_none_match(head.Find("if-none-match").value_or("")) {}
};

/// An exchange whose answer is made beside the loop.
struct ApiServer::Waiting final : net::ServerExchangeHandler {
  Waiting(net::ServerExchange& asking, Asker who) : exchange(&asking), asker(std::move(who)) {}
  void OnGone(net::ServerExchange&, net::GoneReason) override {
    exchange = nullptr;
    gone = true;
  }

  net::ServerExchange* exchange;   // The loop's.
  std::atomic<bool> gone = false;  // Nothing need be made any more.
  Asker asker;
};

/// A page that watches.
struct ApiServer::Listener final : net::ServerExchangeHandler {
  Listener(ApiServer& its_server, net::ServerExchange& listening)
      : server(its_server), exchange(listening) {}
  void OnGone(net::ServerExchange&, net::GoneReason) override { server.Forget(*this); }

  ApiServer& server;
  net::ServerExchange& exchange;
  std::uint64_t sequence = 0;
  std::int64_t generation = -1;
  Instant last;
};

bool IsOwnHost(std::string_view host, const std::vector<std::string>& hosts) {
  std::string_view name = host;
  if (name.starts_with('[')) {
    const std::size_t end = name.find(']');
    if (end == std::string_view::npos) return false;
    name = name.substr(1, end - 1);
  } else {
    name = name.substr(0, name.find(':'));
  }
  if (net::EqualsIgnoreCase(name, "localhost") || name == "127.0.0.1" || name == "::1") return true;
  return std::any_of(hosts.begin(), hosts.end(),
                     [&](const std::string& known) { return net::EqualsIgnoreCase(known, name); });
}

Result<std::unique_ptr<ApiServer>> ApiServer::Create(net::Reactor& reactor, Api& api,
                                                     Worker& worker, Worker& computer,
                                                     LiveFeed& feed,
                                                     const ApiServerOptions& options) {
  std::unique_ptr<ApiServer> server(new ApiServer(reactor, api, worker, computer, feed, options));
  net::HttpServerOptions http = options.http;
  http.listen.reuse_port = options.share_port;
  http.limits.body_bytes = kMaxBody;
  RS_ASSIGN_OR_RETURN(server->server_,
                      net::HttpServer::Listen(reactor, options.host, options.port, *server, http));
  reactor.OnWake([raw = server.get()] { raw->RunPosted(); });
  return server;
}

ApiServer::ApiServer(net::Reactor& reactor, Api& api, Worker& worker, Worker& computer,
                     LiveFeed& feed, const ApiServerOptions& options)
    : reactor_(reactor),
      api_(api),
      worker_(worker),
      computer_(computer),
      feed_(feed),
      options_(options),
      rate_(options.rate) {}

ApiServer::~ApiServer() {
  feed_.listeners -= static_cast<int>(listeners_.size());
  if (telling_) reactor_.Cancel(tell_);
}

BodyPtr ApiServer::Refusal(const net::ServerRequest& request) {
  const std::string_view path = request.head.Path();
  if (!rate_.Take(request.peer, reactor_.Now())) {
    return ErrorBody(429, "too_many_requests", "too many requests: wait a second");
  }
  if (!IsReading(request.head) && !IsQueue(path)) {
    return ErrorBody(405, "method_not_allowed", "this server only answers GET and HEAD");
  }
  if (LooksForged(path)) {
    return ErrorBody(400, "invalid_argument", "the path must begin with one '/', without '..'");
  }
  if (options_.tokens.empty()) {
    if (IsOwnHost(request.head.Find("host").value_or(""), options_.hosts)) return nullptr;
    return ErrorBody(403, "forbidden",
                     "the Host header names no address of this server: open it as localhost, or "
                     "start it with --allow-host NAME");
  }
  if (!IsData(path)) return nullptr;  // The dashboard's files hold no data.
  if (options_.tokens.Admit(request.head.Find("authorization").value_or(""))) return nullptr;
  if (request.head.Find("authorization")) {
    rate_.Take(request.peer, reactor_.Now(), kWrongTokenWeight);
  }
  return ErrorBody(401, "unauthorized", "send the header 'Authorization: Bearer TOKEN'");
}

void ApiServer::OnRequest(net::ServerExchange& exchange, const net::ServerRequest& request) {
  const Asker asker(request.head);
  if (const BodyPtr refusal = Refusal(request)) return Send(exchange, asker, *refusal);
  const std::string_view path = request.head.Path();
  if (!IsReading(request.head)) return Send(exchange, asker, *Changed(request));
  if (path == "/api/v1/live/events") return Listen(exchange, asker);
  if (IsData(path)) return AnswerData(exchange, asker, request);
  AnswerFile(exchange, asker, path);
}

/// What becomes of a request that may read and wants to change something.
BodyPtr ApiServer::Changed(const net::ServerRequest& request) {
  BenchDesk* const desk = api_.facts().benches;
  BodyPtr refusal = ChangeRefusal(request.head, desk, options_.run_tokens);
  if (refusal == nullptr) return Change(request.head, request.body, *desk);
  if (refusal->status == 401 && request.head.Find("authorization")) {
    rate_.Take(request.peer, reactor_.Now(), kWrongTokenWeight);
  }
  return refusal;
}

void ApiServer::AnswerData(net::ServerExchange& exchange, const Asker& asker,
                           const net::ServerRequest& request) {
  const std::string_view target = request.head.target;
  if (const BodyPtr kept = api_.Peek(target)) return Send(exchange, asker, *kept);
  switch (api_.WhereOf(target)) {
    case Api::Where::kLoop: return Send(exchange, asker, *api_.Get(target));
    case Api::Where::kStore: return AnswerLater(exchange, asker, target, worker_);
    case Api::Where::kCompute: break;
  }
  if (!rate_.Take(request.peer, reactor_.Now(), kComputeWeight)) {
    return Send(exchange, asker,
                *ErrorBody(429, "too_many_requests", "too many computations: wait a second"));
  }
  AnswerLater(exchange, asker, target, computer_);
}

void ApiServer::AnswerLater(net::ServerExchange& exchange, const Asker& asker,
                            std::string_view target, Worker& worker) {
  const auto waiting = std::make_shared<Waiting>(exchange, asker);
  const bool taken = worker.Do([this, waiting, target = std::string(target)] {
    if (waiting->gone) return;
    BodyPtr body = api_.Get(target);
    Post([this, waiting, body = std::move(body)] {
      if (waiting->exchange == nullptr) return;
      net::ServerExchange& still = *waiting->exchange;
      still.SetHandler(nullptr);
      Send(still, waiting->asker, *body);
    });
  });
  if (!taken) {
    return Send(exchange, asker, *ErrorBody(503, "unavailable", "too much is asked at once"));
  }
  exchange.SetHandler(waiting.get());
}

void ApiServer::AnswerFile(net::ServerExchange& exchange, const Asker& asker,
                           std::string_view path) {
  const StaticFile* file = FindStatic(options_.files, path);
  std::vector<net::HeaderView> headers(kSecurity.begin(), kSecurity.end());
  std::string body;
  int status = 200;
  const bool gzip = file != nullptr && asker.gzip;
  if (file != nullptr) {
    body = gzip ? std::string(file->gzip) : Gunzip(file->gzip, kMaxUnpacked).value_or("");
    headers.push_back({"Content-Type", file->content_type});
    headers.push_back({"ETag", file->etag});
    headers.push_back({"Vary", "Accept-Encoding"});
    // The name of an asset changes with its content.
    headers.push_back({"Cache-Control", path.starts_with("/assets/")
                                            ? "public, max-age=31536000, immutable"
                                            : "no-cache"});
    if (Matches(asker.if_none_match, file->etag)) status = 304;
    if (gzip && status == 200) headers.push_back({"Content-Encoding", "gzip"});
  } else if (path == "/") {
    body = PageWithoutDashboard();
    headers.push_back({"Content-Type", "text/html; charset=utf-8"});
  } else {
    return Send(exchange, asker, *ErrorBody(404, "not_found", "there is no such page"));
  }
  if (status == 304) body.clear();
  std::string bytes;
  net::AppendResponseHead(bytes, status, headers, body.size(), exchange.keep_alive());
  if (!asker.head_only) bytes += body;
  exchange.Write(bytes);
  exchange.End();
}

void ApiServer::Send(net::ServerExchange& exchange, const Asker& asker, const Body& body) {
  std::vector<net::HeaderView> headers(kSecurity.begin(), kSecurity.end());
  const bool same = body.status == 200 && Matches(asker.if_none_match, body.etag);
  const bool gzip = !same && asker.gzip && !body.gzip.empty();
  headers.push_back({"Content-Type", kJson});
  headers.push_back({"Cache-Control", body.status == 200 ? "no-cache" : "no-store"});
  headers.push_back({"Vary", "Accept-Encoding, Authorization"});
  if (!body.etag.empty()) headers.push_back({"ETag", body.etag});
  if (gzip) headers.push_back({"Content-Encoding", "gzip"});
  if (body.status == 401) headers.push_back({"WWW-Authenticate", "Bearer realm=\"roofscape\""});
  if (body.status == 405) headers.push_back({"Allow", body.allow});
  if (body.status == 429) headers.push_back({"Retry-After", "1"});
  const std::string_view content = same ? std::string_view() : gzip ? body.gzip : body.json;
  std::string bytes;
  net::AppendResponseHead(bytes, same ? 304 : body.status, headers, content.size(),
                          exchange.keep_alive());
  if (!asker.head_only) bytes += content;
  exchange.Write(bytes);
  exchange.End();
}

void ApiServer::Listen(net::ServerExchange& exchange, const Asker& asker) {
  if (listeners_.size() >= kMaxListeners) {
    return Send(exchange, asker, *ErrorBody(503, "unavailable", "too many pages watch already"));
  }
  std::vector<net::HeaderView> headers(kSecurity.begin(), kSecurity.end());
  headers.push_back({"Content-Type", "text/event-stream; charset=utf-8"});
  headers.push_back({"Cache-Control", "no-store"});
  std::string bytes;
  net::AppendResponseHead(bytes, 200, headers, std::nullopt, false);
  net::AppendChunk(bytes, ": watching\n\n");
  if (asker.head_only) {
    exchange.Write(bytes.substr(0, bytes.find("\r\n\r\n") + 4));
    return exchange.EndAndClose();
  }
  auto listener = std::make_unique<Listener>(*this, exchange);
  Listener& added = *listener;
  listeners_.emplace(&added, std::move(listener));
  ++feed_.listeners;
  added.last = reactor_.Now();
  exchange.SetHandler(&added);
  exchange.Write(bytes);
  if (!telling_) Tell();
}

void ApiServer::Forget(Listener& listener) {
  const auto found = listeners_.find(&listener);
  if (found == listeners_.end()) return;
  // It is on the call stack: it goes with the next round of the loop.
  auto dead = std::make_shared<std::unique_ptr<Listener>>(std::move(found->second));
  listeners_.erase(found);
  --feed_.listeners;
  reactor_.At(reactor_.Now(), [dead] { dead->reset(); });
}

void ApiServer::Tell() {
  telling_ = !listeners_.empty();
  if (!telling_) return;
  const LiveFeed::State state = feed_.Get();
  const Instant now = reactor_.Now();
  std::vector<Listener*> all;
  for (const auto& [listener, owned] : listeners_) all.push_back(listener);
  for (Listener* listener : all) {
    std::string events;
    if (state.sequence > listener->sequence) {
      events += "event: live\ndata: " + state.live + "\n\n";
    }
    if (state.sequence > 0 && state.generation != listener->generation) {
      events += fmt::format("event: store\ndata: {{\"generation\":{}}}\n\n", state.generation);
    }
    if (events.empty() && now - listener->last >= kHeartbeat) events = ": still here\n\n";
    if (events.empty()) continue;
    listener->sequence = state.sequence;
    listener->generation = state.generation;
    listener->last = now;
    std::string bytes;
    net::AppendChunk(bytes, events);
    listener->exchange.Write(bytes);
  }
  tell_ = reactor_.At(now + kTellEvery, [this] { Tell(); });
}

void ApiServer::Post(std::function<void()> work) {
  {
    const std::scoped_lock lock(mutex_);
    posted_.push_back(std::move(work));
  }
  reactor_.Wake();
}

void ApiServer::RunPosted() {
  std::vector<std::function<void()>> works;
  {
    const std::scoped_lock lock(mutex_);
    works.swap(posted_);
  }
  for (const auto& work : works) work();
}

}  // namespace roofscape::api
