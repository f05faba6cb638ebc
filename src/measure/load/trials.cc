#include "measure/load/trials.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace roofscape::load {
namespace {

using namespace std::chrono_literals;

constexpr Nanos kLookForStop = 50ms;

std::string_view CureFor(int status) {
  switch (status) {
    case 400:
    case 422:
      return "The server does not take this request; --extra-body can change its fields, --api its "
             "form";
    case 401:
    case 403: return "Give the key with --api-key or $OPENAI_API_KEY";
    case 404: return "Check the URL's path (the API's own is added to it), --api and --model";
    case 405: return "This URL is no OpenAI-compatible API: check host, port and path";
    case 413: return "The prompt is too long for the server: lower --input-tokens";
    case 429: return "The server limits requests: wait, or lift its limit";
    default: break;
  }
  if (status >= 500) return "The server failed: its own log says why";
  if (status >= 300 && status < 400) {
    return "Redirects are not followed, for they would be in every latency: give the URL that "
           "this one leads to";
  }
  return "Check the URL";
}

/// What the server says may tell more than its status.
std::string_view CureFor(int status, std::string_view message) {
  const auto says = [&](std::string_view word) { return message.find(word) != message.npos; };
  if (status == 400 && (says("TLS") || says("HTTPS"))) return "Write the URL with https://";
  if ((status == 400 || status == 422) && says("context")) {
    return "Prompt and answer have to fit the server's context: lower --input-tokens or "
           "--output-tokens";
  }
  return CureFor(status);
}

std::string_view CureFor(spec::Outcome outcome) {
  switch (outcome) {
    case spec::Outcome::kServerError: return "The server failed: its own log says why";
    case spec::Outcome::kTruncated:
      return "Whole answers cannot be told from cut ones: the server's log may say why it stopped";
    default: return "Is this an OpenAI-compatible server with streaming? Its log may say more";
  }
}

}  // namespace

Error StatusError(const std::string& where, int status, const std::string& message) {
  const ErrorCode code = status == 404                    ? ErrorCode::kNotFound
                         : status == 429 || status >= 500 ? ErrorCode::kUnavailable
                                                          : ErrorCode::kProtocol;
  const std::string_view words =
      std::string_view(message).substr(0, message.find_last_not_of('.') + 1);
  return Error{code, fmt::format("{}: {}. {}", where, words, CureFor(status, message))};
}

Error UnreadableError(const std::string& where, const Trial& trial) {
  // What the connection has to say names the server and the cure.
  const bool of_connection = trial.message.starts_with(where.substr(0, where.find('/', 8)));
  return Error{ErrorCode::kProtocol, of_connection ? trial.message
                                                   : fmt::format("{}: {}. {}", where, trial.message,
                                                                 CureFor(trial.outcome))};
}

Result<std::unique_ptr<Trials>> Trials::Create(const Server& server, const Clock& clock) {
  RS_ASSIGN_OR_RETURN(net::Endpoint endpoint,
                      net::Resolve(server.url, TlsOptions(server.plan.target)));
  RS_ASSIGN_OR_RETURN(std::unique_ptr<net::Reactor> reactor, net::Reactor::Create(clock));
  return std::unique_ptr<Trials>(
      new Trials(server, std::move(endpoint), std::move(reactor), clock));
}

Trials::Trials(const Server& server, net::Endpoint endpoint, std::unique_ptr<net::Reactor> reactor,
               const Clock& clock)
    : server_(server), clock_(clock), endpoint_(std::move(endpoint)), reactor_(std::move(reactor)) {
  Exchange::Settings settings;
  settings.answer.epoch = clock.Now();
  settings.answer.reader = &reader_;
  settings.answer.observer = [this](const net::SseEvent& raw, const StreamEvent& read) {
    if (observer_) observer_(raw, read);
  };
  settings.on_done = [](Exchange&) {};
  exchange_ = std::make_unique<Exchange>(*reactor_, endpoint_, TimeoutsOf(server.plan.timeouts),
                                         spec::kUnknown, std::move(settings));
}

std::string Trials::Where() const {
  return server_.url.Origin() + EndpointPath(server_.url, server_.plan.target.api);
}

Result<Trial> Trials::Send(const Dialect& dialect, const TrialAsk& ask) {
  RS_ASSIGN_OR_RETURN(const RequestWriter writer,
                      RequestWriter::Create(server_.plan, server_.url, server_.headers, dialect));
  Json body = writer.Body({ask.prompt, ask.output_tokens, /*stream=*/true});
  if (!ask.merge.empty()) body.update(Json::parse(ask.merge), /*merge_objects=*/true);
  PreparedRequest request;
  request.shape.output_tokens = ask.output_tokens;
  // Numbers from far away: the measured requests have the low ones.
  constexpr std::int64_t kFirst = 900'000'000;
  request.bytes = writer.Bytes(kFirst + sent_, body);
  exchange_->Start(std::move(request), sent_++, clock_.Now(), spec::Phase::kWarmup);
  RS_RETURN_IF_ERROR(Wait(ask.hang_up_after));
  Trial trial = Told();
  using spec::Outcome;
  if (trial.outcome == Outcome::kConnect || trial.outcome == Outcome::kClient) {
    return Error{ErrorCode::kUnavailable, trial.message};
  }
  return trial;
}

/// Until the answer has ended, or so many token events have come.
Result<> Trials::Wait(std::int64_t hang_up_after) {
  while (exchange_->busy()) {
    reactor_->Poll(kLookForStop);
    if (server_.stop != nullptr && server_.stop->load(std::memory_order_relaxed)) {
      exchange_->Cancel(clock_.Now());
      return Error{ErrorCode::kCancelled, Where() + ": stopped"};
    }
    if (hang_up_after > 0 && exchange_->answer().event_tokens() >= hang_up_after) {
      exchange_->Cancel(clock_.Now());
    }
  }
  return {};
}

void Trials::Pause(Nanos time) {
  bool over = false;
  reactor_->At(clock_.Now() + time, [&over] { over = true; });
  while (!over) reactor_->Poll(time);
}

Trial Trials::Told() const {
  const spec::Request& request = exchange_->request();
  const Answer& answer = exchange_->answer();
  Trial trial;
  trial.status = static_cast<int>(request.http_status);
  trial.outcome = request.outcome;
  trial.message = answer.message();
  trial.content_type = answer.content_type();
  trial.usage = answer.usage();
  trial.event_tokens = answer.event_tokens();
  trial.finish = answer.finish_seen();
  trial.done = answer.done_seen();
  trial.new_connection = request.connect_ns > 0;
  trial.token_source = request.token_source;
  trial.token_events =
      std::count_if(answer.events().begin(), answer.events().end(),
                    [](const spec::Event& event) { return spec::CarriesTokens(event.kind); });
  return trial;
}

}  // namespace roofscape::load
