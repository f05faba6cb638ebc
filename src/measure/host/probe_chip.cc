#include "measure/host/probe_chip.h"

#include <algorithm>
#include <cctype>
#include <cmath>

#include <fmt/format.h>

namespace roofscape::host {
namespace {

/// To four digits: more would be noise, and a repeated run would change every line.
double Rounded(double value) {
  if (!(value > 0)) return value;
  const double unit = std::pow(10.0, std::floor(std::log10(value)) - 3);
  // Through a quotient of whole numbers, so that 0.0123 does not become 0.012299999999999998.
  return unit < 1 ? std::round(value / unit) / std::round(1 / unit)
                  : std::round(value / unit) * unit;
}

std::optional<double> Rounded(std::optional<double> value) {
  if (value) return Rounded(*value);
  return value;
}

/// The best rate of the readings that `pick` wants.
template <class Pick>
std::optional<double> Best(const std::vector<MatrixReading>& products, double unit, Pick pick) {
  std::optional<double> best;
  for (const MatrixReading& reading : products) {
    if (!pick(reading)) continue;
    best = std::max(best.value_or(0), Rounded(reading.gflops.best * unit));
  }
  return best;
}

void AddEntry(const ProbeResult& result, const std::string& device, const ChipOrigin& origin,
              catalog::Chip& chip) {
  chip.entry.id = origin.id;
  chip.entry.name = device;
  chip.entry.file = fmt::format("chips/{}.toml", origin.id);
  chip.entry.collected = origin.today;
  chip.status = "shipping";
  const std::vector<std::string> doubts = Doubts(result);
  for (const std::string& doubt : doubts) {
    chip.entry.note += (chip.entry.note.empty() ? "" : "; ") + doubt;
  }
  catalog::Source source;
  source.id = "probe";
  source.text = fmt::format("measured by {} probe on {}", origin.program, device);
  source.date = origin.today;
  source.confidence = doubts.empty() ? catalog::Confidence::kMedium : catalog::Confidence::kLow;
  source.of = {"*"};
  chip.entry.sources = {std::move(source)};
}

void AddProducts(const std::vector<MatrixReading>& readings, catalog::Chip& chip) {
  for (const MatrixReading& reading : readings) {
    chip.products.push_back({reading.type, reading.library, reading.threads, reading.m, reading.n,
                             reading.k, Rounded(reading.set_mb), Rounded(reading.gflops.best)});
  }
}

constexpr double kTera = 1e-3;  // GB or GFLOP in TB or TFLOP.

}  // namespace

catalog::Chip MakeChip(const ProbeResult& result, const CpuReadings& cpu,
                       const ChipOrigin& origin) {
  catalog::Chip chip;
  AddEntry(result, cpu.name, origin, chip);
  chip.vendor = cpu.vendor;
  chip.architecture = cpu.kernels;
  chip.memory.type = "DRAM";
  chip.memory.usable_gb = Rounded(cpu.memory_gb);
  chip.on_chip.l2_mb = Rounded(cpu.last_cache_mb);
  // The larger sets lie in memory, the smaller in a cache.
  double largest = 0;
  for (const ReadReading& reading : cpu.reads) largest = std::max(largest, reading.set_mb);
  for (const ReadReading& reading : cpu.reads) {
    const double gb_s = Rounded(reading.gb_s.best);
    chip.reads.push_back({reading.threads, Rounded(reading.set_mb), gb_s});
    auto& best =
        reading.set_mb < largest ? chip.on_chip.bandwidth_tb_s : chip.memory.bandwidth_tb_s;
    best = std::max(best.value_or(0), Rounded(gb_s * kTera));
  }
  // Noise may have made the cache look slower than what lies behind it: then it is not known.
  if (chip.on_chip.bandwidth_tb_s && chip.memory.bandwidth_tb_s &&
      *chip.on_chip.bandwidth_tb_s < *chip.memory.bandwidth_tb_s) {
    chip.on_chip.bandwidth_tb_s.reset();
  }
  chip.dense.bf16_tflops = Best(cpu.products, kTera, [](const MatrixReading& reading) {
    return reading.type == "f32" || reading.type == "f16" || reading.type == "bf16";
  });
  chip.dense.int8_tops =
      Best(cpu.products, kTera, [](const MatrixReading& r) { return r.type == "q8_0"; });
  chip.reached.bf16_gemm_tflops = chip.dense.bf16_tflops;
  for (const LaunchReading& launch : cpu.launches) {
    if (launch.threads == cpu.processors) chip.reached.launch_us = Rounded(launch.us.best);
  }
  AddProducts(cpu.products, chip);
  for (const AttentionReading& r : cpu.attentions) {
    chip.attentions.push_back({r.library, r.threads, r.queries, r.keys, r.heads, r.kv_heads,
                               r.head_dim, Rounded(r.gflops.best)});
  }
  return chip;
}

catalog::Chip MakeChip(const ProbeResult& result, const GpuReadings& gpu,
                       const ChipOrigin& origin) {
  catalog::Chip chip;
  AddEntry(result, gpu.name, origin, chip);
  chip.vendor = "NVIDIA";
  chip.memory.usable_gb = Rounded(gpu.memory_gb);
  chip.on_chip.l2_mb = Rounded(gpu.l2_mb);
  chip.tdp_w = gpu.power_limit_w;
  if (gpu.copy_gb_s) chip.memory.bandwidth_tb_s = Rounded(gpu.copy_gb_s->best * kTera);
  if (gpu.peer_gb_s) chip.reached.peer_gb_s = Rounded(gpu.peer_gb_s->best);
  if (gpu.launch) chip.reached.launch_us = Rounded(gpu.launch->us.best);
  const auto of_type = [&](std::string_view type) {
    return Best(gpu.products, kTera, [&](const MatrixReading& r) { return r.type == type; });
  };
  chip.reached.bf16_gemm_tflops = of_type("bf16");
  chip.reached.fp8_gemm_tflops = of_type("fp8");
  chip.dense.bf16_tflops = chip.reached.bf16_gemm_tflops;
  chip.dense.fp8_tflops = chip.reached.fp8_gemm_tflops;
  AddProducts(gpu.products, chip);
  return chip;
}

std::string IdOf(std::string_view text) {
  std::string id;
  for (const char c : text) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0) {
      id += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    } else if (!id.empty() && id.back() != '-') {
      id += '-';
    }
  }
  while (!id.empty() && id.back() == '-') id.pop_back();
  return id.empty() ? "this-machine" : id;
}

}  // namespace roofscape::host
