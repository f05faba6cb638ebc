#include "domain/metrics/in_flight.h"

#include <algorithm>
#include <vector>

#include "domain/metrics/request_metrics.h"

namespace roofscape::metrics {
namespace {

using spec::kNoStamp;

bool Inside(std::int64_t time_ns, const spec::Window& window) {
  return time_ns != kNoStamp && time_ns >= window.begin_ns && time_ns < window.end_ns;
}

// One stay in the system.
struct Stay {
  std::int64_t slot;
  std::int64_t arrival_ns;
  double seconds;
};

std::vector<Stay> Arrivals(const spec::RequestLog& log, const spec::Window& window) {
  const std::int64_t log_end = LogEnd(log);
  std::vector<Stay> stays;
  for (const spec::Request& request : log.requests) {
    const std::int64_t arrival = ArrivalOf(request);
    if (!Inside(arrival, window)) continue;
    stays.push_back(
        {request.slot, arrival, SecondsBetween(arrival, DepartureOf(request, log_end))});
  }
  return stays;
}

bool SendingCoversTheWindow(const spec::RequestLog& log, const spec::Window& window) {
  return std::any_of(log.requests.begin(), log.requests.end(), [&](const spec::Request& request) {
    return ArrivalOf(request) >= window.end_ns;
  });
}

// Rate x time over the complete cycles of each slot, or missing when some slot has none.
std::optional<double> ByCycles(std::vector<Stay> stays) {
  std::sort(stays.begin(), stays.end(), [](const Stay& a, const Stay& b) {
    return a.slot != b.slot ? a.slot < b.slot : a.arrival_ns < b.arrival_ns;
  });
  double rate = 0.0;
  double time = 0.0;
  double cycles = 0.0;
  for (std::size_t first = 0; first < stays.size();) {
    std::size_t last = first;
    while (last + 1 < stays.size() && stays[last + 1].slot == stays[first].slot) {
      time += stays[last].seconds;
      ++last;
    }
    const double span = SecondsBetween(stays[first].arrival_ns, stays[last].arrival_ns);
    if (stays[first].slot < 0 || span <= 0.0) return std::nullopt;
    rate += static_cast<double>(last - first) / span;
    cycles += static_cast<double>(last - first);
    first = last + 1;
  }
  return rate * time / cycles;
}

// Arrivals / window x mean stay, with what the warm-up left in flight at the window's begin.
double ByCounting(const spec::RequestLog& log, const spec::Window& window,
                  const std::vector<Stay>& stays) {
  double time = 0.0;
  for (const Stay& stay : stays) time += stay.seconds;
  const std::int64_t log_end = LogEnd(log);
  for (const spec::Request& request : log.requests) {
    const std::int64_t arrival = ArrivalOf(request);
    if (request.phase != spec::Phase::kWarmup || arrival == kNoStamp) continue;
    if (arrival >= window.begin_ns) continue;
    time += std::max(0.0, SecondsBetween(window.begin_ns, DepartureOf(request, log_end)));
  }
  return time / SecondsBetween(window.begin_ns, window.end_ns);
}

}  // namespace

std::int64_t LogEnd(const spec::RequestLog& log) {
  std::int64_t end = kNoStamp;
  for (const spec::Request& request : log.requests) {
    end = std::max({end, request.intended_ns, request.sent_ns, request.end_ns});
    const auto events = log.EventsOf(request);
    if (!events.empty()) end = std::max(end, events.back().time_ns);
  }
  return end == kNoStamp ? 0 : end;
}

std::int64_t DepartureOf(const spec::Request& request, std::int64_t log_end) {
  const std::int64_t end = request.end_ns != kNoStamp ? request.end_ns : log_end;
  return std::max(end, ArrivalOf(request));
}

std::optional<double> InFlightMean(const spec::RequestLog& log, const spec::Window& window) {
  if (window.end_ns <= window.begin_ns) return std::nullopt;
  const std::int64_t log_end = LogEnd(log);
  double area = 0.0;
  for (const spec::Request& request : log.requests) {
    const std::int64_t arrival = ArrivalOf(request);
    if (arrival == kNoStamp) continue;
    const std::int64_t from = std::max(arrival, window.begin_ns);
    const std::int64_t to = std::min(DepartureOf(request, log_end), window.end_ns);
    if (to > from) area += SecondsBetween(from, to);
  }
  return area / SecondsBetween(window.begin_ns, window.end_ns);
}

std::optional<double> LittlesLawInFlight(const spec::RequestLog& log, const spec::Window& window) {
  const std::vector<Stay> stays = Arrivals(log, window);
  if (stays.empty()) return std::nullopt;
  std::optional<double> answer;
  if (SendingCoversTheWindow(log, window)) answer = ByCycles(stays);
  if (!answer) answer = ByCounting(log, window, stays);
  const double rows = static_cast<double>(stays.size());
  return *answer * (rows + static_cast<double>(MissingRows(log, &window))) / rows;
}

std::int64_t MissingRows(const spec::RequestLog& log, const spec::Window* window) {
  struct Row {
    std::int64_t id;
    std::int64_t arrival_ns;
  };
  std::vector<Row> rows;
  rows.reserve(log.requests.size());
  for (const spec::Request& request : log.requests) {
    rows.push_back({request.id, ArrivalOf(request)});
  }
  const auto by_id = [](const Row& a, const Row& b) { return a.id < b.id; };
  if (!std::is_sorted(rows.begin(), rows.end(), by_id)) std::sort(rows.begin(), rows.end(), by_id);
  std::int64_t missing = 0;
  std::int64_t missing_inside = 0;
  const auto row_count = static_cast<std::int64_t>(rows.size());
  for (std::size_t i = 1; i < rows.size(); ++i) {
    const std::uint64_t step =
        static_cast<std::uint64_t>(rows[i].id) - static_cast<std::uint64_t>(rows[i - 1].id);
    if (step == 0 || step > rows.size()) return 0;
    const auto gap = static_cast<std::int64_t>(step) - 1;
    missing += gap;
    if (missing > row_count) return 0;
    // Issued between its neighbours: inside the window when both are.
    if (window != nullptr && gap > 0 && Inside(rows[i - 1].arrival_ns, *window) &&
        Inside(rows[i].arrival_ns, *window)) {
      missing_inside += gap;
    }
  }
  return window != nullptr ? missing_inside : missing;
}

}  // namespace roofscape::metrics
