#include "model/codesign/elasticity.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <utility>

#include <fmt/format.h>

#include "base/core/rng.h"
#include "model/codesign/portability.h"
#include "model/perf/links.h"

namespace roofscape::codesign {
namespace {

constexpr double kStep = 1.05;

/// What a change is made of.
struct Changed {
  ChipOption chip;
  std::function<perf::Coefficients<double>(perf::Coefficients<double>)> coefficients;
};

struct InputOf {
  const char* name;
  double step;  // Domains grow by doublings: groups of chips do.
  void (*change)(double times, Changed& to);
};

void ScaleLinks(double times, perf::Machine& m) {
  m.link_bandwidth *= times;
  if (!m.links) return;
  auto scaled = std::make_shared<perf::Links>(*m.links);
  scaled->fabric.chip_bytes_per_s *= times;
  scaled->fabric.link_bytes_per_s *= times;
  m.links = std::move(scaled);
}

void ScaleRails(double times, perf::Machine& m) {
  m.rail_bandwidth *= times;
  if (!m.links) return;
  auto scaled = std::make_shared<perf::Links>(*m.links);
  scaled->fabric.rail_bytes_per_s *= times;
  m.links = std::move(scaled);
}

/// Coefficients of these times so much.
template <std::size_t N>
void ScaleTimes(const std::array<perf::Coefficient, N>& which, double times, Changed& to) {
  to.coefficients = [which, times](perf::Coefficients<double> c) {
    for (const perf::Coefficient i : which) c[i] *= times;
    return c;
  };
}

constexpr InputOf kInputs[] = {
    {"compute", kStep,
     [](double times, Changed& to) {
       for (double& peak : to.chip.machine.flops) peak *= times;
     }},
    {"memory_bandwidth", kStep,
     [](double times, Changed& to) { to.chip.machine.bandwidth *= times; }},
    {"memory_size", kStep, [](double times, Changed& to) { to.chip.machine.memory *= times; }},
    {"link_bandwidth", kStep,
     [](double times, Changed& to) { ScaleLinks(times, to.chip.machine); }},
    {"rail_bandwidth", kStep,
     [](double times, Changed& to) { ScaleRails(times, to.chip.machine); }},
    {"domain_chips", 2.0,
     [](double times, Changed& to) {
       // A torus is as large as it is sold; what is asked of it is a slice.
       if (!to.chip.machine.links) to.chip.machine.domain_chips *= times;
     }},
    {"kernel_speed", kStep,
     [](double times, Changed& to) {
       to.coefficients = [times](const perf::Coefficients<double>& c) {
         return Slower(c, 1.0 / times);
       };
     }},
    {"launch_time", kStep,
     [](double times, Changed& to) {
       ScaleTimes(std::array{perf::kKernelFloor, perf::kPrefillFloor}, times, to);
     }},
    {"host_time", kStep,
     [](double times, Changed& to) {
       ScaleTimes(std::array{perf::kStepHost, perf::kSequenceHost, perf::kPrefillHost,
                             perf::kRequest, perf::kPromptToken, perf::kFront},
                  times, to);
     }},
    {"collective_start", kStep,
     [](double times, Changed& to) {
       ScaleTimes(std::array{perf::kSumStart, perf::kTravelStart}, times, to);
     }},
    {"spent_a_second", kStep, [](double times, Changed& to) { to.chip.weight *= times; }},
};
constexpr std::size_t kInputCount = std::size(kInputs);

class Elastic {
 public:
  Elastic(const ElasticAsk& ask, const SearchOptions& options, perf::KernelBook* book)
      : ask_(ask), options_(options), book_(book) {}

