#include "model/codesign/joint.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "base/core/rng.h"
#include "model/perf/links.h"

namespace roofscape::codesign {
namespace {

constexpr std::size_t kRound = 64;  // Samples between two looks at the front.
constexpr double kHour = 3600.0;
constexpr double kNear = 0.15;  // Standard deviation of the logarithm of a step.

Error Wrong(std::string message) { return {ErrorCode::kInvalidArgument, std::move(message)}; }

struct Sample {
  ChosenChip chip;
  std::size_t shape = 0;
};

/// Layouts of one shape, lowered once: they do not depend on the chip.
struct Lowerings {
  std::vector<perf::Lowered> workers;
};

Lowerings LoweringsOf(const catalog::Model& model, const perf::Formats& formats,
                      std::int64_t most) {
  Lowerings out;
  for (std::int64_t chips = 1; chips <= most; ++chips) {
    for (std::int64_t dp = 1; dp <= chips; ++dp) {
      if (chips % dp != 0) continue;
      for (std::int64_t ep = 1; ep <= chips; ++ep) {
        if (chips % ep != 0) continue;
        const perf::Layout layout{static_cast<double>(chips), static_cast<double>(dp),
                                  static_cast<double>(ep), 1.0};
        // By shape alone; links are looked at with the chip.
        perf::Machine any;
        any.domain_chips = static_cast<double>(most);
        if (ShapeRefusal(model, any, {}, layout, formats.experts)) continue;
        auto lowered = perf::Lower(model, layout, formats);
        if (lowered) out.workers.push_back(*std::move(lowered));
      }
    }
  }
  return out;
}

/// Links that are `times` as quick.
std::shared_ptr<const perf::Links> Scaled(const std::shared_ptr<const perf::Links>& links,
                                          double times) {
  if (!links || times == 1.0) return links;
  auto scaled = std::make_shared<perf::Links>(*links);
  scaled->fabric.chip_bytes_per_s *= times;
  scaled->fabric.link_bytes_per_s *= times;
  return scaled;
}

class Evaluator {
 public:
  Evaluator(const JointAsk& ask, const perf::Formats& formats) : ask_(ask), formats_(formats) {
    for (const catalog::Model* shape : ask.shapes) {
      lowerings_.push_back(LoweringsOf(*shape, formats, ask.chips->most));
    }
  }

  /// What no other layout or load of the sample beats in both speed and throughput.
  std::vector<JointPoint> FrontOf(const Sample& sample, std::uint64_t& evaluated) const {
    const perf::Machine machine = MachineOf(*ask_.chips, sample.chip);
    const EngineOption& engine = ask_.common->engines[0];
    const perf::Setting setting{engine.engine, machine.generation, perf::kBurstProtocol};
    const perf::Coefficients<double> c = ask_.common->coefficients(setting);
    std::vector<JointPoint> points;
    for (const perf::Lowered& worker : lowerings_[sample.shape].workers) {
      if (!Fits(sample, machine, engine.limits, c, worker)) continue;
      AddLoads(sample, machine, c, worker, points, evaluated);
    }
    return Best(std::move(points));
  }

 private:
  bool Fits(const Sample& sample, const perf::Machine& machine, const EngineLimits& limits,
            const perf::Coefficients<double>& c, const perf::Lowered& worker) const {
    const catalog::Model& model = *ask_.shapes[sample.shape];
    if (ShapeRefusal(model, machine, limits, worker.layout, formats_.experts)) return false;
    return !MemoryRefusal(model, machine, worker, c[perf::kMemoryShare],
                          ask_.common->longest_tokens,
                          perf::PoolRuleOf(ask_.common->engines[0].engine));
  }

  void AddLoads(const Sample& sample, const perf::Machine& machine,
                const perf::Coefficients<double>& c, const perf::Lowered& worker,
                std::vector<JointPoint>& points, std::uint64_t& evaluated) const {
    perf::Service service;
    service.machine = machine;
    service.token_budget = ask_.common->token_budgets[0];
    service.serve = {worker, 1.0};
    perf::SetEngine(ask_.common->engines[0].engine, service);
    const double usd = ask_.chips->usd_per_hour.Of(sample.chip.parts) / kHour;
    const double watts = ask_.chips->kw.Of(sample.chip.parts) * 1e3;
    perf::Load load{1.0, ask_.common->input, ask_.common->output};
    const double holds = perf::AdmittedSequences(service, c, load) * perf::Streams(worker);
    for (const double n : ask_.common->concurrencies) {
      load.concurrency = n;
      const auto p = perf::MeanField(service, c, load);
      ++evaluated;
      if (p.ttft > ask_.ttft_limit_s) continue;
      const double e2e = p.ttft + p.tpot * std::max(load.output - 1.0, 0.0);
      const double rate = n * (load.input + load.output) / e2e / worker.layout.chips;
      points.push_back({sample.chip,
                        sample.shape,
                        worker.layout,
                        n,
                        p.ttft,
                        p.tpot,
                        rate,
                        {1.0 / p.tpot, rate / usd, rate / watts}});
      if (n > holds) break;  // What waits makes nothing better.
    }
  }

  static std::vector<JointPoint> Best(std::vector<JointPoint> points) {
    std::stable_sort(points.begin(), points.end(), [](const JointPoint& a, const JointPoint& b) {
      if (a.tpot_s != b.tpot_s) return a.tpot_s < b.tpot_s;
      return a.tput_per_chip > b.tput_per_chip;
    });
    std::vector<JointPoint> best;
    for (JointPoint& p : points) {
      if (best.empty() || p.tput_per_chip > best.back().tput_per_chip) best.push_back(p);
    }
    return best;
  }

