#include <algorithm>
#include <array>
#include <charconv>
#include <tuple>

#include <fmt/format.h>

#include "domain/catalog/check.h"

namespace roofscape::catalog {
namespace {

/// The number that a fact of the file holds, if it is one.
std::optional<double> NumberOf(const Entry& entry, std::string_view field) {
  for (const Fact& fact : entry.facts) {
    if (fact.field != field || !fact.number) continue;
    double value = 0;
    const char* end = fact.value.data() + fact.value.size();
    if (std::from_chars(fact.value.data(), end, value).ec == std::errc()) return value;
  }
  return std::nullopt;
}

/// Every number of a chip or a fabric is above 0: what is 0 is missing.
void CheckPositive(const Entry& entry, std::vector<Problem>& out) {
  for (const Fact& fact : entry.facts) {
    if (!fact.number || fact.value.starts_with('[')) continue;
    const std::optional<double> value = NumberOf(entry, fact.field);
    if (value && !(*value > 0)) {
      out.push_back({entry.file, fact.field,
                     fmt::format("{} must be above 0: leave out what is not known", fact.value)});
    }
  }
}

void CheckMemory(const Chip& chip, std::vector<Problem>& out) {
  const Memory& memory = chip.memory;
  if (memory.physical_gb && memory.usable_gb && *memory.usable_gb > *memory.physical_gb) {
    out.push_back(
        {chip.entry.file, "memory.usable_gb",
         fmt::format("{} is above physical_gb, {}", *memory.usable_gb, *memory.physical_gb)});
  }
  const double on_chip = chip.on_chip.bandwidth_tb_s.value_or(0);
  if (memory.bandwidth_tb_s && on_chip > 0 && *memory.bandwidth_tb_s > on_chip) {
    out.push_back(
        {chip.entry.file, "on_chip.bandwidth_tb_s", "is below the memory's: that cannot be"});
  }
}

/// Narrower numbers are never slower, and nobody reached more than the peak.
void CheckPeaks(const Chip& chip, std::vector<Problem>& out) {
  const DensePeaks& peak = chip.dense;
  if (peak.bf16_tflops && peak.fp8_tflops && *peak.fp8_tflops < *peak.bf16_tflops) {
    out.push_back({chip.entry.file, "dense.fp8_tflops", "is below bf16_tflops"});
  }
  if (peak.fp8_tflops && peak.fp4_tflops && *peak.fp4_tflops < *peak.fp8_tflops) {
    out.push_back({chip.entry.file, "dense.fp4_tflops", "is below fp8_tflops"});
  }
  const std::array pairs = {std::tuple("bf16", chip.reached.bf16_gemm_tflops, peak.bf16_tflops),
                            std::tuple("fp8", chip.reached.fp8_gemm_tflops, peak.fp8_tflops),
                            std::tuple("fp4", chip.reached.fp4_gemm_tflops, peak.fp4_tflops)};
  for (const auto& [name, reached, claimed] : pairs) {
    if (reached && claimed && *reached > *claimed) {
      out.push_back({chip.entry.file, fmt::format("reached.{}_gemm_tflops", name),
                     fmt::format("{} is above the peak, {}", *reached, *claimed)});
    }
  }
}

void CheckRanges(const Chip& chip, std::vector<Problem>& out) {
  for (const auto& [field, range] : chip.ranges) {
    const std::optional<double> value = NumberOf(chip.entry, field);
    if (!(range.low > 0 && range.low <= range.high)) {
      out.push_back({chip.entry.file, "range." + field, "must be two numbers, the lower first"});
    } else if (value && (*value < range.low || *value > range.high)) {
      out.push_back(
          {chip.entry.file, field,
           fmt::format("{} lies outside its range, {} to {}", *value, range.low, range.high)});
    }
  }
}

/// A fit says a share of a bandwidth that must stand in the file; nobody reaches more than all.
void CheckCollectives(const Fabric& fabric, std::vector<Problem>& out) {
  for (std::size_t i = 0; i < kCollectives; ++i) {
    const std::optional<CollectiveFit>& fit = fabric.collectives[i];
    if (!fit) continue;
    const std::string field = fmt::format("collectives.{}", Name(static_cast<Collective>(i)));
    const auto share = [&](std::string_view name, const std::optional<double>& value) {
      if (value && *value > 1) {
        out.push_back({fabric.entry.file, fmt::format("{}.{}", field, name),
                       fmt::format("{} is a share: at most 1", *value)});
      }
    };
    share("efficiency", fit->efficiency);
    share("own_share", fit->own_share);
    if (!fabric.chip_gb_s) {
      out.push_back({fabric.entry.file, field, "is a share of chip_gb_s, which is missing"});
    }
    if (i == static_cast<std::size_t>(Collective::kInSwitchAllReduce) && !fabric.reduces) {
      out.push_back({fabric.entry.file, field, "needs reduces = true"});
    }
  }
}

/// A product that was measured has a shape, and no two rows say different things of one.
void CheckRates(const Chip& chip, std::vector<Problem>& out) {
  for (std::size_t i = 0; i < chip.products.size(); ++i) {
    const MatrixRate& rate = chip.products[i];
    if (rate.type.empty()) {
      out.push_back({chip.entry.file, fmt::format("matrix[{}].type", i), "must not be empty"});
    }
    const auto same = [&](const MatrixRate& other) {
      return std::tie(other.type, other.library, other.threads, other.m, other.n, other.k,
                      other.set_mb) ==
             std::tie(rate.type, rate.library, rate.threads, rate.m, rate.n, rate.k, rate.set_mb);
    };
    const auto end = chip.products.begin() + static_cast<std::ptrdiff_t>(i);
    if (std::find_if(chip.products.begin(), end, same) != end) {
      out.push_back({chip.entry.file, fmt::format("matrix[{}]", i),
                     "repeats a product of an earlier row: keep one"});
    }
  }
}

}  // namespace

void CheckChip(const Catalog& catalog, const Chip& chip, std::vector<Problem>& out) {
  CheckPositive(chip.entry, out);
  CheckMemory(chip, out);
  CheckPeaks(chip, out);
  CheckRanges(chip, out);
  CheckRates(chip, out);
  const std::array links = {std::pair("scale_up", &chip.links.scale_up),
                            std::pair("scale_out", &chip.links.scale_out)};
  for (const auto& [name, id] : links) {
    if (id->empty()) continue;
    const auto fabric = FindFabric(catalog, *id);
    if (!fabric || (*fabric)->entry.id != *id) {
      out.push_back({chip.entry.file, fmt::format("links.{}", name),
                     fabric ? fmt::format("write the id '{}'", (*fabric)->entry.id)
                            : fabric.error().message});
    } else if (std::string_view(name).substr(6) != std::string_view((*fabric)->reach).substr(6)) {
      out.push_back({chip.entry.file, fmt::format("links.{}", name),
                     fmt::format("'{}' is a {} fabric", *id, (*fabric)->reach)});
    }
  }
}

void CheckFabric(const Fabric& fabric, std::vector<Problem>& out) {
  const std::string& file = fabric.entry.file;
  CheckPositive(fabric.entry, out);
  CheckCollectives(fabric, out);
  const std::vector<double>& us = fabric.layer_us;
  if (!us.empty() && (us.size() != 2 || !(us[0] > 0 && us[0] <= us[1]))) {
    out.push_back({file, "layer_us", "must be two numbers above 0, the lower first"});
  }
  if (fabric.topology == Topology::kTorus && fabric.shape.empty() && !fabric.axes) {
    out.push_back({file, "shape_chips", "is missing: give the length of each axis, or 'axes'"});
  }
  double chips = 1;
  for (const std::int64_t length : fabric.shape) chips *= static_cast<double>(length);
  if (!fabric.shape.empty() && fabric.chips && chips != static_cast<double>(*fabric.chips)) {
    out.push_back({file, "chips", fmt::format("is {}, its shape holds {}", *fabric.chips, chips)});
  }
  if (fabric.link_gb_s && fabric.links && fabric.chip_gb_s) {
    const double all = *fabric.link_gb_s * static_cast<double>(*fabric.links);
    if (all < 0.99 * *fabric.chip_gb_s || all > 1.01 * *fabric.chip_gb_s) {
      out.push_back({file, "chip_gb_s",
                     fmt::format("is {}, {} links of {} make {}", *fabric.chip_gb_s, *fabric.links,
                                 *fabric.link_gb_s, all)});
    }
  }
}

}  // namespace roofscape::catalog
