#include "results/ingest/inferencex_fields.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/core/check.h"
#include "domain/spec/metric_registry.h"
#include "results/ingest/inferencex_record.h"

namespace roofscape::ingest::inferencex {
namespace {

/// A power of 2, well above the number of names.
constexpr std::size_t kTableSize = 1024;

using Named = std::pair<std::string_view, std::string_view>;

struct NameHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view name) const {
    // Of the first and last 8 bytes and the length: this is the innermost loop of reading, and a
    // hash byte by byte took a sixth of the whole.
    const std::size_t part = std::min<std::size_t>(name.size(), 8);
    std::uint64_t first = 0;
    std::uint64_t last = 0;
    std::memcpy(&first, name.data(), part);
    std::memcpy(&last, name.data() + name.size() - part, part);
    const std::uint64_t hash = (first * 0x9E3779B97F4A7C15u) ^ (last * 0xC2B2AE3D27D4EB4Fu);
    return static_cast<std::size_t>((hash ^ (hash >> 32)) + name.size());
  }
};

using Slots = std::unordered_map<std::string, Slot, NameHash, std::equal_to<>>;

constexpr auto kTexts = std::to_array<std::pair<std::string_view, Text>>({
    {"hw", Text::kHardware},
    {"hardware", Text::kHardware},
    {"prefill_hw", Text::kPrefillHardware},
    {"decode_hw", Text::kDecodeHardware},
    {"framework", Text::kFramework},
    {"infmax_model_prefix", Text::kModelPrefix},
    {"model", Text::kModel},
    {"precision", Text::kPrecision},
    {"spec_decoding", Text::kSpeculative},
    {"spec_method", Text::kSpeculative},
    {"image", Text::kImage},
    {"recipe_fingerprint", Text::kFingerprint},
    {"run_url", Text::kRunUrl},
    {"html_url", Text::kRunUrl},
    {"date", Text::kDate},
    {"offload_mode", Text::kOffload},
    {"kv_offloading", Text::kOffload},
    {"kv_offload_backend", Text::kOffloadBackend},
    {"kv_offload_backend.name", Text::kOffloadBackend},
    {"benchmark_type", Text::kKind},
    {"scenario_type", Text::kKind},
    {"router_name", Text::kRouter},
    {"router", Text::kRouter},
    {"router.name", Text::kRouter},
    {"router_version", Text::kRouterVersion},
    {"router.version", Text::kRouterVersion},
    {"kv_p2p_transfer", Text::kKvTransfer},
    {"dataset", Text::kDataset},
    {"error", Text::kError},
});

// A single-node artifact has no roles; its one role is read as that of prefill.
constexpr auto kCounts = std::to_array<std::pair<std::string_view, Count>>({
    {"isl", Count::kInput},
    {"osl", Count::kOutput},
    {"conc", Count::kConcurrency},
    {"tp", Count::kPrefillTp},
    {"pp", Count::kPrefillPp},
    {"pcp_size", Count::kPrefillCp},
    {"dcp_size", Count::kPrefillDecodeCp},
    {"ep", Count::kPrefillEp},
    {"prefill_tp", Count::kPrefillTp},
    {"prefill_pp", Count::kPrefillPp},
    {"prefill_pcp_size", Count::kPrefillCp},
    {"prefill_dcp_size", Count::kPrefillDecodeCp},
    {"prefill_ep", Count::kPrefillEp},
    {"prefill_num_workers", Count::kPrefillWorkers},
    {"decode_tp", Count::kDecodeTp},
    {"decode_pp", Count::kDecodePp},
    {"decode_pcp_size", Count::kDecodeCp},
    {"decode_dcp_size", Count::kDecodeDecodeCp},
    {"decode_ep", Count::kDecodeEp},
    {"decode_num_workers", Count::kDecodeWorkers},
    {"num_prefill_gpu", Count::kPrefillChips},
    {"num_decode_gpu", Count::kDecodeChips},
    {"num_aggregate_gpu", Count::kAllChips},
    {"power_metric_schema_version", Count::kPowerSchema},
    {"run_attempt", Count::kRunAttempt},
});

constexpr auto kFlags = std::to_array<std::pair<std::string_view, Flag>>({
    {"disagg", Flag::kDisaggregated},
    {"is_multinode", Flag::kMultinode},
    {"dp_attention", Flag::kPrefillDpAttention},
    {"prefill_dp_attention", Flag::kPrefillDpAttention},
    {"decode_dp_attention", Flag::kDecodeDpAttention},
    {"power_valid", Flag::kPowerValid},
});

constexpr auto kRates = std::to_array<std::pair<std::string_view, Rate>>({
    {"tput_per_gpu", Rate::kTotalPerChip},
    {"input_tput_per_gpu", Rate::kInputPerChip},
    {"output_tput_per_gpu", Rate::kOutputPerChip},
    {"request_metrics.throughput.per_gpu.total_tput_tps", Rate::kTotalPerChip},
    {"request_metrics.throughput.per_gpu.input_tput_tps", Rate::kInputPerChip},
    {"request_metrics.throughput.per_gpu.output_tput_tps", Rate::kOutputPerChip},
    {"total_tput_tps", Rate::kTotal},
    {"input_tput_tps", Rate::kInput},
    {"output_tput_tps", Rate::kOutput},
    {"request_metrics.throughput.total.tokens_per_second", Rate::kTotal},
    {"request_metrics.throughput.input.tokens_per_second", Rate::kInput},
    {"request_metrics.throughput.output.tokens_per_second", Rate::kOutput},
    {"avg_power_w", Rate::kChipPower},
    {"avg_total_gpu_power_w", Rate::kAllPower},
    {"joules_per_total_token", Rate::kJoulesTotal},
    {"joules_per_input_token", Rate::kJoulesInput},
    {"joules_per_output_token", Rate::kJoulesOutput},
});

