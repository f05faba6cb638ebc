#include "base/stats/batch_means.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/core/check.h"

namespace roofscape::stats {
namespace {

// Beyond this estimated correlation of neighbours the widening factor means nothing more.
constexpr double kMostAlike = 0.9;

// lgamma() of the C library writes a global (signgam); lgamma_r does not.
double LogGamma(double x) {
  int sign = 0;
  return ::lgamma_r(x, &sign);
}

// Continued fraction of the incomplete beta function by Lentz's method; it converges quickly for
// x < (a + 1) / (a + b + 2). Abramowitz and Stegun, 26.5.8.
double BetaFraction(double a, double b, double x) {
  constexpr double kTiny = 1e-300;
  double c = 1.0;
  double d = 1.0 - (a + b) * x / (a + 1.0);
  if (std::abs(d) < kTiny) d = kTiny;
  d = 1.0 / d;
  double fraction = d;
  for (int m = 1; m <= 10'000; ++m) {
    const double k = m;
    const double even = k * (b - k) * x / ((a + 2.0 * k - 1.0) * (a + 2.0 * k));
    const double odd = -(a + k) * (a + b + k) * x / ((a + 2.0 * k) * (a + 2.0 * k + 1.0));
    double change = 1.0;
    for (const double term : {even, odd}) {
      d = 1.0 + term * d;
      if (std::abs(d) < kTiny) d = kTiny;
      c = 1.0 + term / c;
      if (std::abs(c) < kTiny) c = kTiny;
      d = 1.0 / d;
      change = c * d;
      fraction *= change;
    }
    if (std::abs(change - 1.0) < 1e-15) break;
  }
  return fraction;
}

// Regularised incomplete beta function I_x(a, b); y = 1 - x, passed so that it keeps its digits.
double IncompleteBeta(double a, double b, double x, double y) {
  if (x <= 0.0) return 0.0;
  if (y <= 0.0) return 1.0;
  const double front =
      std::exp(LogGamma(a + b) - LogGamma(a) - LogGamma(b) + a * std::log(x) + b * std::log(y));
  if (x < (a + 1.0) / (a + b + 2.0)) return front * BetaFraction(a, b, x) / a;
  return 1.0 - front * BetaFraction(b, a, y) / b;
}

// P(T > t) for t >= 0.
double StudentTail(double degrees, double t) {
  const double square = t * t;
  const double x = degrees / (degrees + square);
  return 0.5 * IncompleteBeta(degrees / 2.0, 0.5, x, square / (degrees + square));
}

}  // namespace

double StudentQuantile(double degrees, double p) {
  RS_CHECK(degrees > 0.0 && p > 0.0 && p < 1.0);
  if (p == 0.5) return 0.0;
  if (p < 0.5) return -StudentQuantile(degrees, 1.0 - p);
  const double tail = 1.0 - p;
  double low = 0.0;
  double high = 1.0;
  while (StudentTail(degrees, high) > tail && high < 1e300) high *= 2.0;
  // Bisection: the tail falls monotonically, and 200 halvings end at neighbouring doubles.
  for (int i = 0; i < 200 && high - low > 1e-13 * high; ++i) {
    const double middle = low + (high - low) / 2.0;
    (StudentTail(degrees, middle) > tail ? low : high) = middle;
  }
  return low + (high - low) / 2.0;
}

std::optional<MeanInterval> BatchMeansInterval(std::span<const double> series, double confidence,
                                               std::size_t batches) {
  RS_CHECK(batches >= kMinBatches);
  RS_CHECK(confidence > 0.0 && confidence < 1.0);
  const std::size_t length = series.size() / batches;
  if (length == 0) return std::nullopt;
  const std::span<const double> used = series.last(length * batches);
  std::vector<double> means(batches);
  double mean = 0.0;
  for (std::size_t i = 0; i < batches; ++i) {
    double sum = 0.0;
    for (const double value : used.subspan(i * length, length)) {
      RS_CHECK(std::isfinite(value));
      sum += value;
    }
    means[i] = sum / static_cast<double>(length);
    mean += means[i];
  }
  mean /= static_cast<double>(batches);
  double squares = 0.0;
  double products = 0.0;
  for (std::size_t i = 0; i < batches; ++i) {
    squares += (means[i] - mean) * (means[i] - mean);
    if (i > 0) products += (means[i] - mean) * (means[i - 1] - mean);
  }
  const double count = static_cast<double>(batches);
  const double error = std::sqrt(squares / (count - 1.0) / count);
  MeanInterval interval;
  interval.mean = mean;
  interval.half_width = StudentQuantile(count - 1.0, (1.0 + confidence) / 2.0) * error;
  interval.batches = batches;
  interval.lag1 = squares > 0.0 ? products / squares : 0.0;
  return interval;
}

std::optional<MeanInterval> SectionInterval(std::span<const double> batch_figures, double figure,
                                            double confidence) {
  RS_CHECK(confidence > 0.0 && confidence < 1.0);
  if (batch_figures.size() < kMinBatches) return std::nullopt;
  const double count = static_cast<double>(batch_figures.size());
  double mean = 0.0;
  for (const double value : batch_figures) {
    RS_CHECK(std::isfinite(value));
    mean += value / count;
  }
  double around_figure = 0.0;
  double around_mean = 0.0;
  double products = 0.0;
  for (std::size_t i = 0; i < batch_figures.size(); ++i) {
    const double value = batch_figures[i];
    around_figure += (value - figure) * (value - figure);
    around_mean += (value - mean) * (value - mean);
    if (i > 0) products += (value - mean) * (batch_figures[i - 1] - mean);
  }
  MeanInterval interval;
  interval.mean = figure;
  interval.batches = batch_figures.size();
  interval.lag1 = around_mean > 0.0 ? products / around_mean : 0.0;
  const double alike = std::clamp(interval.lag1, 0.0, kMostAlike);
  const double error =
      std::sqrt(around_figure / (count - 1.0) / count * (1.0 + alike) / (1.0 - alike));
  interval.half_width = StudentQuantile(count - 1.0, (1.0 + confidence) / 2.0) * error;
  return interval;
}

std::optional<MeanInterval> IndependentInterval(std::span<const double> figures,
                                                double confidence) {
  RS_CHECK(confidence > 0.0 && confidence < 1.0);
  if (figures.size() < 2) return std::nullopt;
  const double count = static_cast<double>(figures.size());
  MeanInterval interval;
  interval.batches = figures.size();
  for (const double value : figures) {
    RS_CHECK(std::isfinite(value));
    interval.mean += value / count;
  }
  double squares = 0.0;
  for (const double value : figures) squares += (value - interval.mean) * (value - interval.mean);
  interval.half_width = StudentQuantile(count - 1.0, (1.0 + confidence) / 2.0) *
                        std::sqrt(squares / (count - 1.0) / count);
  return interval;
}

}  // namespace roofscape::stats
