#include "service/twin/metrics_page.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <span>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/core/json.h"
#include "service/twin/reply_format.h"

namespace roofscape::twin {
namespace {

enum class Quantity : std::uint8_t {
  kRunning,  // These three of every server, the others of one with an engine behind it.
  kWaiting,
  kInFlight,
  kCacheShare,
  kCacheTokens,
  kUsedTokens,
  kCacheInfo,
  kPromptTokens,
  kCachedTokens,
  kCachedShare,
  kOutputTokens,
  kOutputRate,
  kFinished,
  kFinishedByReason,
  kAborted,
  kPreemptions,
  kTtft,  // Histograms from here on.
  kItl,
  kTpot,
  kE2e,
  kQueue,
  kPrefill,
  kDecode,
  kInference,
  kPromptLength,
  kAnswerLength,
};

struct Metric {
  std::string_view name;
  Quantity quantity = Quantity::kRunning;
};

constexpr std::array<Metric, 2> kGolden = {{
    {"roofscape_requests_running", Quantity::kRunning},
    {"roofscape_requests_waiting", Quantity::kWaiting},
}};
constexpr std::array<Metric, 20> kVllm = {{
    {"vllm:num_requests_running", Quantity::kRunning},
    {"vllm:num_requests_waiting", Quantity::kWaiting},
    {"vllm:kv_cache_usage_perc", Quantity::kCacheShare},
    {"vllm:cache_config_info", Quantity::kCacheInfo},
    {"vllm:prefix_cache_queries_total", Quantity::kPromptTokens},
    {"vllm:prefix_cache_hits_total", Quantity::kCachedTokens},
    {"vllm:prompt_tokens_total", Quantity::kPromptTokens},
    {"vllm:generation_tokens_total", Quantity::kOutputTokens},
    {"vllm:num_preemptions_total", Quantity::kPreemptions},
    {"vllm:request_success_total", Quantity::kFinishedByReason},
    {"vllm:time_to_first_token_seconds", Quantity::kTtft},
    {"vllm:inter_token_latency_seconds", Quantity::kItl},
    {"vllm:request_time_per_output_token_seconds", Quantity::kTpot},
    {"vllm:e2e_request_latency_seconds", Quantity::kE2e},
    {"vllm:request_queue_time_seconds", Quantity::kQueue},
    {"vllm:request_prefill_time_seconds", Quantity::kPrefill},
    {"vllm:request_decode_time_seconds", Quantity::kDecode},
    {"vllm:request_inference_time_seconds", Quantity::kInference},
    {"vllm:request_prompt_tokens", Quantity::kPromptLength},
    {"vllm:request_generation_tokens", Quantity::kAnswerLength},
}};
constexpr std::array<Metric, 16> kSglang = {{
    {"sglang:num_running_reqs", Quantity::kRunning},
    {"sglang:num_queue_reqs", Quantity::kWaiting},
    {"sglang:token_usage", Quantity::kCacheShare},
    {"sglang:num_used_tokens", Quantity::kUsedTokens},
    {"sglang:max_total_num_tokens", Quantity::kCacheTokens},
    {"sglang:cache_hit_rate", Quantity::kCachedShare},
    {"sglang:gen_throughput", Quantity::kOutputRate},
    {"sglang:prompt_tokens_total", Quantity::kPromptTokens},
    {"sglang:cached_tokens_total", Quantity::kCachedTokens},
    {"sglang:generation_tokens_total", Quantity::kOutputTokens},
    {"sglang:num_requests_total", Quantity::kFinished},
    {"sglang:num_aborted_requests_total", Quantity::kAborted},
    {"sglang:time_to_first_token_seconds", Quantity::kTtft},
    {"sglang:inter_token_latency_seconds", Quantity::kItl},
    {"sglang:e2e_request_latency_seconds", Quantity::kE2e},
    {"sglang:queue_time_seconds", Quantity::kQueue},
}};
constexpr std::array<Metric, 5> kTensorRtLlm = {{
    {"trtllm_request_success_total", Quantity::kFinishedByReason},
    {"trtllm_time_to_first_token_seconds", Quantity::kTtft},
    {"trtllm_time_per_output_token_seconds", Quantity::kTpot},
    {"trtllm_e2e_request_latency_seconds", Quantity::kE2e},
    {"trtllm_request_queue_time_seconds", Quantity::kQueue},
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
constexpr std::array<Metric, 9> kDynamo = {{
    {"dynamo_frontend_inflight_requests", Quantity::kInFlight},
    {"dynamo_frontend_queued_requests", Quantity::kWaiting},
    {"dynamo_frontend_requests_total", Quantity::kFinished},
    {"dynamo_frontend_output_tokens_total", Quantity::kOutputTokens},
    {"dynamo_frontend_time_to_first_token_seconds", Quantity::kTtft},
    {"dynamo_frontend_inter_token_latency_seconds", Quantity::kItl},
    {"dynamo_frontend_request_duration_seconds", Quantity::kE2e},
    {"dynamo_frontend_input_sequence_tokens", Quantity::kPromptLength},
    {"dynamo_frontend_output_sequence_tokens", Quantity::kAnswerLength},
}};

std::span<const Metric> MetricsOf(DialectName name) {
  switch (name) {
    case DialectName::kVllm: return kVllm;
    case DialectName::kSglang: return kSglang;
    case DialectName::kTensorRtLlm: return kTensorRtLlm;
    case DialectName::kLlamaCpp: return kLlamaCpp;
    case DialectName::kTgi: return kTgi;
    case DialectName::kDynamo: return kDynamo;
    default: return kGolden;
  }
}

/// What stands in the braces of each line; empty: nothing.
std::string Labels(DialectName name, std::string_view model) {
  switch (name) {
    case DialectName::kVllm: return fmt::format("engine=\"0\",model_name={}", Quoted(model));
    case DialectName::kSglang: return fmt::format("model_name={}", Quoted(model));
    case DialectName::kTensorRtLlm:
      return fmt::format("model_name={},engine_type=\"trtllm\"", Quoted(model));
    case DialectName::kDynamo: return fmt::format("model={}", Quoted(model));
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
    case Quantity::kFinishedByReason:
    case Quantity::kAborted:
    case Quantity::kPreemptions: return "counter";
    default: return quantity >= Quantity::kTtft ? "histogram" : "gauge";
  }
}

double ValueOf(Quantity quantity, const Readings& readings) {
  const auto number = [](std::int64_t n) { return static_cast<double>(n); };
  if (quantity == Quantity::kRunning) return number(readings.running);
  if (quantity == Quantity::kWaiting) return number(readings.waiting);
  if (quantity == Quantity::kInFlight) return number(readings.running + readings.waiting);
  const LiveReadings& live = *readings.live;
  switch (quantity) {
    case Quantity::kCacheShare: return Share(live.used_blocks, live.blocks);
    case Quantity::kCacheTokens: return number(live.blocks * live.block_tokens);
    case Quantity::kUsedTokens: return number(live.used_blocks * live.block_tokens);
    case Quantity::kPromptTokens: return number(live.prompt_tokens);
    case Quantity::kCachedTokens: return number(live.cached_tokens);
    case Quantity::kCachedShare: return Share(live.cached_tokens, live.prompt_tokens);
    case Quantity::kOutputTokens: return number(live.output_tokens);
    case Quantity::kOutputRate: return live.output_tps;
    case Quantity::kFinished: return number(live.finished());
    case Quantity::kAborted: return number(live.aborted);
    case Quantity::kPreemptions: return number(live.preemptions);
    default: return 0.0;
  }
}

/// A page while it is written.
struct Page {
  std::string labels;
  bool points = false;  // Bounds as Python writes them: 1.0.
  std::string out;

  void Line(std::string_view name, std::string_view more, double value) {
    const std::string_view comma = labels.empty() || more.empty() ? "" : ",";
    const bool bare = labels.empty() && more.empty();
    fmt::format_to(std::back_inserter(out), "{}{}{}{}{}{} {}\n", name, bare ? "" : "{", labels,
                   comma, more, bare ? "" : "}", value);
  }

  template <class Buckets>
  void Histogram(std::string_view name, const Buckets& buckets) {
    const std::string bucket = fmt::format("{}_bucket", name);
    std::int64_t sum = 0;
    for (std::size_t i = 0; i < buckets.counts().size(); ++i) {
      sum += buckets.counts()[i];
      std::string bound = "+Inf";
      if (i < buckets.bounds().size()) bound = fmt::format("{}", buckets.bounds()[i]);
      if (points && bound.find_first_of(".+e") == std::string::npos) bound += ".0";
      Line(bucket, fmt::format("le=\"{}\"", bound), static_cast<double>(sum));
    }
    Line(fmt::format("{}_count", name), "", static_cast<double>(buckets.count()));
    Line(fmt::format("{}_sum", name), "", buckets.sum());
  }
};

void AppendHistogram(const Metric& metric, const LiveReadings& live, Page& page) {
  switch (metric.quantity) {
    case Quantity::kTtft: return page.Histogram(metric.name, live.ttft_s);
    case Quantity::kItl: return page.Histogram(metric.name, live.itl_s);
    case Quantity::kTpot: return page.Histogram(metric.name, live.tpot_s);
    case Quantity::kE2e: return page.Histogram(metric.name, live.e2e_s);
    case Quantity::kQueue: return page.Histogram(metric.name, live.queue_s);
    case Quantity::kPrefill: return page.Histogram(metric.name, live.prefill_s);
    case Quantity::kDecode: return page.Histogram(metric.name, live.decode_s);
    case Quantity::kInference: return page.Histogram(metric.name, live.inference_s);
    case Quantity::kPromptLength: return page.Histogram(metric.name, live.prompts);
    default: return page.Histogram(metric.name, live.answers);
  }
}

void AppendMetric(const Metric& metric, const Readings& readings, Page& page) {
  fmt::format_to(std::back_inserter(page.out), "# TYPE {} {}\n", metric.name,
                 TypeOf(metric.quantity));
  if (metric.quantity == Quantity::kFinishedByReason) {
    const LiveReadings& live = *readings.live;
    page.Line(metric.name, "finished_reason=\"stop\"", static_cast<double>(live.stopped));
    page.Line(metric.name, "finished_reason=\"length\"", static_cast<double>(live.cut));
    page.Line(metric.name, "finished_reason=\"abort\"", static_cast<double>(live.aborted));
  } else if (metric.quantity == Quantity::kCacheInfo) {
    const LiveReadings& live = *readings.live;
    page.Line(metric.name,
              fmt::format("block_size=\"{}\",num_gpu_blocks=\"{}\",enable_prefix_caching=\"{}\"",
                          live.block_tokens, live.blocks, live.prefix_cache ? "True" : "False"),
              1.0);
  } else if (metric.quantity >= Quantity::kTtft) {
    AppendHistogram(metric, *readings.live, page);
  } else {
    page.Line(metric.name, "", ValueOf(metric.quantity, readings));
  }
}

std::string Prometheus(const Dialect& dialect, std::string_view model, const Readings& readings) {
  Page page;
  page.labels = Labels(dialect.name, model);
  page.points = dialect.name == DialectName::kVllm || dialect.name == DialectName::kSglang ||
                dialect.name == DialectName::kTensorRtLlm;
  for (const Metric& metric : MetricsOf(dialect.name)) {
    if (metric.quantity > Quantity::kInFlight && readings.live == nullptr) continue;
    AppendMetric(metric, readings, page);
  }
  return std::move(page.out);
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

std::optional<MetricsPage> MetricsAt(std::string_view path, const Dialect& dialect,
                                     std::string_view model, const Readings& readings) {
  const bool trtllm = dialect.name == DialectName::kTensorRtLlm;
  if (trtllm && path == "/metrics") return MetricsPage{"application/json", Iterations(readings)};
  const std::string_view page = trtllm ? "/prometheus/metrics" : "/metrics";
  if (path != page || dialect.name == DialectName::kOpenAi) return std::nullopt;
  return MetricsPage{"text/plain; version=0.0.4", Prometheus(dialect, model, readings)};
}

}  // namespace roofscape::twin
