#include "domain/metrics/settling.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <span>
#include <utility>
#include <vector>

#include "base/core/check.h"
#include "base/core/text.h"
#include "base/stats/mser.h"
#include "domain/metrics/request_metrics.h"
#include "domain/metrics/series.h"

namespace roofscape::metrics {
namespace {

using spec::kNoStamp;

// See mser.h. Chosen on logs like those of steady_proof_test.cc with other seeds: powers from 3 to
// 6 with tolerances from 0.1 to 0.3 do as well within 1 %; the published rule (2 and 0) finds half.
// The last quarter is never cut.
constexpr double kPower = 4.0;
constexpr double kTolerance = 0.3;

// A series whose batches vary by less than this fraction of its mean has no transient worth
// cutting.
constexpr double kFlat = 0.01;

// A late cut is noise and not a transient when what an early one leaves changes by less than this,
// or by less than so many standard errors.
constexpr double kSteadyFraction = 0.05;
constexpr double kSteadyErrors = 3.0;

// A late change is told when it lasts for at least so many batches; a shorter one is a hiccup.
constexpr std::size_t kLateBatches = 2;

// A window drifts when its later requests differ from its earlier ones by over this fraction and by
// over this many standard errors.
constexpr double kDriftFraction = 0.10;
constexpr double kDriftErrors = 3.5;

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

// A change from the first half to the second, and its standard error, as fractions of the mean.
struct HalfChange {
  double change = 0.0;
  double error = 0.0;
};

// The error comes from the means of up to ten stretches of each half, for neighbours are alike and
// their number says less than it seems. REQUIRES: at least 4 values.
HalfChange Change(std::span<const double> values) {
  const std::size_t half = values.size() / 2;
  const std::size_t stretches = std::min<std::size_t>(10, half);
  double means[2];
  double squared_error = 0.0;
  for (std::size_t i = 0; i < 2; ++i) {
    const std::span<const double> part = i == 0 ? values.first(half) : values.last(half);
    means[i] = Mean(part);
    std::vector<double> stretch_means;
    for (std::size_t j = 0; j < stretches; ++j) {
      const std::size_t from = j * half / stretches;
      stretch_means.push_back(Mean(part.subspan(from, (j + 1) * half / stretches - from)));
    }
    squared_error += Variance(stretch_means) / static_cast<double>(stretches);
  }
  const double mean = 0.5 * (means[0] + means[1]);
  if (mean <= 0.0) return {};
  return {(means[1] - means[0]) / mean, std::sqrt(squared_error) / mean};
}

// Means over `width` neighbours, at each place where there are as many.
std::vector<double> Smooth(std::span<const double> values, std::size_t width) {
  std::vector<double> smooth;
  for (std::size_t i = 0; i + width <= values.size(); ++i) {
    smooth.push_back(Mean(values.subspan(i, width)));
  }
  return smooth;
}

// The series as MSER is shown it.
std::vector<double> Prepared(const TimeSeries& series, double cycle_s) {
  RS_CHECK(series.values.size() == kSettlingIntervals);
  const auto cycle = static_cast<std::size_t>(std::llround(cycle_s / series.interval_s));
  return Smooth(series.values, std::clamp<std::size_t>(cycle, 1, kSettlingIntervals / 10));
}

// The number of intervals to drop from the front, or missing when the series does not settle in its
// first half.
std::optional<std::size_t> Transient(const TimeSeries& series, double cycle_s) {
  const std::vector<double> smooth = Prepared(series, cycle_s);
  if (std::sqrt(Variance(smooth)) <= kFlat * std::abs(Mean(smooth))) return 0;
  const std::size_t batches = smooth.size() / kSettlingBatch;
  stats::MserOptions options = {
      .batch = kSettlingBatch, .min_kept = batches / 4, .tolerance = kTolerance, .power = kPower};
  std::optional<stats::MserResult> result = stats::Mser(smooth, options);
  RS_CHECK(result.has_value());
  if (result->settled) return result->truncation;
  options.min_kept = batches / 2;
  result = stats::Mser(smooth, options);
  RS_CHECK(result.has_value());
  const HalfChange kept = Change(std::span(smooth).subspan(result->truncation));
  if (std::abs(kept.change) > std::max(kSteadyFraction, kSteadyErrors * kept.error)) {
    return std::nullopt;
  }
  return result->truncation;
}

// Batches of a course that has settled stay this near to its mean: by standard deviations of its
// batches, or as a fraction of the mean.
constexpr double kAlikeDeviations = 4.0;
constexpr double kAlikeFraction = 0.05;
// So many of them in a row, with others behind them, are no way to a steady state but one.
constexpr std::size_t kAlikeBatches = 2;

// Of each batch of a course: is it like those from interval `cut` on?
std::vector<bool> Alike(const TimeSeries& series, double cycle_s, std::size_t cut) {
  const std::vector<double> smooth = Prepared(series, cycle_s);
  std::vector<double> means;
  for (std::size_t i = 0; i + kSettlingBatch <= smooth.size(); i += kSettlingBatch) {
    means.push_back(Mean(std::span(smooth).subspan(i, kSettlingBatch)));
  }
  const std::span<const double> kept = std::span(means).subspan(cut / kSettlingBatch);
  const double mean = Mean(kept);
  const double width =
      std::max(kAlikeDeviations * std::sqrt(Variance(kept)), kAlikeFraction * std::abs(mean));
  std::vector<bool> alike;
  for (const double batch : means) alike.push_back(std::abs(batch - mean) <= width);
  return alike;
}

// The begin of the first batches that are alike and have others behind them; the number of all if
// there are none.
std::size_t SettledBefore(const std::vector<bool>& alike) {
  std::size_t run = 0;
  for (std::size_t i = 0; i < alike.size(); ++i) {
    if (alike[i]) {
      ++run;
    } else if (run >= kAlikeBatches) {
      return i - run;
    } else {
      run = 0;
    }
  }
  return alike.size();
}

struct LateChange {
  double change = 0.0;   // of the mean, as a fraction
  double seconds = 0.0;  // how long before the end of the series
};

// A change of level in the end of the series that is beyond doubt: MSER from behind.
std::optional<LateChange> FindLateChange(const TimeSeries& series, double cycle_s) {
  std::vector<double> backwards = Prepared(series, cycle_s);
  std::reverse(backwards.begin(), backwards.end());
  const std::size_t batches = backwards.size() / kSettlingBatch;
  const auto result = stats::Mser(
      backwards,
      {.batch = kSettlingBatch, .min_kept = batches / 4, .tolerance = kTolerance, .power = kPower});
  RS_CHECK(result.has_value());
  const std::size_t late = result->truncation / kSettlingBatch;
  if (late < kLateBatches) return std::nullopt;
  std::vector<double> means;
  for (std::size_t i = 0; i < batches; ++i) {
    means.push_back(Mean(std::span(backwards).subspan(i * kSettlingBatch, kSettlingBatch)));
  }
  const std::span<const double> after = std::span(means).first(late);
  const std::span<const double> before = std::span(means).subspan(late);
  const double mean = Mean(before);
  if (mean <= 0.0) return std::nullopt;
  const double change = Mean(after) / mean - 1.0;
  const double error = std::sqrt(Variance(before) * (1.0 / static_cast<double>(after.size()) +
                                                     1.0 / static_cast<double>(before.size()))) /
                       mean;
  if (std::abs(change) <= std::max(kDriftFraction, kDriftErrors * error)) return std::nullopt;
  return LateChange{change, static_cast<double>(result->truncation) * series.interval_s};
}

// The change from the earlier to the later half of the requests, as a fraction, beyond doubt.
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
  if (times.size() < 4) return std::nullopt;
  const HalfChange change = Change(times);
  if (std::abs(change.change) <= std::max(kDriftFraction, kDriftErrors * change.error)) {
    return std::nullopt;
  }
  return change.change;
}

// Why the requests of `window` are not answered alike throughout, or missing: none succeeds, or the
// share of failures is another in the later half, beyond doubt.
std::optional<std::string> FindFailureChange(const spec::RequestLog& log,
                                             const spec::Window& window) {
  std::vector<std::pair<std::int64_t, double>> by_arrival;
  for (const spec::Request& request : log.requests) {
    const std::int64_t arrival = ArrivalOf(request);
    if (request.phase != spec::Phase::kMeasure || arrival == kNoStamp) continue;
    if (arrival < window.begin_ns || arrival >= window.end_ns) continue;
    if (request.outcome == spec::Outcome::kCancelled) continue;
    by_arrival.emplace_back(arrival, request.outcome == spec::Outcome::kOk ? 0.0 : 1.0);
  }
  std::sort(by_arrival.begin(), by_arrival.end());
  std::vector<double> failed;
  for (const auto& [arrival, failure] : by_arrival) failed.push_back(failure);
  if (failed.size() < 4) return std::nullopt;
  const double share = Mean(failed);
  if (share == 0.0) return std::nullopt;
  if (share == 1.0) return fmt::format("all {} requests of its settled part failed", failed.size());
  const HalfChange change = Change(failed);
  const double bound = std::max(kDriftFraction, kDriftErrors * change.error * share);
  if (std::abs(change.change * share) <= bound) return std::nullopt;
  const double half = 0.5 * change.change;
  return fmt::format(
      "the share of failed requests changes from {:.0f} % in the first half to "
      "{:.0f} % in the second",
      100.0 * share * (1.0 - half), 100.0 * share * (1.0 + half));
}

}  // namespace

