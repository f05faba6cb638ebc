#include "domain/analysis/regression.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <utility>

#include "base/core/check.h"
#include "base/stats/batch_means.h"
#include "domain/analysis/days.h"

namespace roofscape::analysis {
namespace {

constexpr std::array<std::string_view, 4> kNames = {"too few points", "unchanged", "worse",
                                                    "better"};

bool Has(const LoadCurve& curve, double load) {
  return std::any_of(curve.begin(), curve.end(), [&](const LoadRate& p) { return p.load == load; });
}

/// The geometric mean of the rates at those loads; of several at one load their geometric mean.
double Level(const LoadCurve& curve, const std::vector<double>& loads) {
  double sum = 0.0;
  for (const double load : loads) {
    double logs = 0.0, count = 0.0;
    for (const LoadRate& p : curve) {
      if (p.load != load) continue;
      RS_CHECK(p.rate > 0);
      logs += std::log(p.rate);
      count += 1;
    }
    sum += logs / count;
  }
  return std::exp(sum / static_cast<double>(loads.size()));
}

std::vector<double> SharedLoads(std::span<const LoadCurve> before, const LoadCurve& candidate) {
  std::vector<double> loads;
  for (const LoadRate& p : candidate) {
    const bool everywhere = std::all_of(before.begin(), before.end(),
                                        [&](const LoadCurve& c) { return Has(c, p.load); });
    if (everywhere && !std::count(loads.begin(), loads.end(), p.load)) loads.push_back(p.load);
  }
  return loads;
}

struct Noise {
  double sigma = 0.0;
  double degrees = 0.0;
  bool own = false;
};

Noise NoiseOf(const LogMean& history, const NoiseFloor& floor) {
  const double typical = TypicalSigma(floor);
  if (history.count < kMinRepeats) return {typical, kPriorDegrees, false};
  const auto degrees = static_cast<double>(history.count - 1);
  if (history.sigma <= typical) {
    return {std::max(history.sigma, QuietSigma(floor)), degrees, true};
  }
  const double squares = kPriorDegrees * typical * typical + degrees * std::pow(history.sigma, 2);
  return {std::sqrt(squares / (kPriorDegrees + degrees)), kPriorDegrees + degrees, true};
}

}  // namespace

std::string_view Name(ShiftVerdict verdict) { return kNames[static_cast<std::size_t>(verdict)]; }

Shift TestLevel(std::span<const double> before, double candidate, const NoiseFloor& floor) {
  const LogMean history = LogMeanOf(before.last(std::min(before.size(), kMaxHistory)));
  const Noise noise = NoiseOf(history, floor);
  const double change = std::log(candidate) - history.mean;
  const double bound = stats::StudentQuantile(noise.degrees, 1 - kFalseAlarms) * noise.sigma *
                       std::sqrt(1 + 1 / static_cast<double>(history.count));
  Shift shift;
  shift.history = history.count;
  shift.change = std::expm1(change);
  shift.smallest = -std::expm1(-bound);
  shift.sigma = noise.sigma;
  shift.own_noise = noise.own;
  shift.verdict = change < -bound  ? ShiftVerdict::kWorse
                  : change > bound ? ShiftVerdict::kBetter
                                   : ShiftVerdict::kUnchanged;
  return shift;
}

LoadCurve RatesByLoad(std::span<const spec::Row> rows, std::span<const std::size_t> places,
                      std::size_t metric) {
  const bool lower_is_better =
      spec::AllMetrics()[metric].direction == spec::Direction::kLowerIsBetter;
  LoadCurve out;
  for (const std::size_t i : places) {
    std::optional<double> rate = rows[i].values.Get(metric);
    if (rate && *rate > 0 && lower_is_better) rate = 1 / *rate;
    if (!TakesPart(rows[i])) continue;
    // Negative: requests a second, so that 16 users and 16 requests/s are two loads.
    const double load = rows[i].concurrency > 0 ? static_cast<double>(rows[i].concurrency)
                                                : -rows[i].rate_rps.value_or(0.0);
    if (rate && *rate > 0 && load != 0) out.push_back({load, *rate});
  }
  return out;
}

Shift TestShift(std::span<const LoadCurve> before, const LoadCurve& candidate,
                const NoiseFloor& floor) {
  before = before.last(std::min(before.size(), kMaxHistory));
  const std::vector<double> loads = SharedLoads(before, candidate);
  Shift shift;
  shift.history = before.size();
  shift.loads = loads.size();
  if (before.empty() || loads.size() < kMinLoads) return shift;
  std::vector<double> levels;
  for (const LoadCurve& curve : before) levels.push_back(Level(curve, loads));
  shift = TestLevel(levels, Level(candidate, loads), floor);
  shift.loads = loads.size();
  return shift;
}

std::vector<CurveShift> FindShifts(std::span<const spec::Row> rows,
                                   std::span<const RowCurve> curves, std::string_view metric) {
  const auto place = spec::MetricPlace(metric);
  const auto floor = FloorOf(metric);
  std::vector<CurveShift> shifts;
  if (!place || !floor) return shifts;
  std::map<std::pair<std::string, std::string>, std::vector<std::size_t>> lines;
  for (std::size_t i = 0; i < curves.size(); ++i) {
    if (curves[i].occasion.day) lines[{ExactKey(curves[i].key), curves[i].layout}].push_back(i);
  }
  for (auto& [line, places] : lines) {
    std::stable_sort(places.begin(), places.end(), [&](std::size_t a, std::size_t b) {
      return *curves[a].occasion.day < *curves[b].occasion.day;
    });
    for (std::size_t at = 1; at < places.size(); ++at) {
      CurveShift found{places[at], {}, {}};
      const std::int64_t day = DayNumber(*curves[places[at]].occasion.day);
      std::vector<LoadCurve> before;
      for (std::size_t i = 0; i < at; ++i) {
        if (day - DayNumber(*curves[places[i]].occasion.day) > kHistoryDays) continue;
        found.before.push_back(places[i]);
        before.push_back(RatesByLoad(rows, curves[places[i]].rows, *place));
      }
      if (before.empty()) continue;
      found.shift = TestShift(before, RatesByLoad(rows, curves[places[at]].rows, *place), *floor);
      shifts.push_back(std::move(found));
    }
  }
  return shifts;
}

}  // namespace roofscape::analysis
