#include "domain/metrics/failures.h"

#include <fmt/format.h>

#include "base/core/text.h"

namespace roofscape::metrics {
namespace {

constexpr std::size_t kMaxExampleChars = 160;

bool Has(const FailureKind& failure, std::int64_t status) {
  return failure.by_status.contains(status);
}

std::string_view HttpCure(const FailureKind& failure) {
  if (Has(failure, 401) || Has(failure, 403)) return "check --api-key and what it may use";
  if (Has(failure, 404)) return "check the URL and --model";
  if (Has(failure, 429) || Has(failure, 503)) {
    return "the server is overloaded or limits the rate: lower --concurrency or raise its limits";
  }
  if (Has(failure, 400) || Has(failure, 413) || Has(failure, 422)) {
    return "the server refuses this request: check lengths against its context, and --extra-body";
  }
  return "the server's own log says why";
}

std::string_view Cure(spec::Outcome outcome, const FailureKind& failure) {
  switch (outcome) {
    case spec::Outcome::kOk: return "";
    case spec::Outcome::kHttpError: return HttpCure(failure);
    case spec::Outcome::kServerError: return "the server's own log says why";
    case spec::Outcome::kTruncated:
      return "the server or a proxy between closed the stream early: see their logs and time "
             "limits";
    case spec::Outcome::kTimeout: return "lower --concurrency, or raise the time limit it names";
    case spec::Outcome::kConnect: return "check that the server is up and reachable at this URL";
    case spec::Outcome::kReset:
      return "the server died or dropped the connection: see whether it still runs, and its log";
    case spec::Outcome::kProtocol: return "check that the URL is an OpenAI-compatible server";
    case spec::Outcome::kCancelled: return "the run was stopped: let it go to its end";
    case spec::Outcome::kClient:
      return "raise this machine's limits (ulimit -n) or lower --concurrency";
  }
  return "";
}

}  // namespace

std::map<spec::Outcome, FailureKind> FailuresByKind(const spec::RequestLog& log,
                                                    spec::Phase phase) {
  std::map<spec::Outcome, FailureKind> kinds;
  for (const spec::Request& request : log.requests) {
    if (request.outcome == spec::Outcome::kOk || request.phase != phase) continue;
    FailureKind& kind = kinds[request.outcome];
    ++kind.count;
    const bool telling =
        request.http_status > 0 && (request.http_status < 200 || request.http_status > 299);
    if (telling) ++kind.by_status[request.http_status];
    if (kind.example.empty()) kind.example = std::string(log.StringAt(request.message));
  }
  return kinds;
}

std::string Describe(spec::Outcome outcome, const FailureKind& failure, std::int64_t requests) {
  std::string text = fmt::format("{}: {} of {} requests failed", spec::Name(outcome),
                                 WithCommas(failure.count), WithCommas(requests));
  std::string statuses;
  for (const auto& [status, count] : failure.by_status) {
    statuses += fmt::format("{}HTTP {}: {}", statuses.empty() ? "" : ", ", status, count);
  }
  if (!statuses.empty()) text += fmt::format(" ({})", statuses);
  if (!failure.example.empty()) {
    text += fmt::format(", e.g. '{}'", Printable(failure.example, kMaxExampleChars));
  }
  return fmt::format("{}; {}", text, Cure(outcome, failure));
}

}  // namespace roofscape::metrics
