#include "model/codesign/what_if.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "model/codesign/portability.h"
#include "model/perf/links.h"

namespace roofscape::codesign {
namespace {

constexpr std::array<std::string_view, kKnobs> kNames = {"chip.flops_times",
                                                         "chip.bandwidth_tb_s",
                                                         "chip.memory_gb",
                                                         "links.gb_s",
                                                         "links.domain_chips",
                                                         "links.rail_gb_s",
                                                         "links.added_pj_per_bit",
                                                         "kernels.utilisation",
                                                         "kernels.time",
                                                         "spend.usd_per_hour",
                                                         "spend.all_in_kw",
                                                         "site.mw",
                                                         "outer.latency_ms",
                                                         "outer.gbit_s_per_chip",
                                                         "orbit.launch_usd_per_kg",
                                                         "orbit.solar_w_m2",
                                                         "orbit.sunlit_share",
                                                         "orbit.solar_kg_m2",
                                                         "orbit.radiator_w_m2",
                                                         "orbit.radiator_kg_m2",
                                                         "orbit.chip_kg",
                                                         "orbit.structure_usd_per_kg",
                                                         "orbit.hardware_share",
                                                         "orbit.life_years",
                                                         "orbit.failures_per_year",
                                                         "partner.usd_per_hour",
                                                         "partner.all_in_kw",
                                                         "partner.gb_s"};

constexpr double kHour = 3600.0;
constexpr double kYearHours = 8766.0;
constexpr double kTextBytes = 4.0;  // A token as text.

Error Wrong(std::string message) { return {ErrorCode::kInvalidArgument, std::move(message)}; }

const std::optional<double>& Of(const Knobs& knobs, Knob knob) {
  return knobs[static_cast<std::size_t>(knob)];
}

Result<double> Need(const Knobs& knobs, Knob knob) {
  if (const auto& value = Of(knobs, knob)) return *value;
  return Wrong(fmt::format("an orbit needs a parameter that sets {}", Name(knob)));
}

void SetLinks(const Knobs& knobs, perf::Machine& m) {
  const auto scale = [&](double perf::Machine::* field, double times, bool rails) {
    m.*field *= times;
    if (!m.links) return;
    auto scaled = std::make_shared<perf::Links>(*m.links);
    if (rails) {
      scaled->fabric.rail_bytes_per_s *= times;
    } else {
      scaled->fabric.chip_bytes_per_s *= times;
      scaled->fabric.link_bytes_per_s *= times;
    }
    m.links = std::move(scaled);
  };
  if (const auto& v = Of(knobs, Knob::kLinks); v && m.link_bandwidth > 0.0) {
    scale(&perf::Machine::link_bandwidth, *v * 1e9 / m.link_bandwidth, false);
  }
  if (const auto& v = Of(knobs, Knob::kRails); v && m.rail_bandwidth > 0.0) {
    scale(&perf::Machine::rail_bandwidth, *v * 1e9 / m.rail_bandwidth, true);
  }
  if (const auto& v = Of(knobs, Knob::kDomain)) {
    // So large a domain is a switch's, whatever joined the chips before.
    m.domain_chips = *v;
    m.links = nullptr;
  }
}

struct Orbit {
  double mass_kg, structure_kg, solar_m2, radiator_m2;
};

Result<Orbit> OrbitOf(const Knobs& knobs, double kw) {
  RS_ASSIGN_OR_RETURN(const double solar, Need(knobs, Knob::kSolarWm2));
  RS_ASSIGN_OR_RETURN(const double sunlit, Need(knobs, Knob::kSunlit));
  RS_ASSIGN_OR_RETURN(const double solar_kg, Need(knobs, Knob::kSolarKgM2));
  RS_ASSIGN_OR_RETURN(const double radiator, Need(knobs, Knob::kRadiatorWm2));
  RS_ASSIGN_OR_RETURN(const double radiator_kg, Need(knobs, Knob::kRadiatorKgM2));
  RS_ASSIGN_OR_RETURN(const double chip_kg, Need(knobs, Knob::kChipKg));
  Orbit o{};
  o.solar_m2 = kw * 1e3 / (solar * sunlit);
  o.radiator_m2 = kw * 1e3 / radiator;
  o.structure_kg = o.solar_m2 * solar_kg + o.radiator_m2 * radiator_kg;
  o.mass_kg = o.structure_kg + chip_kg;
  return o;
}

/// Of chips that fail at a rate and are not repaired, the mean share that works over their life.
double AliveShare(double failures_per_year, double years) {
  const double gone = failures_per_year * years;
  return gone < 1e-9 ? 1.0 : -std::expm1(-gone) / gone;
}

/// Seconds of a chip for one prompt, of the quickest worker that holds prompts.
std::optional<double> PromptChipSeconds(const Space& space, double ttft_limit_s, Outcome& out) {
  std::optional<double> best;
  const Family& family = space.families[0];
  const double input = space.lengths.input;
  for (const Worker& w : family.workers) {
    if (!w.prefills) continue;
    const double together = perf::PromptsAStep(family.token_budget, input, 1e9);
    const double pass = perf::PrefillSeconds(family.machine, w.lowered, family.coefficients,
                                             space.lengths, together);
    // A prompt waits for half a pass, then takes one.
    const double ttft = family.coefficients[perf::kRequest] +
                        family.coefficients[perf::kPromptToken] * input + 1.5 * pass;
    if (ttft > ttft_limit_s) continue;
    const double each = pass / together / perf::Streams(w.lowered) * static_cast<double>(w.chips);
    if (best && each >= *best) continue;
    best = each;
    out.ttft_s = ttft;
    out.plan = LayoutText(w.lowered.layout);
  }
  return best;
}

/// What a second of a wafer spends.
Result<double> PartnerWeight(const Knobs& knobs, Spend spend) {
  if (spend == Spend::kChip) {
    return Wrong("a chip and a wafer are not alike: choose objective usd or kwh with a partner");
  }
  const Knob knob = spend == Spend::kUsd ? Knob::kPartnerUsd : Knob::kPartnerKw;
  if (const auto& v = Of(knobs, knob)) return *v / kHour;
  return Wrong(fmt::format("a partner needs a parameter that sets {}", Name(knob)));
}

}  // namespace

std::string_view Name(Knob knob) { return kNames[static_cast<std::size_t>(knob)]; }

std::optional<Knob> ParseKnob(std::string_view name) {
  const auto found = std::find(kNames.begin(), kNames.end(), name);
  if (found == kNames.end()) return {};
  return static_cast<Knob>(found - kNames.begin());
}

std::string KnobNames() {
  std::string text;
  for (const std::string_view name : kNames) {
    text += (text.empty() ? "" : ", ") + std::string(name);
  }
  return text;
}

Result<Wish> WhatIf::WishOf(const Knobs& knobs) const {
  Wish wish = scene_.wish;
  perf::Machine& m = wish.chips[0].machine;
  wish.chips[0].weight = 1.0;  // Tokens a second and chip; what they cost comes after.
  if (const auto& v = Of(knobs, Knob::kFlopsTimes)) {
    for (double& peak : m.flops) peak *= *v;
  }
  if (const auto& v = Of(knobs, Knob::kBandwidth)) m.bandwidth = *v * 1e12;
  if (const auto& v = Of(knobs, Knob::kMemory)) m.memory = *v * 1e9;
  SetLinks(knobs, m);
  const auto utilisation = Of(knobs, Knob::kUtilisation);
  const auto time = Of(knobs, Knob::kKernelTime);
  if (utilisation && time) {
    return Wrong("kernels.utilisation and kernels.time say the same thing twice: give one");
  }
  const auto coefficients = scene_.wish.coefficients;
  wish.coefficients = [coefficients, utilisation, time](const perf::Setting& s) {
    const auto c = coefficients(s);
    if (utilisation) return AtUtilisation(c, *utilisation);
    return time ? Slower(c, *time) : c;
  };
  return wish;
}

Result<> WhatIf::SetSpent(const Knobs& knobs, Outcome& out) const {
  const auto pick = [&](Knob knob, const std::optional<double>& base) {
    return Of(knobs, knob) ? Of(knobs, knob) : base;
  };
  out.usd_per_hour = pick(Knob::kUsdPerHour, scene_.usd_per_hour);
  out.kw = pick(Knob::kAllInKw, scene_.all_in_kw);
  if (const auto& pj = Of(knobs, Knob::kAddedPjPerBit); pj && out.kw) {
    const auto& links = Of(knobs, Knob::kLinks);
    const double bytes_s = links ? *links * 1e9 : scene_.wish.chips[0].machine.link_bandwidth;
    *out.kw += 2.0 * *pj * 1e-12 * 8.0 * bytes_s / 1e3;
  }
  const auto& launch = Of(knobs, Knob::kLaunchUsdPerKg);
  if (!launch) return {};
  if (!out.kw || !out.usd_per_hour) {
    return Wrong("an orbit needs a chip's price and power: set spend.usd_per_hour and all_in_kw");
  }
  RS_ASSIGN_OR_RETURN(const Orbit orbit, OrbitOf(knobs, *out.kw));
  RS_ASSIGN_OR_RETURN(const double structure, Need(knobs, Knob::kStructureUsdKg));
  RS_ASSIGN_OR_RETURN(const double hardware, Need(knobs, Knob::kHardwareShare));
  RS_ASSIGN_OR_RETURN(const double years, Need(knobs, Knob::kLifeYears));
  RS_ASSIGN_OR_RETURN(const double failures, Need(knobs, Knob::kFailures));
  out.mass_kg = orbit.mass_kg;
  out.solar_m2 = orbit.solar_m2;
  out.radiator_m2 = orbit.radiator_m2;
  out.alive = AliveShare(failures, years);
  *out.usd_per_hour =
      *out.usd_per_hour * hardware +
      (orbit.mass_kg * *launch + orbit.structure_kg * structure) / (years * kYearHours);
  return {};
}

Result<> WhatIf::ServeWithPartner(const Knobs& knobs, const Space& space, Outcome& out) const {
  WaferSite site = *scene_.partner;
  RS_ASSIGN_OR_RETURN(site.weight, PartnerWeight(knobs, scene_.spend));
  const Family& family = space.families[0];
  const auto prompt = PromptChipSeconds(space, scene_.ttft_limit_s, out);
  WaferTask task =
      TaskOf(*scene_.wish.model, family.formats, space.lengths.input, space.lengths.output);
  task.input = 0.0;  // Prompts are the chips' work.
  const auto plan = BestWafers(site, task, scene_.speed_tps);
  if (!prompt || !plan) {
    out.plan.clear();
    return {};
  }
  const double tokens = space.lengths.input + space.lengths.output;
  const double requests = plan->users * plan->user_tps / space.lengths.output;
  const double chip = (scene_.spend == Spend::kUsd ? *out.usd_per_hour : *out.kw) / kHour;
  const double spent = *prompt * chip + plan->wafers * site.weight / requests;
  out.value = tokens / spent;
  out.tput_per_chip = space.lengths.input / *prompt;
  out.tpot_s = 1.0 / plan->user_tps;
  if (const auto& links = Of(knobs, Knob::kPartnerLinks)) {
    const double cache = space.lengths.input * catalog::CacheValuesPerToken(*scene_.wish.model) *
                         family.formats.cache_bytes;
    out.ttft_s += cache / (*links * 1e9);
  }
  out.plan += fmt::format(" -> {} wafer{}, {:.0f} users, held by {}", plan->wafers,
                          plan->wafers == 1 ? "" : "s", plan->users, plan->ends);
  return {};
}

Result<> WhatIf::Serve(const Knobs& knobs, const Space& space, Outcome& out) const {
  const double latency_s = Of(knobs, Knob::kLatencyMs).value_or(0.0) * 1e-3;
  const double speed = scene_.speed_tps;
  const auto best =
      BestPlans(space, std::span(&speed, 1), scene_.ttft_limit_s - latency_s, options_);
  if (!best[0]) return {};
  out.tput_per_chip = best[0]->value;
  if (const auto& gbit = Of(knobs, Knob::kGbitPerChip)) {
    out.tput_per_chip = std::min(out.tput_per_chip, *gbit * 1e9 / 8.0 / kTextBytes);
  }
  out.ttft_s = best[0]->ttft_s + latency_s;
  out.tpot_s = best[0]->tpot_s;
  out.plan = PlanText(space, *best[0]);
  out.value = out.tput_per_chip * out.alive;
  if (scene_.spend == Spend::kUsd) out.value *= kHour / *out.usd_per_hour;
  // What has failed draws nothing.
  if (scene_.spend == Spend::kKwh) out.value = out.tput_per_chip * kHour / *out.kw;
  return {};
}

Result<Outcome> WhatIf::Evaluate(const Knobs& knobs) const {
  Outcome out;
  RS_ASSIGN_OR_RETURN(const Wish wish, WishOf(knobs));
  RS_RETURN_IF_ERROR(SetSpent(knobs, out));
  if (scene_.spend == Spend::kUsd && !out.usd_per_hour) {
    return Wrong("no price of a chip: set spend.usd_per_hour, or choose another objective");
  }
  const auto& site_mw = Of(knobs, Knob::kSiteMw);
  if ((scene_.spend == Spend::kKwh || site_mw) && !out.kw) {
    return Wrong("no power of a chip: set spend.all_in_kw, or choose another objective");
  }
  const bool rooflines = Of(knobs, Knob::kUtilisation).has_value();
  RS_ASSIGN_OR_RETURN(const Space space, BuildSpace(wish, rooflines ? nullptr : book_));
  if (space.families.empty()) return out;
  if (scene_.partner) {
    RS_RETURN_IF_ERROR(ServeWithPartner(knobs, space, out));
  } else {
    RS_RETURN_IF_ERROR(Serve(knobs, space, out));
  }
  if (site_mw && out.value > 0.0) {
    out.site_tps = *site_mw * 1e3 / *out.kw * out.tput_per_chip * out.alive;
  }
  return out;
}

Result<std::vector<Swing>> Swings(const WhatIf& what_if, const std::vector<Range>& ranges) {
  Knobs all = {};
  for (const Range& r : ranges) all[static_cast<std::size_t>(r.knob)] = r.value;
  std::vector<Swing> swings;
  for (std::size_t i = 0; i < ranges.size(); ++i) {
    Swing swing{i, 0.0, 0.0, 0.0};
    if (ranges[i].low != ranges[i].high) {
      Knobs knobs = all;
      auto& knob = knobs[static_cast<std::size_t>(ranges[i].knob)];
      knob = ranges[i].low;
      RS_ASSIGN_OR_RETURN(const Outcome low, what_if.Evaluate(knobs));
      knob = ranges[i].high;
      RS_ASSIGN_OR_RETURN(const Outcome high, what_if.Evaluate(knobs));
      swing.low = low.value;
      swing.high = high.value;
      const bool both = swing.low > 0.0 && swing.high > 0.0;
      const bool one = (swing.low > 0.0) != (swing.high > 0.0);
      if (both) swing.size = std::abs(std::log(swing.high / swing.low));
      if (one) swing.size = std::numeric_limits<double>::infinity();
    }
    swings.push_back(swing);
  }
  std::stable_sort(swings.begin(), swings.end(),
                   [](const Swing& a, const Swing& b) { return a.size > b.size; });
  return swings;
}

}  // namespace roofscape::codesign
