// A chip that is not built, the links between its chips, the shape of the model and its layout,
// chosen together: what gives users speed, a dollar tokens, a joule tokens. The chip is a point
// between bounds, paid for by what the caller says its parts cost; shapes are equally good ones
// (shapes.h).
//
// Half of the samples are drawn over the whole space, half near what has stayed on the front. For
// each, every legal layout of one worker is computed at every load by the mean field, on rooflines
// with the coefficients given: nobody has measured the kernels of such a chip. Replicas change none
// of the three objectives; pools apart are not looked at.
//
// Thread safety: pure functions; SearchJointly starts threads through `parallel` and joins them.

#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "model/codesign/front.h"
#include "model/codesign/search.h"

namespace roofscape::codesign {

/// What of a chip is chosen.
enum class Part : std::size_t {
  kCompute,    // bf16 PFLOP/s; other precisions keep their ratio to it.
  kBandwidth,  // TB/s of memory.
  kMemory,     // GB.
  kLinks,      // GB/s one way, all scale-up links.
  kParts,
};
inline constexpr std::size_t kParts = static_cast<std::size_t>(Part::kParts);
std::string_view Name(Part part);

using PartValues = std::array<double, kParts>;

/// fixed + sum of each x what it comes to.
struct PartCosts {
  double fixed = 0.0;
  PartValues each = {};

  double Of(const PartValues& parts) const {
    double sum = fixed;
    for (std::size_t i = 0; i < kParts; ++i) sum += each[i] * parts[i];
    return sum;
  }
};

struct FabricOption {
  std::string name;
  perf::Machine links;  // Its fields about links alone.
};

struct ChipSpace {
  perf::Machine base;  // Peaks by precision relative to bf16, and what else nothing here changes.
  PartValues low = {}, high = {};  // Equal: fixed.
  PartCosts usd_per_hour, kw;      // All-in.
  std::vector<FabricOption> fabrics;
  std::int64_t most = 64;  // Chips of a worker.
};

/// A machine that could be bought, with what a second of a chip costs.
struct ChosenChip {
  PartValues parts = {};
  std::size_t fabric = 0;

  friend bool operator==(const ChosenChip&, const ChosenChip&) = default;
};
perf::Machine MachineOf(const ChipSpace& space, const ChosenChip& chosen);

struct JointPoint {
  ChosenChip chip;
  std::size_t shape = 0;
  perf::Layout layout;
  double concurrency = 0.0;
  double ttft_s = 0.0, tpot_s = 0.0;
  double tput_per_chip = 0.0;  // Input and output tokens a second.
  Objectives objectives = {};
};

struct JointAsk {
  const ChipSpace* chips = nullptr;
  std::vector<const catalog::Model*> shapes;
  std::string precision;
  /// Lengths, loads and coefficients; engines: the first one's limits.
  const Wish* common = nullptr;
  double ttft_limit_s = 0.0;
  std::uint64_t evaluations = 1'000'000;  // At least.
  std::uint64_t seed = 1;
  double epsilon = 0.02;
};

struct JointFound {
  std::vector<JointPoint> front;  // By speed for a user, ascending.
  std::uint64_t evaluated = 0;    // Mean fields.
  std::uint64_t chips = 0;        // Samples of chip, fabric and shape.
};

/// The same on any number of threads. Errors: no shape, no fabric, a bound below or above another,
/// a cost that is not above 0, a precision that is not known.
Result<JointFound> SearchJointly(const JointAsk& ask, const SearchOptions& options);

}  // namespace roofscape::codesign
