#include "service/twin/golden_server.h"

#include <optional>
#include <utility>

#include <fmt/format.h>

#include "base/core/check.h"
#include "base/net/http_response.h"
#include "service/twin/routes.h"
#include "service/twin/side_doors.h"
#include "service/twin/stream.h"

namespace roofscape::twin {
namespace {

constexpr Nanos kSpin = std::chrono::microseconds(80);

}  // namespace

Result<std::unique_ptr<GoldenServer>> GoldenServer::Create(net::Reactor& reactor,
                                                           const Script& script,
                                                           const Settings& settings,
                                                           GoldenShared& shared) {
  std::unique_ptr<GoldenServer> golden(new GoldenServer(reactor, script, settings, shared));
  net::HttpServerOptions options;
  options.listen.reuse_port = settings.share_port;
  options.tls = settings.tls;
  options.read_bytes = static_cast<std::size_t>(script.read_bytes);
  options.read_pause = Nanos(static_cast<std::int64_t>(script.read_pause_ms * 1e6));
  options.idle_timeout = Nanos(0);  // Clients that connect ahead may wait long.
  options.head_timeout = Nanos(0);
  RS_ASSIGN_OR_RETURN(golden->server_, net::HttpServer::Listen(reactor, settings.host,
                                                               settings.port, *golden, options));
  reactor.SpinBefore(settings.busy_poll ? net::Reactor::kAlways : kSpin);
  return golden;
}

GoldenServer::GoldenServer(net::Reactor& reactor, const Script& script, const Settings& settings,
                           GoldenShared& shared)
    : reactor_(reactor),
      script_(script),
      settings_(settings),
      shared_(shared),
      truth_(settings.keep_truth ? settings.max_truth_events : 0) {}

GoldenServer::~GoldenServer() = default;

void GoldenServer::OnRequest(net::ServerExchange& exchange, const net::ServerRequest& request) {
  const std::string_view path = request.head.Path();
  const Dialect& dialect = DialectOf(script_.dialect);
  if (const auto route = FindRoute(dialect, request.head.method, path)) {
    return Generate(exchange, request, route->api, route->stream);
  }
  Readings readings;  // Nobody waits here: each request is served as soon as it comes.
  readings.running = shared_.running;
  const auto answer = SideDoor(script_, path, request.body, readings);
  if (!answer) return Refuse(exchange, std::nullopt, {404, "this server has no such path"});
  exchange.Respond(200, answer->type, answer->body);
}

void GoldenServer::Refuse(net::ServerExchange& exchange, std::optional<Api> api,
                          const Refusal& why) const {
  exchange.Respond(why.status, "application/json", ErrorBody(DialectOf(script_.dialect), api, why));
}

void GoldenServer::Generate(net::ServerExchange& exchange, const net::ServerRequest& request,
                            Api api, std::optional<bool> streamed) {
  const int bad_request = BadRequestStatus(DialectOf(script_.dialect));
  auto ask = ReadAsk(request.body, api);
  if (!ask) return Refuse(exchange, api, {bad_request, ask.error().message});
  if (!Serves(script_, *ask)) return Refuse(exchange, api, UnknownModel(ask->model));
  ask->stream = streamed.value_or(ask->stream);
  const std::int64_t arrival = shared_.arrivals.fetch_add(1);
  const std::int64_t arrived_ns = request.arrived.time_since_epoch().count();
  std::int64_t first = 0;
  shared_.first_ns.compare_exchange_strong(first, arrived_ns);
  const auto given = request.head.Find("x-request-id");
  std::string id = given ? std::string(*given) : fmt::format("b-{:016x}", HashOf(request.body));
  std::erase_if(id, [](char c) { return c == ',' || c == '\n' || c == '"'; });  // For the CSV.
  const std::uint64_t hash = HashOf(id);
  const Behaviour& behaviour = BehaviourOf(script_, hash, arrival);
  ++stats_.requests;
  if (behaviour.error_status != 0) {
    return Refuse(exchange, api,
                  {static_cast<int>(behaviour.error_status), std::string(kFaultText)});
  }
  for (const std::string& field : behaviour.refuses) {
    if (ask->Has(field)) return Refuse(exchange, api, {bad_request, RefusalOf(field), field});
  }
  Stream::Settings settings;
  settings.script = &script_;
  settings.first_ns = shared_.first_ns;
  settings.keep_truth = settings_.keep_truth;
  settings.stats = &stats_;
  settings.on_end = [this](Stream& stream) { Bury(stream); };
  auto stream = std::make_unique<Stream>(reactor_, exchange, std::move(settings),
                                         Reply(script_, behaviour, *ask, hash, id));
  Stream& begun = *stream;
  streams_.emplace(&begun, std::move(stream));
  ++shared_.running;
  TruthRequest truth;
  truth.id = std::move(id);
  truth.arrival_ns = arrived_ns;
  truth.by_kernel = request.by_kernel;
  begun.Begin(std::move(truth), request.arrived, ask->stream);
}

void GoldenServer::Bury(Stream& stream) {
  --shared_.running;
  if (settings_.keep_truth) truth_.Add(std::move(stream.truth()));
  // The stream is still on the call stack: it goes with the next round of the loop.
  const auto found = streams_.find(&stream);
  RS_CHECK(found != streams_.end());
  auto dead = std::make_shared<std::unique_ptr<Stream>>(std::move(found->second));
  streams_.erase(found);
  reactor_.At(reactor_.Now(), [dead] { dead->reset(); });
}

}  // namespace roofscape::twin
