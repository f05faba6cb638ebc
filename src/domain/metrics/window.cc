#include "domain/metrics/window.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "base/core/check.h"
#include "domain/metrics/failures.h"
#include "domain/metrics/in_flight.h"
#include "domain/metrics/open_window.h"
#include "domain/metrics/request_metrics.h"
#include "domain/metrics/settling.h"

namespace roofscape::metrics {
namespace {

using spec::kNoStamp;

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
    if (request.outcome != spec::Outcome::kCancelled) ++sending.requests;
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

SteadySearch FindSteadyWindow(const spec::RequestLog& log, std::int64_t concurrency,
                              double requests_each) {
  RS_CHECK(concurrency >= 0);
  if (const auto stopped = FindStopped(log)) {
    SteadySearch search;
    search.reason = fmt::format("no steady state: {}; mend that, then run again", Name(*stopped));
    return search;
  }
  if (concurrency == 0) return FindOpenWindow(log, requests_each);
  if (requests_each != 1.0) {
    SteadySearch search;
    search.reason = "no steady state: it is not looked for in a sample of a closed loop's requests";
    return search;
  }
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
  const Settled settled = FindSettled(log, filled, cycle_s);
  if (!settled.begin_ns) return None(settled.why, sending, concurrency, 2.0);
  const spec::Window window = {AlignToCycle(log, sending, *settled.begin_ns), sending.last_ns};
  if (const auto change = FindChange(log, window, cycle_s)) {
    return None(*change, sending, concurrency, 2.0);
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
