#include "model/codesign/test_spaces.h"

#include <algorithm>
#include <cmath>

#include "base/core/check.h"
#include "model/perf/kernel_curves.h"
#include "model/perf/testing/test_machines.h"

namespace roofscape::codesign {
namespace {

const perf::KernelCurves& Curves() {
  static const Result<perf::KernelCurves> parsed =
      perf::KernelCurves::Parse(perf::EmbeddedKernelCurves());
  RS_CHECK(parsed);
  return *parsed;
}

const catalog::Model& ModelNumber(std::uint64_t number) {
  static const std::vector<catalog::Model> models = [] {
    std::vector<catalog::Model> all = {perf::DenseModel(), perf::RoutedModel(),
                                       perf::RecurrentModel(), perf::RoutedModel()};
    for (catalog::Model& m : all) m.precision = "bf16";
    all.back().precision = "fp8 e4m3, blocks of 128 x 128";
    all.back().mtp_layers = 1;
    return all;
  }();
  return models[number % models.size()];
}

/// A measured chip, or one with any peaks; domains of 2 to 8.
perf::Machine RandomMachine(Rng& rng) {
  perf::Machine m = perf::TestMachine();
  const auto& chips = Curves().chips();
  const auto& measured = chips[rng.Below(chips.size())];
  m.chip = measured.id;
  m.flops = {measured.roofs.bf16_flops,
             std::max(measured.roofs.fp8_flops, measured.roofs.bf16_flops),
             std::max(measured.roofs.fp4_flops, measured.roofs.bf16_flops)};
  m.bandwidth = measured.roofs.memory_bytes_s;
  m.memory = 30e9 * std::exp2(rng.Uniform() * 3.0);
  m.domain_chips = std::exp2(static_cast<double>(1 + rng.Below(3)));
  m.rail_bandwidth = rng.Below(2) == 0 ? 0.0 : 50e9;
  if (rng.Below(3) == 0) {
    const bool torus = rng.Below(2) == 0;
    m.links = perf::TestLinks(torus ? catalog::Topology::kTorus : catalog::Topology::kMesh,
                              m.link_bandwidth);
    m.domain_chips = torus ? 16.0 : 8.0;
  }
  return m;
}

}  // namespace

Wish TestWish() {
  Wish wish;
  wish.model = &ModelNumber(0);
  wish.chips = {{perf::TestMachine(), "Maker", 4, 1.0}};
  wish.engines = {{perf::kVllm, {}, {}}};
  wish.concurrencies = {1.0, 4.0, 16.0, 64.0, 256.0};
  wish.coefficients = [](const perf::Setting& setting) {
    return perf::CoefficientsFor(std::vector<double>(perf::kFitted, 0.0), setting);
  };
  return wish;
}

Wish RandomWish(Rng& rng) {
  Wish wish = TestWish();
  wish.model = &ModelNumber(rng.Next());
  wish.chips.clear();
  for (std::uint64_t i = 0; i <= rng.Below(2); ++i) {
    const perf::Machine machine = RandomMachine(rng);
    if (!wish.chips.empty() && wish.chips[0].machine.chip == machine.chip) continue;
    wish.chips.push_back(
        {machine, "Maker", static_cast<std::int64_t>(1 + rng.Below(9)), 0.5 + 3.0 * rng.Uniform()});
  }
  wish.engines.clear();
  for (const auto engine : {perf::kSglang, perf::kVllm, perf::kTensorRtLlm}) {
    if (rng.Below(2) == 0)
      wish.engines.push_back({engine, {rng.Below(2) == 0, rng.Below(3) == 0}, {}});
  }
  if (wish.engines.empty()) wish.engines.push_back({perf::kOtherEngine, {}, {}});
  wish.precisions = rng.Below(2) == 0 ? std::vector<std::string>{"fp8"}
                                      : std::vector<std::string>{"bf16", "fp8", "fp4"};
  if (rng.Below(3) == 0) wish.token_budgets = {2048.0, 8192.0};
  wish.concurrencies = DefaultConcurrencies(std::exp2(static_cast<double>(2 + rng.Below(9))));
  wish.input = std::floor(64.0 * std::exp2(rng.Uniform() * 8.0));
  wish.output = std::floor(16.0 * std::exp2(rng.Uniform() * 7.0));
  wish.longest_prompt = wish.input;
  wish.longest_tokens = wish.input + wish.output;
  if (wish.model->mtp_layers && rng.Below(2) == 0) wish.drafts = 2.0;
  if (rng.Below(4) == 0) wish.travel.two_batches = true;
  if (rng.Below(4) == 0) {
    wish.travel.groups = 8.0;
    wish.travel.most_groups = 3.0;
  }
  wish.disaggregated = rng.Below(4) != 0;
  wish.aggregated = !wish.disaggregated || rng.Below(4) != 0;
  wish.most_stages = 1 + static_cast<std::int64_t>(rng.Below(3));
  // Coefficients around their priors: an engine may stop decoding for more than a prompt's time.
  std::vector<double> fitted(perf::kFitted, 0.0);
  for (double& f : fitted) f = 0.5 * rng.Normal();
  fitted[perf::kMemoryShare] = 0.0;
  wish.coefficients = [fitted](const perf::Setting&) {
    perf::Setting plain;
    return perf::CoefficientsFor(fitted, plain);
  };
  return wish;
}

Goal RandomGoal(Rng& rng) {
  Goal goal;
  for (std::uint64_t i = 0; i <= rng.Below(4); ++i) {
    goal.levels.push_back({5.0 * std::exp2(rng.Uniform() * 5.0), 1 + rng.Below(5)});
  }
  if (rng.Below(2) == 0) goal.ttft_limit_s = 0.05 * std::exp2(rng.Uniform() * 8.0);
  goal.each_family = rng.Below(2) == 0;
  return goal;
}

Space TestSpace(const Wish& wish, bool kernels) {
  perf::KernelBook book(Curves());
  auto space = BuildSpace(wish, kernels ? &book : nullptr);
  RS_CHECK(space);
  return *std::move(space);
}

std::vector<Plan> AllPlans(const Space& space) {
  std::vector<Plan> plans;
  for (std::uint32_t f = 0; f < space.families.size(); ++f) {
    const Family& family = space.families[f];
    const auto count = static_cast<std::uint32_t>(family.workers.size());
    for (std::uint32_t s = 0; s < count; ++s) {
      if (!family.workers[s].serves) continue;
      for (std::int32_t p = kNoPrefill; p < static_cast<std::int32_t>(count); ++p) {
        const bool pair = p != kNoPrefill;
        if (pair ? !space.disaggregated : !space.aggregated) continue;
        if (pair && !family.workers[static_cast<std::size_t>(p)].prefills) continue;
        for (std::int64_t sw = 1; sw <= family.most; ++sw) {
          for (std::int64_t pw = pair ? 1 : 0; pw <= (pair ? family.most : 0); ++pw) {
            const Plan plan{f, s, p, sw, pw};
            if (ChipsOf(space, plan) <= family.most) plans.push_back(plan);
          }
        }
      }
    }
  }
  return plans;
}

}  // namespace roofscape::codesign