Settled FindSettled(const spec::RequestLog& log, const spec::Window& sending, double cycle_s) {
  const struct {
    TimeSeries series;
    const char* name;
  } courses[] = {
      {OutputRateSeries(log, sending, kSettlingIntervals), "the output rate"},
      {InFlightSeries(log, sending, kSettlingIntervals), "the number of requests in flight"},
      {TokenTimeSeries(log, sending, kSettlingIntervals), "the time a token takes"},
  };
  std::size_t cut = 0;
  for (const auto& course : courses) {
    const auto transient = Transient(course.series, cycle_s);
    if (!transient) {
      const double seconds = SecondsBetween(sending.begin_ns, sending.end_ns);
      return {std::nullopt, fmt::format("{} had not settled in the first half of the {} of sending",
                                        course.name, HumanSeconds(seconds))};
    }
    cut = std::max(cut, *transient);
  }
  if (const std::size_t batches = cut / kSettlingBatch; batches > kAlikeBatches) {
    // A server that ran as it does later, and then did not, was not warming up: what it did in
    // between is its own, and counts.
    std::vector<bool> alike(batches, true);
    for (const auto& course : courses) {
      const std::vector<bool> of_course = Alike(course.series, cycle_s, cut);
      for (std::size_t i = 0; i < batches; ++i) alike[i] = alike[i] && of_course[i];
    }
    cut = std::min(cut, kSettlingBatch * SettledBefore(alike));
  }
  const double cut_s = static_cast<double>(cut) * courses[0].series.interval_s;
  return {sending.begin_ns + std::llround(cut_s * 1e9), ""};
}

std::optional<std::string> FindChange(const spec::RequestLog& log, const spec::Window& window,
                                      double cycle_s) {
  if (auto failures = FindFailureChange(log, window)) return failures;
  const TimeSeries times = TokenTimeSeries(log, window, kSettlingIntervals);
  if (const auto late = FindLateChange(times, cycle_s)) {
    return fmt::format("the time a token takes changed by {:+.0f} % in the last {} of sending",
                       100.0 * late->change, HumanSeconds(late->seconds));
  }
  if (const auto drift = Drift(log, window)) {
    return fmt::format(
        "the time a token takes drifts by {:+.0f} % from the first to the second half",
        100.0 * *drift);
  }
  return std::nullopt;
}

}  // namespace roofscape::metrics