constexpr auto kInside = std::to_array<std::string_view>({
    "metrics",
    "router",
    "kv_offload_backend",
    "request_metrics",
    "request_metrics.latency",
    "request_metrics.qps",
    "request_metrics.tokens",
    "request_metrics.throughput",
    "request_metrics.throughput.total",
    "request_metrics.throughput.input",
    "request_metrics.throughput.output",
    "request_metrics.throughput.per_gpu",
});

constexpr auto kScalars = std::to_array<Named>({
    {"num_requests_total", "requests"},
    {"num_requests_successful", "successes"},
    {"total_requests_completed", "successes"},
    {"total_prompt_tokens", "input_tokens"},
    {"total_generation_tokens", "output_tokens"},
    {"request_metrics.qps.mean", "request_rps"},
    {"mean_qps", "request_rps"},
});

struct Distribution {
  std::string_view name;  // Theirs.
  std::string_view stem;  // Ours: stem_stat_suffix.
  std::string_view suffix;
  std::string_view nested;  // Where version 3 keeps it.
};

// Their ITL is the gap between chunks, not divided by the chunk's tokens: our ICL. In agentic rows
// it is AIPerf's, one value a request; the reader of those moves it.
constexpr auto kDistributions = std::to_array<Distribution>({
    {"ttft", "ttft", "s", "latency"},
    {"tpot", "tpot", "s", "latency"},
    {"itl", "icl", "s", "latency"},
    {"e2el", "e2e", "s", "latency"},
    {"intvty", "interactivity", "tps", "latency"},
    {"e2e_norm_intvty", "e2e_interactivity", "tps", "latency"},
    {"input_tokens", "input_length", "tokens", ""},
    {"output_tokens_actual", "output_length", "tokens", ""},
    {"input", "input_length", "tokens", "tokens"},
    {"output_actual", "output_length", "tokens", "tokens"},
});

constexpr auto kStats = std::to_array<Named>({
    {"mean", "mean"},
    {"median", "p50"},
    {"p50", "p50"},
    {"p75", "p75"},
    {"p90", "p90"},
    {"p95", "p95"},
    {"p99", "p99"},
    {"p99.9", "p999"},
});

Slot MetricSlot(std::string_view name) {
  const auto place = spec::MetricPlace(name);
  RS_CHECK(place.has_value());
  return {Slot::Kind::kMetric, static_cast<std::uint16_t>(*place)};
}

void AddDistributions(Slots& slots) {
  for (const Distribution& d : kDistributions) {
    const bool flat = d.nested != "tokens";
    if (!d.nested.empty()) {
      slots[fmt::format("request_metrics.{}.{}", d.nested, d.name)] = {Slot::Kind::kInside, 0};
    }
    for (const auto& [stat, ours] : kStats) {
      const Slot slot = MetricSlot(fmt::format("{}_{}_{}", d.stem, ours, d.suffix));
      if (flat) slots[fmt::format("{}_{}", stat, d.name)] = slot;
      if (!d.nested.empty()) {
        slots[fmt::format("request_metrics.{}.{}.{}", d.nested, d.name, stat)] = slot;
      }
    }
  }
}

template <class List>
void AddAll(Slots& slots, Slot::Kind kind, const List& list) {
  for (const auto& [name, field] : list) {
    slots[std::string(name)] = {kind, static_cast<std::uint16_t>(field)};
  }
}

Slots MakeSlots() {
  Slots slots;
  AddAll(slots, Slot::Kind::kText, kTexts);
  AddAll(slots, Slot::Kind::kCount, kCounts);
  AddAll(slots, Slot::Kind::kFlag, kFlags);
  AddAll(slots, Slot::Kind::kRate, kRates);
  AddDistributions(slots);
  for (const auto& [name, metric] : kScalars) slots[std::string(name)] = MetricSlot(metric);
  for (const std::string_view name : kInside)
    slots.try_emplace(std::string(name), Slot{Slot::Kind::kInside, 0});
  return slots;
}

}  // namespace

std::optional<Slot> FindSlot(std::string_view path) {
  // Flat, with short names inside it: a lookup is one line of the cache and no division.
  static const std::vector<std::pair<std::string, Slot>> kTable = [] {
    std::vector<std::pair<std::string, Slot>> table(kTableSize);
    const Slots slots = MakeSlots();
    RS_CHECK(slots.size() * 2 < kTableSize);
    for (const auto& [name, slot] : slots) {
      std::size_t at = NameHash()(name) % kTableSize;
      while (!table[at].first.empty()) at = (at + 1) % kTableSize;
      table[at] = {name, slot};
    }
    return table;
  }();
  for (std::size_t at = NameHash()(path) % kTableSize;; at = (at + 1) % kTableSize) {
    const auto& [name, slot] = kTable[at];
    if (name.empty()) return std::nullopt;
    if (name == path) return slot;
  }
}

}  // namespace roofscape::ingest::inferencex
