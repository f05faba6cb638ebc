#include "domain/metrics/open_window.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/core/text.h"
#include "base/stats/batch_means.h"
#include "domain/metrics/in_flight.h"
#include "domain/metrics/request_metrics.h"
#include "domain/metrics/series.h"
#include "domain/metrics/settling.h"

namespace roofscape::metrics {
namespace {

using spec::kNoStamp;

// Overload is judged behind the first tenth of the sending, in which any server fills.
constexpr std::size_t kFillIntervals = kSettlingIntervals / 10;
constexpr std::size_t kGrowthSteps = 20;
constexpr std::size_t kStepIntervals = (kSettlingIntervals - kFillIntervals) / kGrowthSteps;
// Beyond doubt: the mean step lies this many standard errors above 0 (19 degrees of freedom: once
// in a thousand), requests in flight grew by half, and each half of the sending has its share.
constexpr double kGrowthErrors = 3.5;
constexpr double kGrowthFraction = 0.5;
constexpr double kShareOfHalf = 0.2;

struct Arrivals {
  std::int64_t requests = 0;
  std::int64_t successes = 0;
  std::int64_t first_ns = kNoStamp;
  std::int64_t last_ns = kNoStamp;
  double e2e_mean_s = 0.0;  // of the successes
};

Arrivals Survey(const spec::RequestLog& log) {
  Arrivals arrivals;
  double e2e_sum = 0.0;
  for (const spec::Request& request : log.requests) {
    const std::int64_t arrival = ArrivalOf(request);
    if (request.phase != spec::Phase::kMeasure || arrival == kNoStamp) continue;
    if (request.outcome != spec::Outcome::kCancelled) ++arrivals.requests;
    if (arrivals.first_ns == kNoStamp || arrival < arrivals.first_ns) arrivals.first_ns = arrival;
    arrivals.last_ns = std::max(arrivals.last_ns, arrival);
    if (request.outcome != spec::Outcome::kOk) continue;
    ++arrivals.successes;
    e2e_sum += ComputeRequest(request, log.EventsOf(request)).e2e_s.value_or(0.0);
  }
  if (arrivals.successes > 0) {
    arrivals.e2e_mean_s = e2e_sum / static_cast<double>(arrivals.successes);
  }
  return arrivals;
}

SteadySearch None(std::string_view why, const Arrivals& arrivals, double longer) {
  SteadySearch search;
  const double requests = static_cast<double>(arrivals.requests);
  const double wanted = std::max(static_cast<double>(kMinOpenRequests), requests * longer);
  std::string or_time;
  if (arrivals.last_ns > arrivals.first_ns) {
    const double seconds = SecondsBetween(arrivals.first_ns, arrivals.last_ns);
    search.seconds_needed = std::ceil(seconds * wanted / requests * 1.1);
    or_time = fmt::format(", or --duration {:.0f}", *search.seconds_needed);
  }
  search.reason = fmt::format("no steady state: {}; run this point with --requests {:.0f}{}", why,
                              std::ceil(wanted), or_time);
  return search;
}

SteadySearch NoneForGood(const std::string& reason) {
  SteadySearch search;
  search.reason = reason;
  return search;
}

std::string Describe(const Overload& overload, double seconds) {
  return fmt::format(
      "overload: the server completes {:.3g} req/s of the {:.3g} asked; in flight grew from {:.0f} "
      "to {:.0f} over the {} of sending, so there is no steady state and latencies say how long "
      "it ran; ask for less than {:.3g} req/s",
      overload.completed_rps, overload.asked_rps, overload.in_flight_from, overload.in_flight_to,
      HumanSeconds(seconds), overload.completed_rps);
}

}  // namespace

std::optional<Overload> FindOverload(const spec::RequestLog& log, const spec::Window& sending) {
  if (sending.end_ns <= sending.begin_ns) return std::nullopt;
  const std::vector<double> load = InFlightSeries(log, sending, kSettlingIntervals).values;
  const auto level = [&load](std::size_t step) {
    return load[std::min(kFillIntervals + step * kStepIntervals, load.size() - 1)];
  };
  std::vector<double> steps;
  for (std::size_t i = 0; i < kGrowthSteps; ++i) steps.push_back(level(i + 1) - level(i));
  const auto step = stats::BatchMeansInterval(steps, 0.95, kGrowthSteps);
  const double from = level(0);
  const double middle = level(kGrowthSteps / 2);
  const double to = level(kGrowthSteps);
  const double growth = to - from;
  // half_width = t(19, 0.975) x error.
  const double errors = step->mean / (step->half_width / stats::StudentQuantile(19.0, 0.975));
  const bool sure = errors > kGrowthErrors && growth > kGrowthFraction * from &&
                    middle - from > kShareOfHalf * growth && to - middle > kShareOfHalf * growth;
  if (!sure) return std::nullopt;

  Overload overload = {.in_flight_from = from, .in_flight_to = to};
  const std::int64_t log_end = LogEnd(log);
  const std::int64_t begin = sending.begin_ns + (sending.end_ns - sending.begin_ns) *
                                                    static_cast<std::int64_t>(kFillIntervals) /
                                                    static_cast<std::int64_t>(kSettlingIntervals);
  for (const spec::Request& request : log.requests) {
    const std::int64_t arrival = ArrivalOf(request);
    if (arrival == kNoStamp) continue;
    if (arrival > begin && arrival <= sending.end_ns) overload.asked_rps += 1.0;
    const std::int64_t end = DepartureOf(request, log_end);
    if (end > begin && end <= sending.end_ns) overload.completed_rps += 1.0;
  }
  const double seconds = SecondsBetween(begin, sending.end_ns);
  overload.asked_rps /= seconds;
  overload.completed_rps /= seconds;
  return overload;
}

SteadySearch FindOpenWindow(const spec::RequestLog& log, double requests_each) {
  Arrivals arrivals = Survey(log);
  arrivals.requests = std::llround(static_cast<double>(arrivals.requests) * requests_each);
  if (arrivals.requests == 0) return None("no measured request was made", arrivals, 1.0);
  if (arrivals.successes == 0) {
    return NoneForGood(fmt::format(
        "no steady state: all {} requests failed; mend what the failures name, then run again",
        arrivals.requests));
  }
  if (arrivals.requests > 1 && arrivals.last_ns == arrivals.first_ns) {
    return NoneForGood(fmt::format(
        "no steady state: all {} requests arrived at once; read the whole window, or let them "
        "arrive over time",
        arrivals.requests));
  }
  const spec::Window sending = {arrivals.first_ns, arrivals.last_ns};
  const double seconds = SecondsBetween(sending.begin_ns, sending.end_ns);
  if (auto overload = FindOverload(log, sending)) {
    for (double* figure : {&overload->asked_rps, &overload->completed_rps,
                           &overload->in_flight_from, &overload->in_flight_to}) {
      *figure *= requests_each;
    }
    return NoneForGood(Describe(*overload, seconds));
  }
  if (arrivals.requests < kMinOpenRequests) {
    return None(fmt::format("{} requests, {} are needed", arrivals.requests, kMinOpenRequests),
                arrivals, 1.0);
  }
  const Settled settled = FindSettled(log, sending, 0.0);
  if (!settled.begin_ns) return None(settled.why, arrivals, 2.0);
  const spec::Window window = {*settled.begin_ns, sending.end_ns};
  const double cut_s = SecondsBetween(sending.begin_ns, window.begin_ns);
  const double wanted_s = kMinOpenE2es * arrivals.e2e_mean_s;
  if (seconds - cut_s < wanted_s) {
    return None(fmt::format("the settled part is {} long, {} are needed (10 x mean E2E)",
                            HumanSeconds(seconds - cut_s), HumanSeconds(wanted_s)),
                arrivals, (cut_s + wanted_s) / seconds);
  }
  if (const auto change = FindChange(log, window, 0.0)) return None(*change, arrivals, 2.0);
  SteadySearch search;
  search.window = window;
  return search;
}

}  // namespace roofscape::metrics
