#include "domain/spec/request_log.h"

namespace roofscape::spec {

void RequestLog::Append(const RequestLog& other) {
  const auto first_event = static_cast<std::int64_t>(events.size());
  const auto first_string = static_cast<std::int64_t>(strings.size());
  events.insert(events.end(), other.events.begin(), other.events.end());
  strings.insert(strings.end(), other.strings.begin(), other.strings.end());
  for (Request request : other.requests) {
    request.first_event += first_event;
    if (request.message != kUnknown) request.message += first_string;
    if (request.text != kUnknown) request.text += first_string;
    requests.push_back(request);
  }
}

std::string_view Name(Outcome outcome) {
  switch (outcome) {
    case Outcome::kOk: return "ok";
    case Outcome::kHttpError: return "http_error";
    case Outcome::kServerError: return "server_error";
    case Outcome::kTruncated: return "truncated";
    case Outcome::kTimeout: return "timeout";
    case Outcome::kConnect: return "connect";
    case Outcome::kReset: return "reset";
    case Outcome::kProtocol: return "protocol";
    case Outcome::kCancelled: return "cancelled";
    case Outcome::kClient: return "client";
  }
  RS_CHECK(false && "unknown Outcome");
  return "";
}

std::string_view Name(EventKind kind) {
  switch (kind) {
    case EventKind::kRole: return "role";
    case EventKind::kAnswer: return "answer";
    case EventKind::kReasoning: return "reasoning";
    case EventKind::kToolCall: return "tool_call";
    case EventKind::kUsage: return "usage";
    case EventKind::kFinish: return "finish";
    case EventKind::kDone: return "done";
    case EventKind::kError: return "error";
    case EventKind::kComment: return "comment";
  }
  RS_CHECK(false && "unknown EventKind");
  return "";
}

std::string_view Name(TokenSource source) {
  switch (source) {
    case TokenSource::kNone: return "none";
    case TokenSource::kTokenIds: return "token_ids";
    case TokenSource::kChunkUsage: return "chunk_usage";
    case TokenSource::kFinalUsage: return "final_usage";
    case TokenSource::kTokenized: return "tokenized";
    case TokenSource::kEventCount: return "event_count";
  }
  RS_CHECK(false && "unknown TokenSource");
  return "";
}

bool CarriesTokens(EventKind kind) {
  return kind == EventKind::kAnswer || kind == EventKind::kReasoning ||
         kind == EventKind::kToolCall;
}

}  // namespace roofscape::spec
