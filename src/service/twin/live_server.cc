#include "service/twin/live_server.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "base/core/check.h"
#include "service/twin/answer_text.h"
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
      context_tokens_(LargestRequest()),
      looked_at_(reactor.Now()) {
  live_.block_tokens = cluster.policy.block_tokens;
  live_.prefix_cache = cluster.policy.prefix_cache;
}

LiveServer::~LiveServer() { reactor_.Cancel(burial_); }

void LiveServer::OnRequest(net::ServerExchange& exchange, const net::ServerRequest& request) {
  const std::string_view path = request.head.Path();
  if (const auto route = FindRoute(DialectOf(script_.dialect), request.head.method, path)) {
    return Generate(exchange, request, route->api, route->stream);
  }
  const auto answer = SideDoor(script_, path, request.body, Read());
  if (!answer) return Refuse(exchange, std::nullopt, {404, "this server has no such path"});
  exchange.Respond(200, answer->type, answer->body);
}

Readings LiveServer::Read() {
  const sim::Snapshot now = pacer_.Look();
  live_.blocks = now.blocks;
  live_.used_blocks = now.used_blocks;
  live_.preemptions = now.preemptions;
  const double seconds = static_cast<double>((reactor_.Now() - looked_at_).count()) / 1e9;
  if (seconds >= kRateSeconds) {  // In the deployment's time, as all that is told.
    live_.output_tps =
        static_cast<double>(live_.output_tokens - looked_tokens_) / (seconds * settings_.speed);
    looked_at_ = reactor_.Now();
    looked_tokens_ = live_.output_tokens;
  }
  return {now.admitted, now.waiting, context_tokens_, &live_};
}

void LiveServer::Refuse(net::ServerExchange& exchange, std::optional<Api> api,
                        const Refusal& why) const {
  exchange.Respond(why.status, "application/json", ErrorBody(DialectOf(script_.dialect), api, why));
}

/// Tokens of the longest prompt with its answer that may come.
std::int64_t LiveServer::LargestRequest() const {
  std::int64_t low = 1;
  std::int64_t high = std::max<std::int64_t>(settings_.context_tokens, 1);
  while (low < high) {
    const std::int64_t middle = low + (high - low + 1) / 2;
    if (pacer_.Fits(middle)) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  return low;
}

/// Limits an answer as the engine does where the request leaves it open.
void LiveServer::SetLimit(Ask& ask) const {
  const Dialect& dialect = DialectOf(script_.dialect);
  const std::int64_t room = std::max<std::int64_t>(context_tokens_ - ask.prompt_tokens, 1);
  if (ask.limited) {
    if (dialect.cuts_answers) ask.max_tokens = std::min(ask.max_tokens, room);
    return;
  }
  std::int64_t usual = 0;
  if (ask.api == Api::kCompletions) usual = dialect.open_completion;
  if (ask.api == Api::kSglang) usual = dialect.open_generate;
  ask.max_tokens = usual > 0 ? std::min(usual, room) : room;
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

/// Of what it will have in the cache, where prompts are cached.
std::vector<std::uint64_t> LiveServer::HashesOf(const Ask& ask, const std::string& id,
                                                std::int64_t tokens) const {
  if (chunk_tokens_ == 0) return {};
  std::string text;
  AnswerText(AnswerRng(script_, id)).Append(tokens, text);
  return HashesWithAnswer(ask, text, chunk_tokens_);
}

std::optional<Refusal> LiveServer::Obstacle(const Ask& ask) const {
  const Dialect& dialect = DialectOf(script_.dialect);
  if (ask.choices > 1) {
    return Refusal{BadRequestStatus(dialect),
                   fmt::format("n: this server gives one answer to a request, not {}; leave n and "
                               "best_of out, and ask as often as answers are wanted",
                               ask.choices),
                   "n"};
  }
  if (const auto most = pacer_.LongestPrompt(); most && ask.prompt_tokens > *most) {
    return Refusal{
        BadRequestStatus(dialect),
        fmt::format("the prompt has {} tokens, but max_num_tokens is {}, and prompts are "
                    "not cut into pieces; shorten it",
                    ask.prompt_tokens, *most),
        ask.api == Api::kChat ? "messages" : "", "context_length_exceeded"};
  }
  if (std::max<std::int64_t>(ask.prompt_tokens, 1) + ask.max_tokens > context_tokens_) {
    // Clients look for "maximum context length" to learn that a prompt was too long.
    const bool cache = context_tokens_ < settings_.context_tokens;
    return Refusal{
        BadRequestStatus(dialect),
        fmt::format("the maximum context length is {} tokens{}, but the prompt has {} "
                    "and the answer may have {}; shorten one of them",
                    context_tokens_, cache ? ", all that the cache of a worker holds" : "",
                    ask.prompt_tokens, ask.max_tokens),
        ask.api == Api::kChat ? "messages" : "", "context_length_exceeded"};
  }
  const sim::Snapshot now = pacer_.Look();
  const bool queue_full = settings_.max_queue && now.waiting >= *settings_.max_queue;
  const bool full = dialect.max_requests > 0 && !settings_.max_queue &&
                    static_cast<std::int64_t>(streams_.size()) >= dialect.max_requests;
  if (!queue_full && !full) return std::nullopt;
  return Refusal{dialect.overload_status, "the queue is full; try again later"};
}

void LiveServer::Generate(net::ServerExchange& exchange, const net::ServerRequest& request, Api api,
                          std::optional<bool> streamed) {
  const int bad_request = BadRequestStatus(DialectOf(script_.dialect));
  auto ask = ReadAsk(request.body, api, chunk_tokens_);
  if (!ask) return Refuse(exchange, api, {bad_request, ask.error().message});
  if (!Serves(script_, *ask)) return Refuse(exchange, api, UnknownModel(ask->model));
  ask->stream = streamed.value_or(ask->stream);
  const auto given = request.head.Find("x-request-id");
  std::string id = given ? std::string(*given) : fmt::format("b-{:016x}", HashOf(request.body));
  std::erase_if(id, [](char c) { return c == ',' || c == '\n' || c == '"'; });  // For the CSV.
  const std::uint64_t hash = HashOf(id);
  // Of the arrival, not of the id: who tries again, or a router that does, is not refused for ever.
  const auto arrival = static_cast<std::uint64_t>(arrivals_);
  const Behaviour& behaviour = BehaviourOf(script_, hash ^ Rng(arrival).Next(), arrivals_++);
  ++stats_.requests;
  if (behaviour.error_status != 0) {
    return Refuse(exchange, api,
                  {static_cast<int>(behaviour.error_status), std::string(kFaultText)});
  }
  SetLimit(*ask);
  if (const auto why = Obstacle(*ask)) return Refuse(exchange, api, *why);
  const std::int64_t tokens = AnswerTokens(*ask, hash);
  live_.prompt_tokens += ask->prompt_tokens;
  LiveStream::Settings settings;
  settings.script = &script_;
  settings.pacer = &pacer_;
  settings.stats = &stats_;
  settings.readings = &live_;
  settings.keep_truth = settings_.keep_truth;
  settings.on_end = [this](LiveStream& stream) { Bury(stream); };
  const std::vector<std::uint64_t> hashes = HashesOf(*ask, id, tokens);
  ask->prompt_hashes.clear();
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
