#include "cli/predict_open.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/predict_text.h"

namespace roofscape::cli {
namespace {

std::string WithBand(const calibrate::Figure& f, double scale) {
  return fmt::format("{} ({} to {})", FormatNumber(f.value * scale), FormatNumber(f.low80 * scale),
                     std::isinf(f.high80) ? "saturated" : FormatNumber(f.high80 * scale));
}

/// The point as one of a closed loop whose load is the rate, for tables that both have.
PredictedPoint AsPoint(const OpenRate& rate) {
  PredictedPoint point;
  point.concurrency = rate.rate_rps;
  point.prediction = rate.open->prediction;
  point.why = rate.open->why;
  point.cost = rate.cost;
  return point;
}

}  // namespace

std::string OpenTable(std::span<const OpenRate> rates, const calibrate::Figure& capacity_rps,
                      const Style& style) {
  Table table({{"requests/s"},
               {"in flight\nmean"},
               {"waiting\nms"},
               {"TTFT mean\nms (80 %)"},
               {"TPOT mean\nms (80 %)"},
               {"total tokens/s/chip"},
               {"limited\nby", Align::kLeft, false},
               {"like it", Align::kLeft, false}});
  for (const OpenRate& rate : rates) {
    if (!rate.open) {
      table.AddRow({FormatNumber(rate.rate_rps), "-", "-", "saturated", "-", "-", "-", "-"});
      continue;
    }
    const calibrate::OpenPrediction& p = *rate.open;
    table.AddRow({FormatNumber(rate.rate_rps), FormatNumber(p.point.in_flight),
                  FormatMillis(p.point.waits_s), WithBand(p.prediction.ttft_s, 1e3),
                  WithBand(p.prediction.tpot_s, 1e3),
                  FormatNumber(p.prediction.tput_per_chip.value),
                  std::string(calibrate::PartWord(calibrate::LargestPart(p.why.decode))),
                  std::string(Name(p.prediction.domain))});
  }
  return fmt::format("{}\nSaturated: at most {} requests/s ({} to {}).\n", table.ToText(style),
                     FormatNumber(capacity_rps.value), FormatNumber(capacity_rps.low80),
                     FormatNumber(capacity_rps.high80));
}

std::string OpenDetails(std::span<const OpenRate> rates, const analysis::Pricing& pricing,
                        const Style& style) {
  const OpenRate* last = nullptr;
  std::vector<PredictedPoint> points;
  for (const OpenRate& rate : rates) {
    if (!rate.open) continue;
    points.push_back(AsPoint(rate));
    if (last == nullptr || rate.rate_rps > last->rate_rps) last = &rate;
  }
  if (last == nullptr) return "";
  const calibrate::OpenPrediction& p = *last->open;
  return fmt::format(
      "\nAt {} requests/s, {:.1f} requests are admitted in the mean; a copy of attention has "
      "something to do\n{:.0f} % of the time, and then {:.1f} sequences decode. By the formulas, "
      "before the correction\nlearned from rows:\n{}{}{}",
      FormatNumber(last->rate_rps), p.point.serving, 100.0 * (1.0 - p.point.idle), p.why.decoding,
      PartsText(p.why, style), CostTable(points, style, "requests/s"),
      CostNote(last->cost, pricing));
}

Json OpenJson(std::span<const OpenRate> rates, const analysis::Pricing& pricing) {
  Json all = Json::array();
  for (const OpenRate& rate : rates) {
    Json json = calibrate::OpenPointJson(rate.rate_rps, rate.open);
    json["cost"] = rate.open ? CostJson(rate.cost, pricing) : Json();
    all.push_back(std::move(json));
  }
  return all;
}

}  // namespace roofscape::cli
