#include "service/twin/live_server.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "base/core/check.h"
#include "service/twin/live_stream.h"
#include "service/twin/routes.h"
#include "service/twin/side_doors.h"

namespace roofscape::twin {
namespace {

constexpr Nanos kSpin = std::chrono::microseconds(80);
constexpr double kAnswerSigma = 0.7;  // Of the logarithm of answers' lengths.
constexpr double kRateSeconds = 1.0;  // The shortest while over which a rate is told.

}  // namespace

Result<std::unique_ptr<LiveServer>> LiveServer::Create(net::Reactor& reactor, const Script& script,
                                                       const sim::Cluster& cluster,
                                                       const Settings& settings) {
  std::unique_ptr<LiveServer> live(new LiveServer(reactor, script, cluster, settings));
  net::HttpServerOptions options;
  options.idle_timeout = Nanos(0);  // Clients that connect ahead may wait long.
  options.head_timeout = Nanos(0);
  options.tls = settings.tls;
  RS_ASSIGN_OR_RETURN(live->server_, net::HttpServer::Listen(reactor, settings.host, settings.port,
                                                             *live, options));
  reactor.SpinBefore(settings.busy_poll ? net::Reactor::kAlways : kSpin);
  return live;
}

LiveServer::LiveServer(net::Reactor& reactor, const Script& script, const sim::Cluster& cluster,
                       const Settings& settings)
    : reactor_(reactor),
      script_(script),
      settings_(settings),
      chunk_tokens_(cluster.policy.prefix_cache ? cluster.chunk_tokens : 0),
      truth_(settings.keep_truth ? settings.max_truth_events : 0),
      pacer_(reactor, cluster, script.seed, settings.speed),
      looked_at_(reactor.Now()) {
  live_.block_tokens = cluster.policy.block_tokens;
}

LiveServer::~LiveServer() { reactor_.Cancel(burial_); }

void LiveServer::OnRequest(net::ServerExchange& exchange, const net::ServerRequest& request) {
  const std::string_view path = request.head.Path();
  if (const auto route = FindRoute(DialectOf(script_.dialect), request.head.method, path)) {
    return Generate(exchange, request, route->api, route->stream);
  }
  const auto answer = SideDoor(script_, path, request.body, Read());
  if (!answer) return Refuse(exchange, std::nullopt, 404, "this server has no such path");
  exchange.Respond(200, answer->type, answer->body);
}

Readings LiveServer::Read() {
  const sim::Snapshot now = pacer_.Look();
  live_.blocks = now.blocks;
  live_.used_blocks = now.used_blocks;
  live_.preemptions = now.preemptions;
  const double seconds = static_cast<double>((reactor_.Now() - looked_at_).count()) / 1e9;
  if (seconds >= kRateSeconds) {
    live_.output_tps = static_cast<double>(live_.output_tokens - looked_tokens_) / seconds;
    looked_at_ = reactor_.Now();
    looked_tokens_ = live_.output_tokens;
  }
  return {now.admitted, now.waiting, settings_.context_tokens, &live_};
}

void LiveServer::Refuse(net::ServerExchange& exchange, std::optional<Api> api, int status,
                        std::string_view message, std::string_view field) const {
  exchange.Respond(status, "application/json",
                   ErrorBody(DialectOf(script_.dialect), api, status, message, field));
}

/// How long its answer is: what the request fixes, else a length that a model might find right.
std::int64_t LiveServer::AnswerTokens(const Ask& ask, std::uint64_t hash) const {
  if (ask.ignore_eos) return ask.max_tokens;
  // A stream of its own: the text's words come from the same hash.
  Rng rng = Rng(script_.seed).Fork(hash).Fork(1);
  const double drawn =
      static_cast<double>(settings_.answer_tokens) * std::exp(kAnswerSigma * rng.Normal());
  const auto natural = std::max<std::int64_t>(1, std::llround(drawn));
  return std::min(std::max(natural, ask.min_tokens), ask.max_tokens);
}

std::optional<int> LiveServer::Obstacle(const Ask& ask, std::int64_t tokens, std::string& message) {
  const Dialect& dialect = DialectOf(script_.dialect);
  const std::int64_t whole = ask.prompt_tokens + tokens;
  if (whole > settings_.context_tokens || !pacer_.Fits(whole)) {
    const bool context = whole > settings_.context_tokens;
    message = fmt::format("{} tokens of prompt and {} of answer are more than {}; shorten one",
                          ask.prompt_tokens, tokens,
                          context ? fmt::format("the context of {}", settings_.context_tokens)
                                  : "the cache of a worker holds");
    return BadRequestStatus(dialect);
  }
  const sim::Snapshot now = pacer_.Look();
  const bool queue_full = settings_.max_queue && now.waiting >= *settings_.max_queue;
  const bool full = dialect.max_requests > 0 && !settings_.max_queue &&
                    static_cast<std::int64_t>(streams_.size()) >= dialect.max_requests;
  if (!queue_full && !full) return std::nullopt;
  message = "the queue is full; try again later";
  return dialect.overload_status;
}

void LiveServer::Generate(net::ServerExchange& exchange, const net::ServerRequest& request, Api api,
                          std::optional<bool> streamed) {
  const int bad_request = BadRequestStatus(DialectOf(script_.dialect));
  auto ask = ReadAsk(request.body, api, chunk_tokens_);
  if (!ask) return Refuse(exchange, api, bad_request, ask.error().message);
  if (!Serves(script_, *ask)) {
    return Refuse(exchange, api, 404, UnknownModel(ask->model), "model");
  }
  ask->stream = streamed.value_or(ask->stream);
  const auto given = request.head.Find("x-request-id");
  std::string id = given ? std::string(*given) : fmt::format("b-{:016x}", HashOf(request.body));
  std::erase_if(id, [](char c) { return c == ',' || c == '\n' || c == '"'; });  // For the CSV.
  const std::uint64_t hash = HashOf(id);
  const Behaviour& behaviour = BehaviourOf(script_, hash, arrivals_++);
  ++stats_.requests;
  if (behaviour.error_status != 0) {
    return Refuse(exchange, api, static_cast<int>(behaviour.error_status), kFaultText);
  }
  const std::int64_t tokens = AnswerTokens(*ask, hash);
  std::string why;
  if (const auto status = Obstacle(*ask, tokens, why)) return Refuse(exchange, api, *status, why);
  live_.prompt_tokens += ask->prompt_tokens;
  LiveStream::Settings settings;
  settings.script = &script_;
  settings.pacer = &pacer_;
  settings.stats = &stats_;
  settings.readings = &live_;
  settings.keep_truth = settings_.keep_truth;
  settings.on_end = [this](LiveStream& stream) { Bury(stream); };
  const std::vector<std::uint64_t> hashes = std::exchange(ask->prompt_hashes, {});
  auto stream = std::make_unique<LiveStream>(reactor_, exchange, std::move(settings), behaviour,
                                             *ask, id, tokens);
  LiveStream& begun = *stream;
  streams_.emplace(&begun, std::move(stream));
  TruthRequest truth;
  truth.id = std::move(id);
  truth.arrival_ns = request.arrived.time_since_epoch().count();
  truth.by_kernel = request.by_kernel;
  begun.Begin(std::move(truth), request.arrived, hashes);
}

void LiveServer::Bury(LiveStream& stream) {
  if (settings_.keep_truth) truth_.Add(std::move(stream.truth()));
  // The stream is still on the call stack: it goes with the next round of the loop.
  const auto found = streams_.find(&stream);
  RS_CHECK(found != streams_.end());
  dead_.push_back(std::move(found->second));
  streams_.erase(found);
  if (!burial_) {
    burial_ = reactor_.At(reactor_.Now(), [this] {
      burial_ = {};
      dead_.clear();
    });
  }
}

}  // namespace roofscape::twin
