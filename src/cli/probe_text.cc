#include "cli/probe_text.h"

#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "domain/catalog/reached_rate.h"
#include "measure/host/matrix_weights.h"
#include "measure/host/probe_chip.h"

namespace roofscape::cli {
namespace {

using host::AttentionReading;
using host::GpuReadings;
using host::LaunchReading;
using host::MatrixReading;
using host::ProbeResult;
using host::ReadReading;
using host::Repeated;

constexpr const char* kAbsent = "-";

class ReadingTable {
 public:
  ReadingTable()
      : table_({{"what", Align::kLeft},
                {"m"},
                {"n x k"},
                {"threads"},
                {"set\nMB"},
                {"best"},
                {"median"},
                {"spread"},
                {"", Align::kLeft, false}}) {}

  void Add(const char* what, const Repeated& reading) {
    AddRow(what, kAbsent, kAbsent, kAbsent, kAbsent, reading);
  }
  void Add(const ReadReading& reading) {
    AddRow("read GB/s", kAbsent, kAbsent, fmt::format("{}", reading.threads),
           FormatNumber(reading.set_mb), reading.gb_s);
  }
  void Add(const MatrixReading& reading) {
    const bool own = reading.library.starts_with("roofscape");
    AddRow(fmt::format("{} GFLOP/s{}", reading.type, own ? "" : " " + reading.library),
           fmt::format("{}", reading.m), fmt::format("{}x{}", reading.n, reading.k),
           fmt::format("{}", reading.threads), FormatNumber(reading.set_mb), reading.gflops);
  }
  void Add(const AttentionReading& reading) {
    AddRow(fmt::format("attention GFLOP/s {}", reading.library), fmt::format("{}", reading.queries),
           fmt::format("{} keys", reading.keys), fmt::format("{}", reading.threads), kAbsent,
           reading.gflops);
  }
  void Add(const LaunchReading& reading) {
    AddRow("launch us", kAbsent, kAbsent, fmt::format("{}", reading.threads), kAbsent, reading.us);
  }

  std::string ToText(const Style& style) const { return table_.ToText(style); }

 private:
  void AddRow(std::string what, std::string m, std::string shape, std::string threads,
              std::string set, const Repeated& reading) {
    table_.AddRow({std::move(what), std::move(m), std::move(shape), std::move(threads),
                   std::move(set), FormatNumber(reading.best), FormatNumber(reading.median),
                   FormatPercent(reading.spread()), host::IsNoisy(reading) ? "noisy" : ""});
  }

