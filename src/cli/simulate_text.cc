#include "cli/simulate_text.h"

#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/core/text.h"

namespace roofscape::cli {
namespace {

double Filled(const sim::Snapshot& s) {
  return s.blocks == 0 ? 0.0 : static_cast<double>(s.used_blocks) / static_cast<double>(s.blocks);
}

const spec::PointMetrics& MetricsOf(const SimulatedPoint& point) {
  const spec::PointMetrics* primary = point.result.Primary();
  return primary == nullptr ? point.result.whole : *primary;
}

std::string Counted(std::int64_t count, std::string_view noun) {
  return fmt::format("{} {}{}", WithCommas(count), noun, count == 1 ? "" : "s");
}

}  // namespace

void SeriesMeans::Add(const sim::Snapshot& now) {
  count_ += 1.0;
  waiting_ += static_cast<double>(now.waiting);
  decoding_ += static_cast<double>(now.decoding);
  filled_ += Filled(now);
}

std::string SimulationTable(std::span<const SimulatedPoint> points, const Style& style) {
  Table table({{"load"},
               {"requests"},
               {"TTFT ms\nmean"},
               {"\np99"},
               {"TPOT ms\nmean"},
               {"\np99"},
               {"E2E s\np99"},
               {"out\ntok/s"},
               {"tok/s\n/chip"},
               {"batch"},
               {"queue"},
               {"cache"}});
  bool stood_in = false;
  for (const SimulatedPoint& point : points) {
    const spec::PointMetrics& m = MetricsOf(point);
    stood_in = stood_in || point.stood_in;
    table.AddRow({point.load + (point.stood_in ? "*" : ""), WithCommas(m.requests),
                  FormatMillis(m.ttft_s.mean), FormatMillis(m.ttft_s.p99),
                  FormatMillis(m.tpot_s.mean), FormatMillis(m.tpot_s.p99),
                  FormatNumber(m.e2e_s.p99), FormatNumber(m.output_tps),
                  FormatNumber(m.total_tps_per_chip), FormatNumber(point.means.decoding()),
                  FormatNumber(point.means.waiting()), FormatPercent(point.means.filled())});
  }
  std::string text = table.ToText(style);
  if (stood_in) text += "* no steady window: these numbers are of the whole point\n";
  for (const SimulatedPoint& point : points) {
    const std::string& load = point.load;
    if (point.every > 1) {
      text += Wrap(fmt::format("{}: one in {} of {} requests was kept for these figures, {} "
                               "behind a percentile",
                               load, point.every, WithCommas(point.end.requests),
                               WithCommas(MetricsOf(point).e2e_s.count)),
                   style.width, 2) +
              "\n";
    }
    for (const std::string& reason : point.result.verdict.server_reasons) {
      if (point.stood_in) text += Wrap(load + ": " + reason, style.width, 2) + "\n";
    }
    if (point.end.preemptions > 0) {
      text += fmt::format("{}: {} times a sequence was dropped for want of blocks\n", load,
                          WithCommas(point.end.preemptions));
    }
    if (point.end.refused > 0) {
      text += fmt::format("{}: {} requests longer than the cache of a worker were refused\n", load,
                          WithCommas(point.end.refused));
    }
    const spec::PointMetrics& m = MetricsOf(point);
    if (m.cached_tokens.value_or(0.0) > 0.0 && m.input_tokens > 0) {
      text += fmt::format("{}: {} of prompt tokens came from the prefix cache\n", load,
                          FormatPercent(*m.cached_tokens / static_cast<double>(m.input_tokens)));
    }
  }
  return text;
}

Json SimulationJson(std::span<const SimulatedPoint> points) {
  Json all = Json::array();
  for (const SimulatedPoint& point : points) {
    Json json = spec::ToJson(point.result);
    json["preemptions"] = point.end.preemptions;
    json["refused"] = point.end.refused;
    json["sampled_every"] = point.every;
    json["decoding_mean"] = point.means.decoding();
    json["waiting_mean"] = point.means.waiting();
    json["cache_used_mean_fraction"] = point.means.filled();
    all.push_back(std::move(json));
  }
  return all;
}

std::string ClusterText(const sim::Cluster& cluster, double chips, const Style& style) {
  const sim::EnginePolicy& p = cluster.policy;
  std::string workers = cluster.prefill
                            ? fmt::format("{} prefill and {} decode workers",
                                          cluster.prefill->workers, cluster.serve.workers)
                            : Counted(cluster.serve.workers, "worker");
  const std::string what =
      fmt::format("{}, {}, routed {}; {} blocks of {} for the cache of a worker, {}",
                  Counted(std::llround(chips), "chip"), workers, Name(cluster.routing),
                  WithCommas(cluster.serve.blocks), Counted(p.block_tokens, "token"),
                  p.prefix_cache ? "prefix cache" : "no prefix cache");
  constexpr const char* kReserves[] = {"the prompt", "the prompt and an estimate of all growth",
                                       "the whole length"};
  const std::string rules = fmt::format(
      "prompts {} decodes, {}, {} tokens and {} sequences a step at most; admitted when there is "
      "room for {}",
      p.prompts_first ? "before" : "beside", p.chunked ? "in pieces" : "whole",
      WithCommas(p.token_budget), WithCommas(p.max_sequences),
      kReserves[static_cast<std::size_t>(p.reserve)]);
  return WrapUnder("serves  ", what, style.width) + "\n" +
         WrapUnder("rules   ", rules, style.width) + "\n";
}

Json ClusterJson(const sim::Cluster& cluster, double chips) {
  const sim::EnginePolicy& p = cluster.policy;
  return {{"chips", chips},
          {"workers", cluster.serve.workers},
          {"prefill_workers", cluster.prefill ? cluster.prefill->workers : 0},
          {"worker_blocks", cluster.serve.blocks},
          {"router", Name(cluster.routing)},
          {"prompts_first", p.prompts_first},
          {"chunked_prefill", p.chunked},
          {"token_budget", p.token_budget},
          {"max_sequences", p.max_sequences},
          {"reserve", Name(p.reserve)},
          {"block_tokens", p.block_tokens},
          {"prefix_cache", p.prefix_cache},
          {"acceptance", cluster.acceptance},
          {"request_s", cluster.request_s},
          {"transfer_s", cluster.transfer_s}};
}

std::string SeriesCsvHeader() {
  return "point,time_s,waiting,admitted,decoding,used_blocks,cache_used_fraction,preemptions\n";
}

std::string SeriesCsvRow(std::int64_t point, const sim::Snapshot& now) {
  return fmt::format("{},{:.6f},{},{},{},{},{:.6f},{}\n", point,
                     static_cast<double>(now.time_ns) * 1e-9, now.waiting, now.admitted,
                     now.decoding, now.used_blocks, Filled(now), now.preemptions);
}

}  // namespace roofscape::cli
