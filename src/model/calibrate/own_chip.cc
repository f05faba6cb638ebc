#include "model/calibrate/own_chip.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <utility>

#include "model/calibrate/linear.h"

namespace roofscape::calibrate {
namespace {

// Standard deviations of logarithms: of the factors before anything was measured,
constexpr std::array<double, OwnChip::kFactors> kSpreads = {0.15, 0.3, 0.8, 1.0};
// of a measured point (TPOT, TTFT),
constexpr std::array<double, 2> kNoise = {0.03, 0.06};
// and of what the formulas miss at another load (TPOT, TTFT, throughput).
constexpr std::array<double, 3> kMissed = {0.10, 0.25, 0.10};

}  // namespace

OwnChip::OwnChip() {
  for (std::size_t i = 0; i < kFactors; ++i) covariance_[i][i] = kSpreads[i] * kSpreads[i];
}

double OwnChip::factor(std::size_t i) const { return std::exp(logs_[i]); }

/// The case with its factors worked in.
Case OwnChip::At(const Case& c, const Vector& logs) {
  Case out = c;
  const auto scale = [&](double log, std::initializer_list<perf::Coefficient> which) {
    for (const perf::Coefficient i : which) (*out.own)[i] *= std::exp(log);
  };
  scale(logs[0], {perf::kCurveProducts, perf::kCurveDecode, perf::kCurvePrefill});
  scale(logs[1], {perf::kCurvePrefill});
  scale(logs[2], {perf::kStepHost, perf::kSequenceHost, perf::kPasses, perf::kKernelFloor,
                  perf::kPrefillFloor});
  scale(logs[3], {perf::kRequest, perf::kPromptToken});
  // Products of more tokens than users are those of prompts.
  const double most = c.service.sequences > 0.0 ? std::min(c.load.concurrency, c.service.sequences)
                                                : c.load.concurrency;
  auto times = std::make_shared<perf::KernelTimes>(*c.service.serve.worker.kernels);
  times->products = perf::TimeLine([&](double tokens) {
    const double seconds = c.service.serve.worker.kernels->products.At(tokens);
    return tokens > most ? seconds * std::exp(logs[1]) : seconds;
  });
  out.service.serve.worker.kernels = std::move(times);
  return out;
}

std::array<double, 3> OwnChip::ValuesAt(const Case& c, const Vector& logs) {
  const Case at = At(c, logs);
  const auto point = perf::MeanField(at.service, *at.own, at.load);
  return {std::log(point.tpot), std::log(point.ttft),
          std::log(WholeWindowTput(at, point.ttft, point.tpot))};
}

OwnChip::Response OwnChip::ResponseAt(const Case& c, const Vector& logs) {
  constexpr double kStep = 1e-4;
  Response out;
  out.value = ValuesAt(c, logs);
  for (std::size_t i = 0; i < kFactors; ++i) {
    Vector moved = logs;
    moved[i] += kStep;
    const auto values = ValuesAt(c, moved);
    for (std::size_t o = 0; o < 3; ++o) out.slope[o][i] = (values[o] - out.value[o]) / kStep;
  }
  return out;
}

/// Gauss-Newton on the negative logarithm of the posterior: priors are normal, and so is the noise.
/// The covariance is the inverse of its curvature at the end.
void OwnChip::Learn(const Case& c, const MeasuredPoint& point) {
  const std::array<double, 2> measured = {std::log(point.tpot_s), std::log(point.ttft_s)};
  SymmetricMatrix curvature(kFactors);
  for (int turn = 0; turn < 20; ++turn) {
    const Response at = ResponseAt(c, logs_);
    curvature = SymmetricMatrix(kFactors);
    std::array<double, kFactors> down = {};
    for (std::size_t i = 0; i < kFactors; ++i) {
      curvature.At(i, i) += 1.0 / (kSpreads[i] * kSpreads[i]);
      down[i] -= logs_[i] / (kSpreads[i] * kSpreads[i]);
      for (std::size_t o = 0; o < 2; ++o) {
        const double weight = at.slope[o][i] / (kNoise[o] * kNoise[o]);
        down[i] += weight * (measured[o] - at.value[o]);
        for (std::size_t j = 0; j <= i; ++j) curvature.At(i, j) += weight * at.slope[o][j];
      }
    }
    if (!curvature.Factor()) return;
    curvature.Solve(down);
    for (std::size_t i = 0; i < kFactors; ++i) logs_[i] += down[i];
  }
  for (std::size_t i = 0; i < kFactors; ++i) {
    Vector column = {};
    column[i] = 1.0;
    curvature.Solve(column);
    covariance_[i] = column;
  }
  learned_ = true;
}

Prediction OwnChip::Predict(const Case& c) const {
  const Response at = ResponseAt(c, logs_);
  std::array<double, 3> deviation = {};
  for (std::size_t o = 0; o < 3; ++o) {
    double variance = kMissed[o] * kMissed[o];
    for (std::size_t i = 0; i < kFactors; ++i) {
      for (std::size_t j = 0; j < kFactors; ++j) {
        variance += at.slope[o][i] * covariance_[i][j] * at.slope[o][j];
      }
    }
    deviation[o] = std::sqrt(variance);
  }
  Prediction out;
  out.domain = learned_ ? Domain::kAnchored : Domain::kProbed;
  out.tpot_s = FigureOfLog(at.value[0], deviation[0]);
  out.ttft_s = FigureOfLog(at.value[1], deviation[1]);
  out.tput_per_chip = FigureOfLog(at.value[2], deviation[2]);
  return out;
}

Explanation OwnChip::Explain(const Case& c) const {
  const Case at = At(c, logs_);
  return calibrate::Explain(at, *at.own);
}

}  // namespace roofscape::calibrate
