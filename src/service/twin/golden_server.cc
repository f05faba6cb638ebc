#include "service/twin/golden_server.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/core/check.h"
#include "base/core/json.h"
#include "base/net/http_response.h"
#include "service/twin/stream.h"

namespace roofscape::twin {
namespace {

constexpr Nanos kSpin = std::chrono::microseconds(80);
constexpr std::int64_t kFirstTokenId = 100;
constexpr std::int64_t kTokenIds = 1000;

std::string ErrorBody(std::string_view message) {
  const Json json = {{"error", {{"message", message}, {"type", "invalid_request_error"}}}};
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

Result<std::unique_ptr<GoldenServer>> GoldenServer::Create(net::Reactor& reactor,
                                                           const Script& script,
                                                           const Settings& settings,
                                                           GoldenShared& shared) {
  std::unique_ptr<GoldenServer> golden(new GoldenServer(reactor, script, settings, shared));
  net::HttpServerOptions options;
  options.listen.reuse_port = settings.share_port;
  options.read_bytes = static_cast<std::size_t>(script.read_bytes);
  options.read_pause = Nanos(static_cast<std::int64_t>(script.read_pause_ms * 1e6));
  options.idle_timeout = Nanos(0);  // Clients that connect ahead may wait long.
  options.head_timeout = Nanos(0);
  RS_ASSIGN_OR_RETURN(golden->server_, net::HttpServer::Listen(reactor, settings.host,
                                                               settings.port, *golden, options));
  reactor.SpinBefore(kSpin);
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
  const bool chat = path == "/v1/chat/completions";
  if (chat || path == "/v1/completions") return Generate(exchange, request, chat);
  if (path == "/tokenize") return Tokenize(exchange, request.body);
  if (path == "/v1/models") {
    exchange.Respond(200, "application/json", Models());
  } else if (path == "/health") {
    exchange.Respond(200, "application/json", R"({"status":"ok"})");
  } else {
    exchange.Respond(404, "application/json", ErrorBody("this server has no such path"));
  }
}

std::string GoldenServer::Models() const {
  const Json json = {
      {"object", "list"},
      {"data",
       Json::array({{{"id", script_.model}, {"object", "model"}, {"owned_by", "roofscape"}}})}};
  return json.dump();
}

/// One id a word: enough for a client that wants prompts of token ids.
void GoldenServer::Tokenize(net::ServerExchange& exchange, std::string_view body) {
  const Json json = Json::parse(body, nullptr, /*allow_exceptions=*/false);
  std::string text;
  for (const char* field : {"content", "prompt", "text"}) {
    if (!json.is_object() || !json.contains(field) || !json[field].is_string()) continue;
    text = json[field].get<std::string>();
    break;
  }
  const auto words = text.empty() ? 0 : 1 + std::count(text.begin(), text.end(), ' ');
  Json tokens = Json::array();
  for (std::int64_t i = 0; i < words; ++i) tokens.push_back(kFirstTokenId + i % kTokenIds);
  const Json answer = {{"tokens", tokens}, {"count", words}};
  exchange.Respond(200, "application/json", answer.dump());
}

void GoldenServer::Generate(net::ServerExchange& exchange, const net::ServerRequest& request,
                            bool chat) {
  const auto ask = ReadAsk(request.body, chat);
  if (!ask) {
    exchange.Respond(400, "application/json", ErrorBody(ask.error().message));
    return;
  }
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
    exchange.Respond(static_cast<int>(behaviour.error_status), "application/json",
                     ErrorBody("the script says so"));
    return;
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
  TruthRequest truth;
  truth.id = std::move(id);
  truth.arrival_ns = arrived_ns;
  truth.by_kernel = request.by_kernel;
  begun.Begin(std::move(truth), request.arrived, ask->stream);
}

void GoldenServer::Bury(Stream& stream) {
  if (settings_.keep_truth) truth_.Add(std::move(stream.truth()));
  // The stream is still on the call stack: it goes with the next round of the loop.
  const auto found = streams_.find(&stream);
  RS_CHECK(found != streams_.end());
  auto dead = std::make_shared<std::unique_ptr<Stream>>(std::move(found->second));
  streams_.erase(found);
  reactor_.At(reactor_.Now(), [dead] { dead->reset(); });
}

}  // namespace roofscape::twin