  const JointAsk& ask_;
  const perf::Formats& formats_;
  std::vector<Lowerings> lowerings_;
};

class Sampler {
 public:
  explicit Sampler(const JointAsk& ask) : ask_(ask), seed_(ask.seed) {}

  /// Sample number `i`; every other one near a point of the front, where there is one.
  Sample Draw(std::uint64_t i, const std::vector<JointPoint>& front) const {
    Rng rng = seed_.Fork(i);
    Sample s;
    const ChipSpace& chips = *ask_.chips;
    if (i % 2 == 0 || front.empty()) {
      s.shape = rng.Below(ask_.shapes.size());
      s.chip.fabric = rng.Below(chips.fabrics.size());
      for (std::size_t p = 0; p < kParts; ++p) {
        s.chip.parts[p] = chips.low[p] * std::pow(chips.high[p] / chips.low[p], rng.Uniform());
      }
      return s;
    }
    const JointPoint& near = front[rng.Below(front.size())];
    s.chip = near.chip;
    s.shape = near.shape;
    for (std::size_t p = 0; p < kParts; ++p) {
      const double moved = s.chip.parts[p] * std::exp(kNear * rng.Normal());
      s.chip.parts[p] = std::clamp(moved, chips.low[p], chips.high[p]);
    }
    if (rng.Below(4) == 0) s.shape = rng.Below(ask_.shapes.size());
    if (rng.Below(4) == 0) s.chip.fabric = rng.Below(chips.fabrics.size());
    return s;
  }

 private:
  const JointAsk& ask_;
  Rng seed_;
};

Result<> Check(const JointAsk& ask) {
  const ChipSpace& chips = *ask.chips;
  if (ask.shapes.empty()) return Wrong("a joint search needs a model's shape");
  if (chips.fabrics.empty()) return Wrong("chip: fabrics: needs one of the catalog");
  for (std::size_t p = 0; p < kParts; ++p) {
    if (chips.low[p] > 0.0 && chips.low[p] <= chips.high[p]) continue;
    return Wrong(
        fmt::format("chip: {}: must be [least, most], both above 0", Name(static_cast<Part>(p))));
  }
  for (const PartCosts* costs : {&chips.usd_per_hour, &chips.kw}) {
    const bool negative =
        std::any_of(costs->each.begin(), costs->each.end(), [](double v) { return v < 0.0; });
    if (!negative && costs->fixed >= 0.0 && costs->Of(chips.low) > 0.0) continue;
    return Wrong(
        "chip: usd_per_hour and kw: must be above 0 and no part below: a part that costs nothing "
        "would always be chosen as large as it may be");
  }
  return {};
}

}  // namespace

std::string_view Name(Part part) {
  constexpr std::array<std::string_view, kParts> kNames = {"bf16_pflops", "bandwidth_tb_s",
                                                           "memory_gb", "link_gb_s"};
  return kNames[static_cast<std::size_t>(part)];
}

perf::Machine MachineOf(const ChipSpace& space, const ChosenChip& chosen) {
  const auto part = [&](Part p) { return chosen.parts[static_cast<std::size_t>(p)]; };
  perf::Machine m = space.base;
  const double times = part(Part::kCompute) * 1e15 / m.flops[0];
  for (double& peak : m.flops) peak *= times;
  m.bandwidth = part(Part::kBandwidth) * 1e12;
  m.memory = part(Part::kMemory) * 1e9;
  const perf::Machine& links = space.fabrics[chosen.fabric].links;
  m.link_bandwidth = part(Part::kLinks) * 1e9;
  m.domain_chips = links.domain_chips;
  m.rail_bandwidth = links.rail_bandwidth;
  const double faster = links.link_bandwidth > 0.0 ? m.link_bandwidth / links.link_bandwidth : 1.0;
  m.links = Scaled(links.links, faster);
  return m;
}

Result<JointFound> SearchJointly(const JointAsk& ask, const SearchOptions& options) {
  RS_RETURN_IF_ERROR(Check(ask));
  RS_ASSIGN_OR_RETURN(const perf::Formats formats, perf::FormatsOf(*ask.shapes[0], ask.precision));
  const Evaluator evaluator(ask, formats);
  const Sampler sampler(ask);
  EpsilonFront front(ask.epsilon);
  std::vector<JointPoint> kept;  // By tag.
  JointFound found;
  std::uint64_t barren = 0;
  while (found.evaluated < ask.evaluations) {
    std::vector<std::vector<JointPoint>> points(kRound);
    std::vector<std::uint64_t> evaluated(kRound, 0);
    const auto work = [&](std::size_t i, unsigned) {
      const Sample sample = sampler.Draw(found.chips + i, found.front);
      points[i] = evaluator.FrontOf(sample, evaluated[i]);
    };
    if (options.parallel) {
      options.parallel(kRound, work);
    } else {
      for (std::size_t i = 0; i < kRound; ++i) work(i, 0);
    }
    // One after the other, whoever was faster.
    std::uint64_t computed = 0;
    for (std::size_t i = 0; i < kRound; ++i) {
      computed += evaluated[i];
      for (const JointPoint& p : points[i]) {
        if (front.Add({p.objectives, kept.size()})) kept.push_back(p);
      }
    }
    found.evaluated += computed;
    found.chips += kRound;
    found.front.clear();
    std::vector<JointPoint> still;
    EpsilonFront renumbered(ask.epsilon);
    for (const FrontPoint& p : front.Points()) {
      found.front.push_back(kept[p.tag]);
      renumbered.Add({p.objectives, still.size()});
      still.push_back(kept[p.tag]);
    }
    front = std::move(renumbered);
    kept = std::move(still);
    barren = computed == 0 ? barren + 1 : 0;
    if (barren >= 100) return Wrong("no shape fits on any chip of the space in any layout");
  }
  return found;
}

}  // namespace roofscape::codesign
