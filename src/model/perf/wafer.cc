#include "model/perf/wafer.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "base/core/check.h"

namespace roofscape::perf {
namespace {

Error Missing(const catalog::Entry& entry, std::string_view field) {
  return Error{
      ErrorCode::kInvalidArgument,
      fmt::format("{}: {}: is missing, and a wafer cannot do without it", entry.file, field)};
}

}  // namespace

Result<Wafer> MakeWafer(const catalog::Catalog& catalog, const catalog::Chip& chip) {
  if (chip.links.scale_up.empty()) return Missing(chip.entry, "links.scale_up");
  RS_ASSIGN_OR_RETURN(const catalog::Fabric* fabric, FindFabric(catalog, chip.links.scale_up));
  if (fabric->topology != catalog::Topology::kWafer) {
    return Error{ErrorCode::kInvalidArgument,
                 fmt::format("{}: is a {}, not a wafer: use MakeFabric", fabric->entry.file,
                             catalog::Name(fabric->topology))};
  }
  const auto memory_gb = chip.memory.usable_gb ? chip.memory.usable_gb : chip.memory.physical_gb;
  if (!memory_gb) return Missing(chip.entry, "memory.usable_gb");
  if (!chip.memory.bandwidth_tb_s) return Missing(chip.entry, "memory.bandwidth_tb_s");
  if (fabric->layer_us.size() != 2) return Missing(fabric->entry, "layer_us");
  Wafer wafer;
  wafer.memory_bytes = *memory_gb * 1e9;
  wafer.bytes_per_s = *chip.memory.bandwidth_tb_s * 1e12;
  wafer.layer_s = {fabric->layer_us[0] * 1e-6, fabric->layer_us[1] * 1e-6};
  if (const auto range = chip.ranges.find("dense.bf16_tflops"); range != chip.ranges.end()) {
    wafer.flops = {range->second.low * 1e12, range->second.high * 1e12};
  } else if (chip.dense.bf16_tflops) {
    wafer.flops = {*chip.dense.bf16_tflops * 1e12, *chip.dense.bf16_tflops * 1e12};
  }
  return wafer;
}

WaferCount WafersFor(const Wafer& wafer, double bytes) {
  RS_CHECK(bytes > 0 && wafer.memory_bytes > 0);
  const auto count = [&](double share) {
    return static_cast<int>(std::ceil(bytes / (share * wafer.memory_bytes)));
  };
  return {count(1.0), count(0.9), count(0.8)};
}

Bounds WaferLayerSeconds(const Wafer& wafer, const WaferLoad& load) {
  // A layer lies on one wafer, so that one wafer's bandwidth reads it.
  const double weights = load.weight_bytes / load.layers / wafer.bytes_per_s;
  return {std::max(wafer.layer_s.low, weights), std::max(wafer.layer_s.high, weights)};
}

Bounds WaferUserTokensPerSecond(const Wafer& wafer, const WaferLoad& load) {
  RS_CHECK(load.layers > 0 && load.wafers > 0);
  const Bounds layer = WaferLayerSeconds(wafer, load);
  // Around the ring of wafers: the sampled token goes back to the first.
  const double crossings = load.wafers == 1 ? 0 : load.wafers;
  return {1 / (load.layers * layer.high + crossings * load.crossing_s.high),
          1 / (load.layers * layer.low + crossings * load.crossing_s.low)};
}

Bounds WaferTokensPerSecond(const Wafer& wafer, const WaferLoad& load, int users) {
  RS_CHECK(users >= 1);
  const Bounds one = WaferUserTokensPerSecond(wafer, load);
  const int stages = std::min(users, load.layers);
  Bounds all = {stages * one.low, stages * one.high};
  if (wafer.flops.high > 0 && load.flops_per_token > 0) {
    all.low = std::min(all.low, load.wafers * wafer.flops.low / load.flops_per_token);
    all.high = std::min(all.high, load.wafers * wafer.flops.high / load.flops_per_token);
  }
  return all;
}

}  // namespace roofscape::perf
