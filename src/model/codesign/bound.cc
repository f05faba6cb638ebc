#include "model/codesign/bound.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace roofscape::codesign {
namespace {

constexpr double kNever = std::numeric_limits<double>::infinity();
constexpr double kNoSequence = 1e-9;  // Of none at all the attention kernels would be left out.

using Parts = perf::StepTimes<double>;

/// Batches between two points, in which every part of a step is linear in the batch or grows.
struct Cell {
  double left = 0.0, right = 0.0;  // Sequences.
  double least = 0.0, most = 0.0;  // Seconds of the step.
  double falls = 0.0;              // By how many seconds parts of it fall.
  double steeper = 1.0;            // By how much the time of a sequence grows, 1 where it does not.
};

/// Parts that go by a roofline, not by a line: their time of a sequence never grows.
std::array<bool, perf::kStepParts> Curved(const perf::Machine& m, const perf::Lowered& w) {
  std::array<bool, perf::kStepParts> curved = {};
  const perf::KernelTimes* k = w.kernels.get();
  curved[perf::kProductsPart] = k == nullptr || k->products.empty();
  curved[perf::kHeadPart] = k == nullptr || k->head.empty();
  curved[perf::kExpertsPart] = k == nullptr || k->experts.empty();
  // Collectives on other links than a switch's: starts, and what grows slower than the bytes.
  curved[perf::kSumsPart] = curved[perf::kTravelPart] = m.links != nullptr;
  return curved;
}

/// Attention of which some kinds go by a curve and some by a roofline is neither linear nor sure to
/// grow.
bool MixedAttention(const perf::Lowered& w) {
  std::size_t measured = 0;
  for (std::size_t i = 0; w.kernels && i < w.attention_count; ++i) {
    measured += w.kernels->decode[i].empty() ? 0U : 1U;
  }
  return measured != 0 && measured != w.attention_count;
}

Cell CellOf(double left, const Parts& at_left, double right, const Parts& at_right,
            const std::array<bool, perf::kStepParts>& curved) {
  Cell cell{left, right};
  double lines_left = 0.0;
  double lines_right = 0.0;
  for (std::size_t i = 0; i < perf::kStepParts; ++i) {
    cell.least += std::min(at_left[i], at_right[i]);
    cell.most += std::max(at_left[i], at_right[i]);
    cell.falls += std::max(at_left[i] - at_right[i], 0.0);
    if (curved[i]) continue;
    lines_left += at_left[i];
    lines_right += at_right[i];
  }
  if (lines_left > 0.0) {
    cell.steeper = std::max(lines_right / lines_left * (left / right), 1.0);
  }
  return cell;
}

class WorkerBounds {
 public:
  WorkerBounds(const Space& space, const Family& family, const Worker& worker)
      : space_(space), family_(family), worker_(worker), load_(space.lengths) {
    service_.machine = family.machine;
    service_.token_budget = family.token_budget;
    service_.speculation.drafts = space.drafts;
    service_.serve = {worker.lowered, 1.0};
    perf::SetEngine(family.engine, service_);
    gained_ = perf::TokensAStep(service_, family.coefficients);
    streams_ = perf::Streams(worker.lowered);
  }

  WorkerBound Bound(std::span<const double> tpot_limits_s) const {
    const perf::Coefficients<double>& c = family_.coefficients;
    WorkerBound b;
    const double fits = perf::AdmittedSequences(service_, c, load_);
    b.admitted = fits * streams_;
    const double alone = PromptSeconds(1.0, /*copies=*/1.0);
    b.least_ttft_s = c[perf::kRequest] + c[perf::kPromptToken] * load_.input + alone;
    b.prompts_a_second = streams_ / LeastPromptSeconds();
    b.requests_a_second.assign(tpot_limits_s.size(), kNever);
    // Nor is travel that hides behind what is computed.
    if (MixedAttention(worker_.lowered) || worker_.lowered.travel.two_batches) return b;
    const double most = std::min(space_.concurrencies.back() / streams_, fits);
    SetDecodeRates(CellsUpTo(most), tpot_limits_s, b);
    return b;
  }