  /// The best value of the wish after a change; missing: the speed is not reached.
  Result<std::optional<double>> ValueOf(const Changed& changed, int draw) const {
    Wish wish = ask_.wish;
    wish.chips = {changed.chip};
    wish.coefficients = [&](const perf::Setting& setting) {
      auto c = ask_.wish.coefficients(setting);
      if (draw > 0) c = DrawCoefficients(c, ask_.seed, static_cast<std::uint64_t>(draw));
      return changed.coefficients ? changed.coefficients(c) : c;
    };
    RS_ASSIGN_OR_RETURN(const Space space, BuildSpace(wish, book_));
    if (space.families.empty()) return std::optional<double>();
    const double speed = ask_.speed_tps;
    const auto best = BestPlans(space, std::span(&speed, 1), ask_.ttft_limit_s, options_);
    if (!best[0]) return std::optional<double>();
    return std::optional<double>(best[0]->value);
  }

  Result<std::optional<double>> At(const InputOf& input, int draw) const {
    std::array<double, 2> values = {};
    for (const bool more : {false, true}) {
      Changed changed{ask_.wish.chips[0], {}};
      input.change(more ? input.step : 1.0 / input.step, changed);
      RS_ASSIGN_OR_RETURN(const auto value, ValueOf(changed, draw));
      if (!value) return std::optional<double>();
      values[more ? 1 : 0] = *value;
    }
    return std::optional<double>(std::log(values[1] / values[0]) / (2.0 * std::log(input.step)));
  }

 private:
  const ElasticAsk& ask_;
  const SearchOptions& options_;
  perf::KernelBook* book_;
};

/// Between the sorted values, as a quantile is read.
double Quantile(const std::vector<double>& sorted, double q) {
  const double at = q * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(at);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (at - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

void SetInterval(std::vector<double> drawn, int draws, Elasticity& to) {
  if (draws < 2 || 2 * drawn.size() < static_cast<std::size_t>(draws)) return;
  std::sort(drawn.begin(), drawn.end());
  to.low80 = std::min(Quantile(drawn, 0.1), to.value.value_or(drawn.front()));
  to.high80 = std::max(Quantile(drawn, 0.9), to.value.value_or(drawn.back()));
}

}  // namespace

perf::Coefficients<double> DrawCoefficients(const perf::Coefficients<double>& c, std::uint64_t seed,
                                            std::uint64_t draw) {
  Rng rng = Rng(seed).Fork(draw);
  perf::Coefficients<double> drawn = c;
  const auto& table = perf::CoefficientTable();
  for (std::size_t i = 0; i < perf::kCoefficients; ++i) {
    const double by = std::exp(table[i].spread * rng.Normal());
    if (i != perf::kMemoryShare) drawn[i] *= by;
  }
  return drawn;
}

Result<std::vector<Elasticity>> Elasticities(const ElasticAsk& ask, const SearchOptions& options,
                                             perf::KernelBook* book) {
  const Elastic elastic(ask, options, book);
  RS_ASSIGN_OR_RETURN(const auto now, elastic.ValueOf({ask.wish.chips[0], {}}, 0));
  if (!now) {
    return Error{ErrorCode::kInvalidArgument,
                 fmt::format("{:g} tokens/s for a user is not reached in any layout: choose a "
                             "slower speed",
                             ask.speed_tps)};
  }
  std::vector<Elasticity> all;
  for (std::size_t i = 0; i < kInputCount; ++i) {
    Elasticity e{kInputs[i].name, {}, {}, {}};
    RS_ASSIGN_OR_RETURN(e.value, elastic.At(kInputs[i], 0));
    std::vector<double> drawn;
    for (int draw = 1; draw <= ask.draws; ++draw) {
      RS_ASSIGN_OR_RETURN(const auto value, elastic.At(kInputs[i], draw));
      if (value) drawn.push_back(*value);
    }
    SetInterval(std::move(drawn), ask.draws, e);
    all.push_back(std::move(e));
  }
  std::stable_sort(all.begin(), all.end(), [](const Elasticity& a, const Elasticity& b) {
    return std::abs(a.value.value_or(0.0)) > std::abs(b.value.value_or(0.0));
  });
  return all;
}

}  // namespace roofscape::codesign
