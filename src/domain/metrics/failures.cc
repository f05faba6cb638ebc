#include "domain/metrics/failures.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/core/text.h"
#include "domain/metrics/request_metrics.h"

namespace roofscape::metrics {
namespace {

constexpr std::size_t kMaxExampleChars = 160;

// Failures in a row mean that a server stopped answering when there are so many, and when failures
// as frequent as before would come in such a row less often than this.
constexpr std::int64_t kStoppedRequests = 5;
constexpr double kStoppedChance = 1e-4;

bool SaysOfTheServer(spec::Outcome outcome) {
  return outcome != spec::Outcome::kCancelled && outcome != spec::Outcome::kClient;
}

bool Has(const FailureKind& failure, std::int64_t status) {
  return failure.by_status.contains(status);
}

bool Redirected(const FailureKind& failure) {
  const auto found = failure.by_status.lower_bound(300);
  return found != failure.by_status.end() && found->first < 400;
}

/// What our own side says of a connection ends with its cure, in a sentence of its own.
bool NamesItsCure(spec::Outcome outcome, const std::string& example) {
  return outcome != spec::Outcome::kHttpError && outcome != spec::Outcome::kServerError &&
         example.size() <= kMaxExampleChars && example.ends_with('.');
}

std::string_view HttpCure(const FailureKind& failure) {
  if (Has(failure, 401) || Has(failure, 403)) return "check --api-key and what it may use";
  if (Has(failure, 404)) return "check the URL and --model";
  if (Redirected(failure)) return "redirects are not followed: give the URL that it leads to";
  if (Has(failure, 429) || Has(failure, 503)) {
    return "the server is overloaded or limits the rate: lower the load (--concurrency, --rate) or "
           "raise its limits";
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
    case spec::Outcome::kTimeout:
      return "lower the load (--concurrency, --rate), or raise the time limit it names";
    case spec::Outcome::kConnect: return "check that the server is up and reachable at this URL";
    case spec::Outcome::kReset:
      return "the server died or dropped the connection: see whether it still runs, and its log";
    case spec::Outcome::kProtocol: return "check that the URL is an OpenAI-compatible server";
    case spec::Outcome::kCancelled: return "";
    case spec::Outcome::kClient:
      return "raise this machine's limits (ulimit -n) or lower the load (--concurrency, --rate)";
  }
  return "";
}

}  // namespace

std::map<spec::Outcome, FailureKind> FailuresByKind(const spec::RequestLog& log,
                                                    spec::Phase phase) {
  std::map<spec::Outcome, FailureKind> kinds;
  for (const spec::Request& request : log.requests) {
    if (request.outcome == spec::Outcome::kOk || request.phase != phase) continue;
    if (request.outcome == spec::Outcome::kCancelled) continue;
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
  if (NamesItsCure(outcome, failure.example)) return text;
  return fmt::format("{}; {}", text, Cure(outcome, failure));
}

std::optional<StoppedAnswering> FindStopped(const spec::RequestLog& log) {
  StoppedAnswering stopped = {.at_ns = spec::kNoStamp};
  for (const spec::Request& request : log.requests) {
    if (request.outcome == spec::Outcome::kOk) {
      stopped.at_ns = std::max(stopped.at_ns, request.end_ns);
    }
  }
  if (stopped.at_ns == spec::kNoStamp) return std::nullopt;
  std::int64_t ended = 0;  // By then, with a success or without.
  std::int64_t failed = 0;
  for (const spec::Request& request : log.requests) {
    if (!SaysOfTheServer(request.outcome)) continue;
    const bool ok = request.outcome == spec::Outcome::kOk;
    if (ok || (request.end_ns != spec::kNoStamp && request.end_ns <= stopped.at_ns)) {
      ++ended;
      failed += ok ? 0 : 1;
    }
    if (!ok && request.phase == spec::Phase::kMeasure && ArrivalOf(request) > stopped.at_ns) {
      ++stopped.failed;
    }
  }
  // Laplace's estimate: that nothing has failed so far does not mean that nothing can.
  const double share = static_cast<double>(failed + 1) / static_cast<double>(ended + 2);
  const double chance = std::pow(share, static_cast<double>(stopped.failed));
  if (stopped.failed < kStoppedRequests || chance > kStoppedChance) return std::nullopt;
  return stopped;
}

std::string Name(const StoppedAnswering& stopped) {
  return fmt::format("the server stopped answering at {:.1f} s",
                     1e-9 * static_cast<double>(stopped.at_ns));
}

std::string Describe(const StoppedAnswering& stopped) {
  return fmt::format(
      "{}: all {} requests that arrived later failed; see whether it still runs, and its log of "
      "that moment",
      Name(stopped), WithCommas(stopped.failed));
}

}  // namespace roofscape::metrics
