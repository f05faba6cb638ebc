#include "measure/load/trial_request.h"

#include <fmt/format.h>

#include "base/net/fetch.h"
#include "base/net/sse_parser.h"

namespace roofscape::load {
namespace {

/// Gathers from a whole event stream what a trial wants to know.
class TrialSink {
 public:
  void OnEvent(const net::SseEvent& event) {
    if (event.data == "[DONE]") return;
    const StreamEvent read = reader_.Read(event.data, event.type);
    if (read.kind == spec::EventKind::kError && message.empty()) message = read.message;
    if (spec::CarriesTokens(read.kind)) ++token_events;
    if (read.usage.known()) usage = read.usage;
    ++events;
  }
  void OnComment(std::string_view) {}

  std::string message;
  Usage usage;
  std::int64_t token_events = 0;
  std::int64_t events = 0;

 private:
  StreamReader reader_;
};

std::string_view CureFor(int status) {
  switch (status) {
    case 400: return "The server does not take this request; --extra-body can change its fields";
    case 401:
    case 403: return "Give the key with --api-key or $OPENAI_API_KEY";
    case 404: return "Check the URL's path, --api chat or completions, and --model";
    case 405: return "This URL is no OpenAI-compatible API: check host, port and path";
    case 422: return "The server does not take this request; --extra-body can change its fields";
    case 413: return "The prompt is too long for the server: lower --input-tokens";
    case 429: return "The server limits requests: lower --concurrency, or lift its limit";
    default: break;
  }
  if (status >= 500) return "The server failed: its own log says why";
  return "Check the URL";
}

}  // namespace

Error StatusError(const std::string& where, int status, const std::string& message) {
  const ErrorCode code = status == 404                    ? ErrorCode::kNotFound
                         : status == 429 || status >= 500 ? ErrorCode::kUnavailable
                                                          : ErrorCode::kProtocol;
  return Error{code, fmt::format("{}: the server answered {}: {}. {}", where, status, message,
                                 CureFor(status))};
}

Result<Trial> SendTrial(const spec::Plan& plan, const net::Url& url, const Headers& headers,
                        const Dialect& dialect, const TrialSpec& trial_spec, const Clock& clock) {
  RS_ASSIGN_OR_RETURN(const RequestWriter writer,
                      RequestWriter::Create(plan, url, headers, dialect));
  net::FetchOptions options;
  options.method = "POST";
  options.headers = writer.headers();
  options.stop = trial_spec.stop;
  options.tls = TlsOptions(plan.target);
  options.body = writer.Body(trial_spec.prompt, trial_spec.output_tokens, /*stream=*/true);
  options.timeout = Nanos(static_cast<std::int64_t>(plan.timeouts.first_byte_s * 1e9));
  const std::string where = url.Origin() + writer.path();
  RS_ASSIGN_OR_RETURN(const net::HttpResponse response,
                      net::Fetch(url, writer.path(), options, clock));
  Trial trial;
  trial.status = response.status;
  if (response.status != 200) {
    trial.message = ErrorText(response.body);
    return trial;
  }
  net::SseParser parser;
  TrialSink sink;
  const bool whole = parser.Feed(response.body, sink);
  if (!whole || sink.events == 0) {
    return Error{ErrorCode::kProtocol,
                 fmt::format("{}: no event stream came back but: {}. Is this an OpenAI-compatible "
                             "server with streaming?",
                             where, ErrorText(response.body))};
  }
  if (!sink.message.empty()) {
    return Error{ErrorCode::kProtocol,
                 fmt::format("{}: the stream held an error: {}. The server's log may say more",
                             where, ErrorText(sink.message))};
  }
  trial.usage = sink.usage;
  trial.token_events = sink.token_events;
  return trial;
}

}  // namespace roofscape::load
