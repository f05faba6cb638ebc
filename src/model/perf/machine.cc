#include "model/perf/machine.h"

#include <fmt/format.h>

#include <algorithm>

#include "model/perf/links.h"

namespace roofscape::perf {
namespace {

constexpr double kGiga = 1e9;
constexpr double kTera = 1e12;

Error Missing(const catalog::Chip& chip, std::string_view field) {
  return Error{
      ErrorCode::kInvalidArgument,
      fmt::format("chip '{}': its {} is not known, so nothing can be predicted on it; add it "
                  "to a catalog file with its source and give that folder with --catalog",
                  chip.entry.id, field)};
}

Generation GenerationOf(const catalog::Chip& chip) {
  if (chip.architecture == "Hopper") return Generation::kHopper;
  if (chip.architecture.starts_with("Blackwell")) return Generation::kBlackwell;
  return Generation::kOther;
}

Result<> SetLinks(const catalog::Catalog& catalog, const catalog::Chip& chip, Machine& machine) {
  if (!chip.links.scale_up.empty()) {
    RS_ASSIGN_OR_RETURN(const catalog::Fabric* fabric,
                        catalog::FindFabric(catalog, chip.links.scale_up));
    machine.link_bandwidth = fabric->chip_gb_s.value_or(0.0) * kGiga;
    machine.domain_chips = static_cast<double>(fabric->chips.value_or(1));
  }
  if (!chip.links.scale_out.empty()) {
    RS_ASSIGN_OR_RETURN(const catalog::Fabric* fabric,
                        catalog::FindFabric(catalog, chip.links.scale_out));
    machine.rail_bandwidth = fabric->chip_gb_s.value_or(0.0) * kGiga;
  }
  RS_ASSIGN_OR_RETURN(machine.links, MakeLinks(catalog, chip));
  return {};
}

}  // namespace

std::string_view Name(Precision precision) {
  switch (precision) {
    case Precision::kBf16: return "bf16";
    case Precision::kFp8: return "fp8";
    case Precision::kFp4: return "fp4";
  }
  return "";
}

double BytesPerWeight(Precision precision) {
  switch (precision) {
    case Precision::kBf16: return 2.0;
    case Precision::kFp8: return 1.0;
    case Precision::kFp4: return 0.5 + 1.0 / 16.0;
  }
  return 2.0;
}

double PeakFlops(const Machine& machine, Precision precision) {
  return machine.flops[static_cast<std::size_t>(precision)];
}

Result<Machine> MakeMachine(const catalog::Catalog& catalog, const catalog::Chip& chip) {
  Machine machine;
  machine.chip = chip.entry.id;
  machine.generation = GenerationOf(chip);
  if (!chip.dense.bf16_tflops) return Missing(chip, "rate of bf16 products (dense.bf16_tflops)");
  if (!chip.memory.bandwidth_tb_s) return Missing(chip, "memory bandwidth (memory.bandwidth_tb_s)");
  const auto memory_gb = chip.memory.usable_gb ? chip.memory.usable_gb : chip.memory.physical_gb;
  if (!memory_gb) return Missing(chip, "memory (memory.usable_gb)");
  const double bf16 = *chip.dense.bf16_tflops * kTera;
  const double fp8 = chip.dense.fp8_tflops.value_or(0.0) * kTera;
  const double fp4 = chip.dense.fp4_tflops.value_or(0.0) * kTera;
  // Without units of its own a narrow type is unpacked and multiplied as bf16.
  machine.flops = {bf16, fp8 > 0.0 ? fp8 : bf16, fp4 > 0.0 ? fp4 : bf16};
  machine.bandwidth = *chip.memory.bandwidth_tb_s * kTera;
  machine.memory = *memory_gb * kGiga;
  machine.tdp_w = chip.tdp_w.value_or(0.0);
  machine.host_in_package = chip.host.link_gb_s.has_value();
  RS_RETURN_IF_ERROR(SetLinks(catalog, chip, machine));
  return machine;
}

}  // namespace roofscape::perf
