// What would be if a machine were otherwise: numbers of its chips, links, kernels, price, power and
// place are set, one by one or together, and the best layout is looked for again. Which of the
// numbers decides is what a range of each does to the outcome while the others stay.
//
// Thread safety: pure functions; searches start threads.

#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/core/result.h"
#include "model/codesign/layout_choice.h"
#include "model/codesign/wafer_plan.h"

namespace roofscape::codesign {

/// A number that a scenario may set.
enum class Knob : std::size_t {
  kFlopsTimes,      // chip.flops_times: peaks of all precisions, times as high.
  kBandwidth,       // chip.bandwidth_tb_s
  kMemory,          // chip.memory_gb
  kLinks,           // links.gb_s: one way, a chip.
  kDomain,          // links.domain_chips
  kRails,           // links.rail_gb_s
  kAddedPjPerBit,   // links.added_pj_per_bit: drawn at both ends, beside the all-in power.
  kUtilisation,     // kernels.utilisation: every kernel's share of its roofline.
  kKernelTime,      // kernels.time: of what curves and fits say.
  kUsdPerHour,      // spend.usd_per_hour: a chip, all-in.
  kAllInKw,         // spend.all_in_kw
  kSiteMw,          // site.mw: what all chips may draw together.
  kLatencyMs,       // outer.latency_ms: to the user and back, on top of TTFT.
  kGbitPerChip,     // outer.gbit_s_per_chip: of text, to users.
  kLaunchUsdPerKg,  // orbit.launch_usd_per_kg: with it chips are in orbit.
  kSolarWm2,        // orbit.solar_w_m2: electrical, in the sun.
  kSunlit,          // orbit.sunlit_share: of the time.
  kSolarKgM2,       // orbit.solar_kg_m2
  kRadiatorWm2,     // orbit.radiator_w_m2
  kRadiatorKgM2,    // orbit.radiator_kg_m2
  kChipKg,          // orbit.chip_kg: a chip with its share of board and bus.
  kStructureUsdKg,  // orbit.structure_usd_per_kg: to build panels, radiators and bus.
  kHardwareShare,   // orbit.hardware_share: of the price on the ground, that goes up as well.
  kLifeYears,       // orbit.life_years
  kFailures,        // orbit.failures_per_year: share of chips, without repair.
  kPartnerUsd,      // partner.usd_per_hour: a wafer.
  kPartnerKw,       // partner.all_in_kw
  kPartnerLinks,    // partner.gb_s: over which the caches of prompts come to the wafers.
  kKnobs,
};
inline constexpr std::size_t kKnobs = static_cast<std::size_t>(Knob::kKnobs);

std::string_view Name(Knob knob);
std::optional<Knob> ParseKnob(std::string_view name);
/// "chip.flops_times, chip.bandwidth_tb_s, ..."
std::string KnobNames();

using Knobs = std::array<std::optional<double>, kKnobs>;

enum class Spend { kChip, kUsd, kKwh };

/// What stays as it is.
struct Scene {
  /// One chip, engine, precision and budget.
  Wish wish;
  std::optional<double> usd_per_hour, all_in_kw;  // Of a chip.
  Spend spend = Spend::kChip;
  double speed_tps = 0.0;
  double ttft_limit_s = 0.0;
  /// Decodes what the chips prefill; what it spends is for knobs to say.
  std::optional<WaferSite> partner;
};

struct Outcome {
  double value = 0.0;  // Tokens/s a chip, tokens a USD or a kWh; 0: the speed is not reached.
  double tput_per_chip = 0.0;  // Of the chips; with a partner, of those that prefill.
  double ttft_s = 0.0, tpot_s = 0.0;
  std::optional<double> usd_per_hour, kw;  // A chip.
  double alive = 1.0;                      // Mean share of chips that work.
  std::optional<double> site_tps;          // Tokens a second of a site of so many MW.
  std::optional<double> mass_kg;           // A chip with all that keeps it in orbit.
  std::optional<double> solar_m2, radiator_m2;
  std::string plan;
};

class WhatIf {
 public:
  /// All must outlive it; `book` may be null.
  WhatIf(const Scene& scene, const SearchOptions& options, perf::KernelBook* book)
      : scene_(scene), options_(options), book_(book) {}

  /// Errors: a price or a power that the scene needs and neither it nor a knob has; an orbit of
  /// which a number is missing.
  Result<Outcome> Evaluate(const Knobs& knobs) const;

 private:
  Result<Wish> WishOf(const Knobs& knobs) const;
  Result<> SetSpent(const Knobs& knobs, Outcome& out) const;
  Result<> Serve(const Knobs& knobs, const Space& space, Outcome& out) const;
  Result<> ServeWithPartner(const Knobs& knobs, const Space& space, Outcome& out) const;

  const Scene& scene_;
  const SearchOptions& options_;
  perf::KernelBook* book_;
};

/// What a number's range does to a scenario, the others kept.
struct Swing {
  std::size_t parameter = 0;
  double low = 0.0, high = 0.0;  // Values of the outcome at the ends of its range.
  double size = 0.0;             // |log(high / low)|; infinite where one end is not reached.
};

struct Range {
  Knob knob = Knob::kKnobs;
  double value = 0.0, low = 0.0, high = 0.0;
};

/// The largest swing first; ranges of no width last, as given.
Result<std::vector<Swing>> Swings(const WhatIf& what_if, const std::vector<Range>& ranges);

}  // namespace roofscape::codesign