 private:
  double PromptSeconds(double prompts, double copies = 0.0) const {
    return perf::PrefillSeconds(family_.machine, worker_.lowered, family_.coefficients, load_,
                                prompts, copies);
  }

  /// Of a prompt among as many as share its step, over all loads and numbers of workers there are.
  double LeastPromptSeconds() const {
    std::vector<double> together;
    for (std::int64_t workers = 1; workers * worker_.chips <= family_.most; ++workers) {
      for (const double n : space_.concurrencies) {
        const double waiting = n / (static_cast<double>(workers) * streams_);
        together.push_back(perf::PromptsAStep(family_.token_budget, load_.input, waiting));
      }
    }
    std::sort(together.begin(), together.end());
    together.erase(std::unique(together.begin(), together.end()), together.end());
    double least = kNever;
    for (const double prompts : together) {
      least = std::min(least, PromptSeconds(prompts) / prompts);
    }
    return least;
  }

  Parts Step(double batch) const {
    return perf::ForwardSeconds(family_.machine, worker_.lowered, family_.coefficients,
                                perf::DecodeLoad<double>(service_, load_, batch), false);
  }

  /// Batches at which a table of the step has a node, and 16 an octave besides.
  std::vector<double> PointsUpTo(double most) const {
    std::vector<double> points = {kNoSequence, most};
    const auto add = [&](double batch) {
      if (batch > kNoSequence && batch < most) points.push_back(batch);
    };
    for (std::size_t node = 0; node < perf::TimeLine::kNodes; ++node) {
      const double count = perf::NodeCount(node);
      // Of a sequence a step verifies all of its drafts, and drafts one by one.
      for (const double queries : {1.0, 1.0 + space_.drafts}) {
        add(count / queries);
        add((count - 1.0) / queries);
        add(count / (queries * worker_.lowered.layout.dp));
      }
    }
    for (double batch = 1.0 / 16.0; batch < most; batch *= 1.0442737824274138) add(batch);
    std::sort(points.begin(), points.end());
    points.erase(std::unique(points.begin(), points.end()), points.end());
    return points;
  }

  std::vector<Cell> CellsUpTo(double most) const {
    const auto curved = Curved(family_.machine, worker_.lowered);
    const std::vector<double> points = PointsUpTo(most);
    std::vector<Cell> cells;
    Parts before = Step(points[0]);
    for (std::size_t i = 1; i < points.size(); ++i) {
      const Parts now = Step(points[i]);
      cells.push_back(CellOf(points[i - 1], before, points[i], now, curved));
      before = now;
    }
    return cells;
  }

  void SetDecodeRates(const std::vector<Cell>& cells, std::span<const double> limits,
                      WorkerBound& out) const {
    double dip = 1.0;      // By how much a step can be faster than one of a smaller batch.
    double steeper = 1.0;  // By how much slower a sequence than in a smaller batch.
    double slowest = 0.0;
    double fastest = kNever;
    for (const Cell& cell : cells) {
      dip = std::max({dip, slowest / cell.least, 1.0 + cell.falls / cell.least});
      steeper *= cell.steeper;
      slowest = std::max(slowest, cell.most);
      fastest = std::min(fastest, cell.least);
    }
    out.least_tpot_s = fastest / gained_;
    // The mean field's turns move the batch five times.
    const double apart = dip * std::pow(steeper, 5.0);
    for (std::size_t i = 0; i < limits.size(); ++i) {
      double best = 0.0;
      for (const Cell& cell : cells) {
        const double tpot = cell.least / gained_;
        if (tpot <= limits[i]) best = std::max(best, cell.right / tpot);
      }
      out.requests_a_second[i] = apart * streams_ * best / std::max(load_.output - 1.0, 1e-9);
    }
  }

  const Space& space_;
  const Family& family_;
  const Worker& worker_;
  perf::Load load_;
  perf::Service service_;
  double gained_ = 1.0;
  double streams_ = 1.0;
};

}  // namespace

WorkerBound BoundOf(const Space& space, const Family& family, const Worker& worker,
                    std::span<const double> tpot_limits_s) {
  return WorkerBounds(space, family, worker).Bound(tpot_limits_s);
}

}  // namespace roofscape::codesign
