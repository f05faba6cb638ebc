#include "service/twin/metrics_page.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <span>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/core/json.h"
#include "service/twin/reply_format.h"

namespace roofscape::twin {
namespace {

enum class Quantity : std::uint8_t {
  kRunning,  // These two of every server, the others of one with an engine behind it.
  kWaiting,
  kCacheShare,
  kCacheTokens,
  kUsedTokens,
  kPromptTokens,
  kCachedTokens,
  kCachedShare,
  kOutputTokens,
  kOutputRate,
  kFinished,
  kPreemptions,
  kTtft,
  kE2e,
};

struct Metric {
  std::string_view name;
  Quantity quantity = Quantity::kRunning;
};

constexpr std::array<Metric, 2> kGolden = {{
    {"roofscape_requests_running", Quantity::kRunning},
    {"roofscape_requests_waiting", Quantity::kWaiting},
}};
constexpr std::array<Metric, 11> kVllm = {{
    {"vllm:num_requests_running", Quantity::kRunning},
    {"vllm:num_requests_waiting", Quantity::kWaiting},
    {"vllm:kv_cache_usage_perc", Quantity::kCacheShare},
    {"vllm:prefix_cache_queries_total", Quantity::kPromptTokens},
    {"vllm:prefix_cache_hits_total", Quantity::kCachedTokens},
    {"vllm:prompt_tokens_total", Quantity::kPromptTokens},
    {"vllm:generation_tokens_total", Quantity::kOutputTokens},
    {"vllm:num_preemptions_total", Quantity::kPreemptions},
    {"vllm:request_success_total", Quantity::kFinished},
    {"vllm:time_to_first_token_seconds", Quantity::kTtft},
    {"vllm:e2e_request_latency_seconds", Quantity::kE2e},
}};
constexpr std::array<Metric, 12> kSglang = {{
    {"sglang:num_running_reqs", Quantity::kRunning},
    {"sglang:num_queue_reqs", Quantity::kWaiting},
    {"sglang:token_usage", Quantity::kCacheShare},
    {"sglang:num_used_tokens", Quantity::kUsedTokens},
    {"sglang:max_total_num_tokens", Quantity::kCacheTokens},
    {"sglang:cache_hit_rate", Quantity::kCachedShare},
    {"sglang:gen_throughput", Quantity::kOutputRate},
    {"sglang:prompt_tokens_total", Quantity::kPromptTokens},
    {"sglang:generation_tokens_total", Quantity::kOutputTokens},
    {"sglang:num_requests_total", Quantity::kFinished},
    {"sglang:time_to_first_token_seconds", Quantity::kTtft},
    {"sglang:e2e_request_latency_seconds", Quantity::kE2e},
}};
constexpr std::array<Metric, 5> kLlamaCpp = {{
    {"llamacpp:requests_processing", Quantity::kRunning},
    {"llamacpp:requests_deferred", Quantity::kWaiting},
    {"llamacpp:prompt_tokens_total", Quantity::kPromptTokens},
    {"llamacpp:tokens_predicted_total", Quantity::kOutputTokens},
    {"llamacpp:kv_cache_usage_ratio", Quantity::kCacheShare},
}};
constexpr std::array<Metric, 3> kTgi = {{
    {"tgi_batch_current_size", Quantity::kRunning},
    {"tgi_queue_size", Quantity::kWaiting},
    {"tgi_request_success", Quantity::kFinished},
}};
constexpr std::array<Metric, 5> kDynamo = {{
    {"dynamo_frontend_inflight_requests", Quantity::kRunning},
    {"dynamo_frontend_queued_requests", Quantity::kWaiting},
    {"dynamo_frontend_requests_total", Quantity::kFinished},
    {"dynamo_frontend_time_to_first_token_seconds", Quantity::kTtft},
    {"dynamo_frontend_request_duration_seconds", Quantity::kE2e},
}};

std::span<const Metric> MetricsOf(DialectName name) {
  switch (name) {
    case DialectName::kVllm: return kVllm;
    case DialectName::kSglang: return kSglang;
    case DialectName::kLlamaCpp: return kLlamaCpp;
    case DialectName::kTgi: return kTgi;
    case DialectName::kDynamo: return kDynamo;
    default: return kGolden;
  }
}

/// The name of the label that holds the model; empty: none.
std::string_view ModelLabel(DialectName name) {
  switch (name) {
    case DialectName::kVllm:
    case DialectName::kSglang: return "model_name";
    case DialectName::kDynamo: return "model";
    default: return {};
  }
}

double Share(std::int64_t part, std::int64_t whole) {
  return whole == 0 ? 0.0 : static_cast<double>(part) / static_cast<double>(whole);
}

std::string_view TypeOf(Quantity quantity) {
  switch (quantity) {
    case Quantity::kPromptTokens:
    case Quantity::kCachedTokens:
    case Quantity::kOutputTokens:
    case Quantity::kFinished:
    case Quantity::kPreemptions: return "counter";
    case Quantity::kTtft:
    case Quantity::kE2e: return "histogram";
    default: return "gauge";
  }
}

double ValueOf(Quantity quantity, const Readings& readings) {
  if (quantity == Quantity::kRunning) return static_cast<double>(readings.running);
  if (quantity == Quantity::kWaiting) return static_cast<double>(readings.waiting);
  const LiveReadings& live = *readings.live;
  switch (quantity) {
    case Quantity::kCacheShare: return Share(live.used_blocks, live.blocks);
    case Quantity::kCacheTokens: return static_cast<double>(live.blocks * live.block_tokens);
    case Quantity::kUsedTokens: return static_cast<double>(live.used_blocks * live.block_tokens);
    case Quantity::kPromptTokens: return static_cast<double>(live.prompt_tokens);
    case Quantity::kCachedTokens: return static_cast<double>(live.cached_tokens);
    case Quantity::kCachedShare: return Share(live.cached_tokens, live.prompt_tokens);
    case Quantity::kOutputTokens: return static_cast<double>(live.output_tokens);
    case Quantity::kOutputRate: return live.output_tps;
    case Quantity::kFinished: return static_cast<double>(live.finished);
    case Quantity::kPreemptions: return static_cast<double>(live.preemptions);
    default: return 0.0;
  }
}

void AppendBuckets(std::string_view name, std::string_view label, const TimeBuckets& times,
                   std::string& out) {
  const std::string_view comma = label.empty() ? "" : ",";
  std::int64_t sum = 0;
  for (std::size_t i = 0; i < times.counts().size(); ++i) {
    sum += times.counts()[i];
    const std::string bound = i < TimeBuckets::kBounds.size()
                                  ? fmt::format("{}", TimeBuckets::kBounds[i])
                                  : std::string("+Inf");
    fmt::format_to(std::back_inserter(out), "{}_bucket{{{}{}le=\"{}\"}} {}\n", name, label, comma,
                   bound, sum);
  }
  const std::string braces = label.empty() ? "" : fmt::format("{{{}}}", label);
  fmt::format_to(std::back_inserter(out), "{0}_count{1} {2}\n{0}_sum{1} {3}\n", name, braces,
                 times.count(), times.sum());
}

std::string Prometheus(const Dialect& dialect, std::string_view model, const Readings& readings) {
  const std::string_view name = ModelLabel(dialect.name);
  const std::string label = name.empty() ? "" : fmt::format("{}={}", name, Quoted(model));
  const std::string braces = label.empty() ? "" : fmt::format("{{{}}}", label);
  std::string out;
  for (const Metric& metric : MetricsOf(dialect.name)) {
    if (metric.quantity > Quantity::kWaiting && readings.live == nullptr) continue;
    fmt::format_to(std::back_inserter(out), "# TYPE {} {}\n", metric.name, TypeOf(metric.quantity));
    if (metric.quantity == Quantity::kTtft || metric.quantity == Quantity::kE2e) {
      const bool ttft = metric.quantity == Quantity::kTtft;
      AppendBuckets(metric.name, label, ttft ? readings.live->ttft_s : readings.live->e2e_s, out);
      continue;
    }
    fmt::format_to(std::back_inserter(out), "{}{} {}\n", metric.name, braces,
                   ValueOf(metric.quantity, readings));
  }
  return out;
}

/// TensorRT-LLM: what its last iteration did.
std::string Iterations(const Readings& readings) {
  Json last = {{"iter", 1},
               {"numActiveRequests", readings.running},
               {"numQueuedRequests", readings.waiting},
               {"maxNumActiveRequests", 2048}};
  if (const LiveReadings* live = readings.live) {
    last["kvCacheStats"] = {{"maxNumBlocks", live->blocks},
                            {"usedNumBlocks", live->used_blocks},
                            {"freeNumBlocks", live->blocks - live->used_blocks},
                            {"tokensPerBlock", live->block_tokens}};
  }
  return Json::array({last}).dump();
}

}  // namespace

MetricsPage MetricsOf(const Dialect& dialect, std::string_view model, const Readings& readings) {
  if (dialect.name == DialectName::kTensorRtLlm) return {"application/json", Iterations(readings)};
  return {"text/plain; version=0.0.4", Prometheus(dialect, model, readings)};
}

}  // namespace roofscape::twin