  Table table_;
};

/// What the products mean for an engine: a step in which every token of a batch goes through 1 GB
/// of weights that come from memory.
std::string StepText(const ProbeResult& result, const Style& style) {
  constexpr std::int64_t kRows = 4096;
  constexpr std::int64_t kColumns = 1024;
  constexpr double kTokens[] = {1, 4, 16, 64};
  constexpr double kBeyondCaches_mb = 1000;
  const catalog::Chip chip = host::MakeChip(result, result.cpu, {});
  Table table({{"weights", Align::kLeft}, {"threads"}, {"1 token"}, {"4"}, {"16"}, {"64"}});
  for (const host::WeightType type : host::kWeightTypes) {
    const double matrix_bytes = static_cast<double>(host::WeightBytes(type, kRows * kColumns));
    for (const std::int64_t threads : std::set<std::int64_t>{1, result.cpu.processors}) {
      std::vector<std::string> cells = {std::string(Name(type)), fmt::format("{}", threads)};
      for (const double m : kTokens) {
        const auto time =
            catalog::MatrixTime(chip, {Name(type), threads, m, kRows, kColumns, kBeyondCaches_mb});
        if (time) cells.push_back(FormatMillis(time->value() * 1e9 / matrix_bytes));
      }
      if (cells.size() == 2 + std::size(kTokens)) table.AddRow(std::move(cells));
    }
  }
  if (table.row_count() == 0) return "";
  return "\nms a step over 1 GB of weights in memory, by tokens in the step\n" +
         table.ToText(style);
}

std::string GpuText(const GpuReadings& gpu, const Style& style) {
  std::string out =
      fmt::format("\n{}: {} GB", WithoutControls(gpu.name), FormatNumber(gpu.memory_gb));
  if (!gpu.driver.empty()) out += fmt::format(", driver {}", WithoutControls(gpu.driver));
  out += "\n";
  ReadingTable table;
  if (gpu.copy_gb_s) table.Add("copy GB/s", *gpu.copy_gb_s);
  if (gpu.peer_gb_s) table.Add("copy to peer GB/s", *gpu.peer_gb_s);
  if (gpu.launch) table.Add(*gpu.launch);
  for (const MatrixReading& reading : gpu.products) table.Add(reading);
  out += table.ToText(style);
  for (const std::string& problem : gpu.problems) {
    out += WrapUnder("not measured: ", problem, style.width) + "\n";
  }
  return out;
}

Json ToJson(const Repeated& reading) {
  Json out;
  out["best"] = reading.best;
  out["median"] = reading.median;
  out["spread"] = reading.spread();
  out["repeats"] = reading.repeats;
  out["noisy"] = host::IsNoisy(reading);
  return out;
}

Json ToJson(const std::optional<Repeated>& reading) { return reading ? ToJson(*reading) : Json(); }

template <class T>
Json OrNull(const std::optional<T>& value) {
  return value ? Json(*value) : Json();
}

Json ToJson(const ReadReading& reading) {
  Json out;
  out["threads"] = reading.threads;
  out["set_mb"] = reading.set_mb;
  out["gb_s"] = ToJson(reading.gb_s);
  return out;
}

Json ToJson(const MatrixReading& reading) {
  Json out;
  out["type"] = reading.type;
  out["library"] = reading.library;
  out["threads"] = reading.threads;
  out["m"] = reading.m;
  out["n"] = reading.n;
  out["k"] = reading.k;
  out["set_mb"] = reading.set_mb;
  out["gflops"] = ToJson(reading.gflops);
  return out;
}

Json ToJson(const AttentionReading& reading) {
  Json out;
  out["library"] = reading.library;
  out["threads"] = reading.threads;
  out["queries"] = reading.queries;
  out["keys"] = reading.keys;
  out["heads"] = reading.heads;
  out["kv_heads"] = reading.kv_heads;
  out["head_dim"] = reading.head_dim;
  out["gflops"] = ToJson(reading.gflops);
  return out;
}

Json ToJson(const LaunchReading& reading) {
  Json out;
  out["threads"] = reading.threads;
  out["us"] = ToJson(reading.us);
  return out;
}

Json ToJson(const GpuReadings& gpu);

template <class Reading>
Json ListOf(const std::vector<Reading>& readings) {
  Json out = Json::array();
  for (const Reading& reading : readings) out.push_back(ToJson(reading));
  return out;
}

Json ToJson(const GpuReadings& gpu) {
  Json out;
  out["name"] = gpu.name;
  out["driver"] = gpu.driver.empty() ? Json() : Json(gpu.driver);
  out["memory_gb"] = gpu.memory_gb;
  out["l2_mb"] = OrNull(gpu.l2_mb);
  out["power_limit_w"] = OrNull(gpu.power_limit_w);
  out["copy_gb_s"] = ToJson(gpu.copy_gb_s);
  out["peer_gb_s"] = ToJson(gpu.peer_gb_s);
  out["launch"] = gpu.launch ? ToJson(*gpu.launch) : Json();
  out["matrix"] = ListOf(gpu.products);
  out["problems"] = gpu.problems;
  return out;
}

}  // namespace

std::string ProbeText(const ProbeResult& result, const Style& style) {
  const host::CpuReadings& cpu = result.cpu;
  std::string out;
  if (cpu.processors > 0) {
    out += fmt::format("{}: {} processors, {} GB, last cache {} MB, kernels {}\n",
                       WithoutControls(cpu.name), cpu.processors, FormatNumber(cpu.memory_gb),
                       FormatNumber(cpu.last_cache_mb), cpu.kernels);
    ReadingTable table;
    for (const ReadReading& reading : cpu.reads) table.Add(reading);
    for (const LaunchReading& reading : cpu.launches) table.Add(reading);
    for (const MatrixReading& reading : cpu.products) table.Add(reading);
    for (const AttentionReading& reading : cpu.attentions) table.Add(reading);
    out += table.ToText(style) + StepText(result, style);
  }
  for (const GpuReadings& gpu : result.gpus) out += GpuText(gpu, style);
  if (result.gpus.empty()) {
    out += WrapUnder("no GPU: ", result.gpu_absent, style.width) + "\n";
  }
  out += fmt::format("\n{:.1f} s, {} of the time stolen by the hypervisor\n", result.elapsed_s,
                     result.steal ? FormatPercent(result.steal) : "an unknown part");
  const std::vector<std::string> doubts = host::Doubts(result);
  for (const std::string& doubt : doubts) out += WrapUnder("doubt: ", doubt, style.width) + "\n";
  return out;
}

Json ProbeJson(const ProbeResult& result) {
  const host::CpuReadings& cpu = result.cpu;
  Json out;
  out["cpu"] = nullptr;
  if (cpu.processors > 0) {
    Json one;
    one["name"] = cpu.name;
    one["processors"] = cpu.processors;
    one["memory_gb"] = cpu.memory_gb;
    one["last_cache_mb"] = OrNull(cpu.last_cache_mb);
    one["kernels"] = cpu.kernels;
    one["read"] = ListOf(cpu.reads);
    one["launch"] = ListOf(cpu.launches);
    one["matrix"] = ListOf(cpu.products);
    one["attention"] = ListOf(cpu.attentions);
    out["cpu"] = std::move(one);
  }
  out["gpus"] = ListOf(result.gpus);
  out["gpu_absent"] = result.gpus.empty() ? Json(result.gpu_absent) : Json();
  out["steal"] = OrNull(result.steal);
  out["elapsed_s"] = result.elapsed_s;
  out["left_out"] = result.left_out;
  out["stopped"] = result.stopped;
  out["doubts"] = host::Doubts(result);
  return out;
}

}  // namespace roofscape::cli
