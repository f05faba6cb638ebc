#include "domain/metrics/window.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <span>
#include <utility>
#include <vector>

#include "base/core/check.h"
#include "base/core/text.h"
#include "base/stats/mser.h"
#include "domain/metrics/in_flight.h"
#include "domain/metrics/request_metrics.h"
#include "domain/metrics/series.h"

namespace roofscape::metrics {
namespace {

using spec::kNoStamp;

// MSER over about 40 batches of 5 intervals; see mser.h for the tolerance. The last quarter is
// never cut.
constexpr std::size_t kIntervals = 200;
constexpr std::size_t kBatch = 5;
constexpr double kTolerance = 0.3;

// A series whose batches vary by less than this fraction of its mean has no transient worth
// cutting.
constexpr double kFlat = 0.01;

// A late cut is noise and not a transient when what an early one leaves changes by less than this.
constexpr double kSteadyFraction = 0.05;

// A window drifts when its later requests differ from its earlier ones by over this fraction and by
// over this many standard errors.
constexpr double kDriftFraction = 0.10;
constexpr double kDriftErrors = 3.5;

// What the measured requests of a point say about its slots.
struct Sending {
  std::int64_t requests = 0;
  std::int64_t successes = 0;
  std::int64_t slots = 0;
  std::int64_t first_ns = kNoStamp;   // first arrival
  std::int64_t filled_ns = kNoStamp;  // last of the slots' first arrivals
  std::int64_t last_ns = kNoStamp;    // last arrival
  std::int64_t last_slot = spec::kUnknown;
};

Sending Survey(const spec::RequestLog& log) {
  Sending sending;
  std::map<std::int64_t, std::int64_t> first_of_slot;
  for (const spec::Request& request : log.requests) {
    const std::int64_t arrival = ArrivalOf(request);
    if (request.phase != spec::Phase::kMeasure || arrival == kNoStamp) continue;
    ++sending.requests;
    if (request.outcome == spec::Outcome::kOk) ++sending.successes;
    if (arrival >= sending.last_ns) {
      sending.last_ns = arrival;
      sending.last_slot = request.slot;
    }
    const auto [entry, fresh] = first_of_slot.try_emplace(request.slot, arrival);
    if (!fresh) entry->second = std::min(entry->second, arrival);
  }
  sending.slots = static_cast<std::int64_t>(first_of_slot.size());
  for (const auto& [slot, first] : first_of_slot) {
    sending.filled_ns = std::max(sending.filled_ns, first);
    if (sending.first_ns == kNoStamp || first < sending.first_ns) sending.first_ns = first;
  }
  return sending;
}

double Mean(std::span<const double> values) {
  double sum = 0.0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

double Variance(std::span<const double> values) {
  const double mean = Mean(values);
  double squares = 0.0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  return squares / static_cast<double>(values.size() - 1);
}

// Change of the mean from the first half to the second, as a fraction of the mean of both.
double Change(std::span<const double> values) {
  const double first = Mean(values.first(values.size() / 2));
  const double second = Mean(values.last(values.size() / 2));
  const double mean = 0.5 * (first + second);
  return mean > 0.0 ? (second - first) / mean : 0.0;
}

// Means over `width` neighbours, at each place where there are as many.
std::vector<double> Smooth(std::span<const double> values, std::size_t width) {
  std::vector<double> smooth;
  for (std::size_t i = 0; i + width <= values.size(); ++i) {
    smooth.push_back(Mean(values.subspan(i, width)));
  }
  return smooth;
}

// The number of intervals to drop, or missing when the series does not settle in its first half.
// Slots that start together put out tokens in waves that ebb as they drift apart. MSER would take
// the waves for a transient, so it is shown the mean over one cycle, in which they cancel.
std::optional<std::size_t> Transient(const TimeSeries& series, double cycle_s) {
  const auto cycle = static_cast<std::size_t>(std::llround(cycle_s / series.interval_s));
  const std::vector<double> smooth =
      Smooth(series.values, std::clamp<std::size_t>(cycle, 1, kIntervals / 10));
  if (std::sqrt(Variance(smooth)) <= kFlat * std::abs(Mean(smooth))) return 0;
  const std::size_t batches = smooth.size() / kBatch;
  stats::MserOptions options = {.batch = kBatch, .min_kept = batches / 4, .tolerance = kTolerance};
  std::optional<stats::MserResult> result = stats::Mser(smooth, options);
  RS_CHECK(result.has_value());
  if (result->settled) return result->truncation;
  options.min_kept = batches / 2;
  result = stats::Mser(smooth, options);
  RS_CHECK(result.has_value());
  const std::span<const double> kept = std::span(smooth).subspan(result->truncation);
  if (std::abs(Change(kept)) > kSteadyFraction) return std::nullopt;
  return result->truncation;
}

// The change of the time a token takes (E2E / n) between the earlier and the later requests of the
// window, when it is a drift; else missing. In a closed loop it is the inverse of the output rate,
// without the waves of slots in step.
std::optional<double> Drift(const spec::RequestLog& log, const spec::Window& window) {
  std::vector<std::pair<std::int64_t, double>> by_arrival;
  for (const spec::Request& request : log.requests) {
    const std::int64_t arrival = ArrivalOf(request);
    if (request.outcome != spec::Outcome::kOk || arrival == kNoStamp) continue;
    if (arrival < window.begin_ns || arrival >= window.end_ns) continue;
    const RequestMetrics m = ComputeRequest(request, log.EventsOf(request));
    if (m.e2e_interactivity_tps) by_arrival.emplace_back(arrival, 1.0 / *m.e2e_interactivity_tps);
  }
  std::sort(by_arrival.begin(), by_arrival.end());
  std::vector<double> times;
  for (const auto& [arrival, seconds] : by_arrival) times.push_back(seconds);
  const std::size_t half = times.size() / 2;
  if (half < 2) return std::nullopt;
  const std::span<const double> values = times;
  const double change = Change(values);
  const double error = std::sqrt((Variance(values.first(half)) + Variance(values.last(half))) /
                                 static_cast<double>(half)) /
                       Mean(values);
  if (std::abs(change) <= std::max(kDriftFraction, kDriftErrors * error)) return std::nullopt;
  return change;
}

// The mean time from one arrival of a slot to its next.
double CycleSeconds(const spec::RequestLog& log, const spec::Window& filled,
                    std::int64_t concurrency) {
  std::int64_t arrivals = 0;
  for (const spec::Request& request : log.requests) {
    const std::int64_t arrival = ArrivalOf(request);
    if (arrival >= filled.begin_ns && arrival < filled.end_ns) ++arrivals;
  }
  return SecondsBetween(filled.begin_ns, filled.end_ns) * static_cast<double>(concurrency) /
         static_cast<double>(std::max<std::int64_t>(1, arrivals));
}

// The first arrival of the last sender at or after `begin`, so that both edges of the window are
// arrivals of one slot; `begin` itself when that would cost too much of the window.
std::int64_t AlignToCycle(const spec::RequestLog& log, const Sending& sending,
                          std::int64_t begin_ns) {
  std::int64_t aligned = sending.last_ns;
  for (const spec::Request& request : log.requests) {
    if (request.slot != sending.last_slot || request.phase != spec::Phase::kMeasure) continue;
    const std::int64_t arrival = ArrivalOf(request);
    if (arrival >= begin_ns) aligned = std::min(aligned, arrival);
  }
  return aligned - begin_ns <= (sending.last_ns - begin_ns) / 4 ? aligned : begin_ns;
}

SteadySearch None(std::string_view why, const Sending& sending, std::int64_t concurrency,
                  double longer) {
  SteadySearch search;
  const double per_slot = static_cast<double>(sending.requests) / static_cast<double>(concurrency);
  const double wanted = std::max(static_cast<double>(kMinRequestsPerSlot), per_slot * longer);
  search.requests_per_slot_needed = static_cast<std::int64_t>(std::ceil(wanted));
  const std::int64_t total = *search.requests_per_slot_needed * concurrency;
  std::string or_time;
  if (sending.requests > 1 && sending.last_ns > sending.first_ns) {
    search.seconds_needed =
        std::ceil(SecondsBetween(sending.first_ns, sending.last_ns) * wanted / per_slot * 1.1);
    or_time = fmt::format(", or --duration {:.0f}", *search.seconds_needed);
  }
  search.reason =
      fmt::format("no steady state: {}; run this point with --requests {}{}", why, total, or_time);
  return search;
}

}  // namespace

SteadySearch FindSteadyWindow(const spec::RequestLog& log, std::int64_t concurrency) {
  RS_CHECK(concurrency >= 1);
  const Sending sending = Survey(log);
  if (sending.requests == 0) {
    return None("no measured request was made", sending, concurrency, 1.0);
  }
  if (sending.successes == 0) {
    SteadySearch search;
    search.reason = fmt::format(
        "no steady state: all {} requests failed; mend what the failures name, then run again",
        sending.requests);
    return search;
  }
  if (sending.requests < kMinRequestsPerSlot * concurrency) {
    return None(fmt::format("{} requests over {} slots, {} a slot are needed", sending.requests,
                            concurrency, kMinRequestsPerSlot),
                sending, concurrency, 1.0);
  }
  if (sending.last_slot != spec::kUnknown && sending.slots < concurrency) {
    return None(fmt::format("only {} of {} slots were ever filled", sending.slots, concurrency),
                sending, concurrency, 2.0);
  }
  if (sending.last_ns <= sending.filled_ns) {
    return None("sending ended before every slot had been filled once", sending, concurrency, 2.0);
  }
  const spec::Window filled = {sending.filled_ns, sending.last_ns};
  const double cycle_s = CycleSeconds(log, filled, concurrency);
  const TimeSeries rate = OutputRateSeries(log, filled, kIntervals);
  const std::optional<std::size_t> rate_transient = Transient(rate, cycle_s);
  const std::optional<std::size_t> load_transient =
      Transient(InFlightSeries(log, filled, kIntervals), cycle_s);
  if (!rate_transient || !load_transient) {
    return None(
        fmt::format("{} had not settled in the first half of the {} of sending",
                    !rate_transient ? "the output rate" : "the number of requests in flight",
                    HumanSeconds(SecondsBetween(filled.begin_ns, filled.end_ns))),
        sending, concurrency, 2.0);
  }
  const double cut_s =
      static_cast<double>(std::max(*rate_transient, *load_transient)) * rate.interval_s;
  const std::int64_t settled_ns = filled.begin_ns + std::llround(cut_s * 1e9);
  const spec::Window window = {AlignToCycle(log, sending, settled_ns), sending.last_ns};
  if (const auto drift = Drift(log, window)) {
    return None(
        fmt::format("the time a token takes drifts by {:+.0f} % from the first to the second half",
                    100.0 * *drift),
        sending, concurrency, 2.0);
  }
  SteadySearch search;
  search.window = window;
  return search;
}

std::optional<spec::Window> WholeWindow(const spec::RequestLog& log) {
  const std::int64_t log_end = LogEnd(log);
  std::optional<spec::Window> window;
  for (const spec::Request& request : log.requests) {
    const std::int64_t arrival = ArrivalOf(request);
    if (request.phase != spec::Phase::kMeasure || arrival == kNoStamp) continue;
    const std::int64_t end = DepartureOf(request, log_end);
    if (!window) window = spec::Window{arrival, end};
    window->begin_ns = std::min(window->begin_ns, arrival);
    window->end_ns = std::max(window->end_ns, end);
  }
  // One that arrived at the very end, and failed at once, was still attempted.
  if (window && window->end_ns == window->begin_ns) ++window->end_ns;
  return window;
}

}  // namespace roofscape::metrics
