#include "cli/predict_text.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace roofscape::cli {
namespace {

std::string WithBand(const calibrate::Figure& f, double scale) {
  return fmt::format("{} ({} to {})", FormatNumber(f.value * scale), FormatNumber(f.low80 * scale),
                     FormatNumber(f.high80 * scale));
}

}  // namespace

std::string PredictionTable(std::span<const PredictedPoint> points, const Style& style) {
  Table table({{"requests\nin flight"},
               {"TTFT mean\nms (80 %)"},
               {"TPOT mean\nms (80 %)"},
               {"tokens/s/user"},
               {"total tokens/s/chip\n(80 %)"},
               {"limited\nby", Align::kLeft, false},
               {"like it", Align::kLeft, false}});
  for (const auto& p : points) {
    const bool waits =
        p.why.admitted * 1.001 < p.concurrency && p.why.decoding >= 0.98 * p.why.admitted;
    table.AddRow({FormatNumber(p.concurrency), WithBand(p.prediction.ttft_s, 1e3),
                  WithBand(p.prediction.tpot_s, 1e3), FormatNumber(1.0 / p.prediction.tpot_s.value),
                  WithBand(p.prediction.tput_per_chip, 1.0),
                  waits ? "cache room"
                        : std::string(calibrate::PartWord(calibrate::LargestPart(p.why.decode))),
                  std::string(Name(p.prediction.domain))});
  }
  return table.ToText(style);
}

namespace {

/// How a step becomes the time of a token.
std::string TpotText(const calibrate::Explanation& why, double predicted_s) {
  if (!why.formula_tpot_s) return "";
  const double step_s = perf::Total(why.decode);
  const double own = step_s / why.gained;
  std::string text = fmt::format("TPOT: a step of {:.3f} ms", step_s * 1e3);
  if (why.gained != 1.0) text += fmt::format(" / {:.2f} tokens it gains", why.gained);
  if (*why.formula_tpot_s > own * 1.0005) {
    text += fmt::format(" + {:.3f} ms for prompts in between", (*why.formula_tpot_s - own) * 1e3);
  }
  text += fmt::format(" = {:.3f} ms", *why.formula_tpot_s * 1e3);
  const double factor = predicted_s / *why.formula_tpot_s;
  if (std::abs(factor - 1.0) < 0.0005) return text + ".\n";
  return text + fmt::format(";\ncorrected by the nearest rows, x {:.2f}: {} ms.\n", factor,
                            FormatNumber(predicted_s * 1e3));
}

std::string ClockText(const calibrate::Explanation& why) {
  if (why.decode_clock >= 1.0 && why.prompt_clock >= 1.0) return "";
  return fmt::format(
      "The power cap leaves {:.0f} % of the clock in a decode step, {:.0f} % in a prompt.\n",
      100.0 * why.decode_clock, 100.0 * why.prompt_clock);
}

}  // namespace

std::string PartsText(const calibrate::Explanation& why, const Style& style) {
  const double decode = perf::Total(why.decode);
  const double prefill = perf::Total(why.prefill);
  Table table(
      {{"part", Align::kLeft, false}, {"decode step\nms"}, {"%"}, {"one prompt\nms"}, {"%"}});
  for (std::size_t i = 0; i < perf::kStepParts; ++i) {
    const double d = why.decode[i];
    const double p = why.prefill[i];
    if (d <= 0.0 && p <= 0.0) continue;
    table.AddRow({std::string(calibrate::PartTitle(i)), fmt::format("{:.3f}", d * 1e3),
                  fmt::format("{:.0f}", 100.0 * d / decode), fmt::format("{:.3f}", p * 1e3),
                  fmt::format("{:.0f}", 100.0 * p / prefill)});
  }
  table.AddRow({"together", fmt::format("{:.3f}", decode * 1e3), "100",
                fmt::format("{:.3f}", prefill * 1e3), "100"});
  return fmt::format(
      "{}\n{}Memory of a chip, GB: {:.1f} in all, {:.1f} weights, {:.1f} left for the cache,\n"
      "{:.1f} of it filled.\n",
      table.ToText(style), ClockText(why), why.memory / 1e9, why.weights / 1e9,
      std::max(why.cache_room, 0.0) / 1e9, why.cache / 1e9);
}

std::string ExplanationText(const PredictedPoint& point, const Style& style) {
  return fmt::format(
      "At {} requests in flight, {:.1f} sequences decode in each copy of attention. By the\n"
      "formulas, before the correction learned from rows:\n{}{}",
      FormatNumber(point.concurrency), point.why.decoding, PartsText(point.why, style),
      TpotText(point.why, point.prediction.tpot_s.value));
}

std::string AgainstText(std::span<const PredictedPoint> points, std::optional<double> anchor,
                        const Style& style) {
  Table table({{"requests\nin flight"},
               {"TTFT ms\nmeasured"},
               {"error"},
               {"TPOT ms\nmeasured"},
               {"error"},
               {"tokens/s/chip\nmeasured"},
               {"error"},
               {"", Align::kLeft, false}});
  const auto error = [](double predicted, double measured) {
    return fmt::format("{:+.1f} %", 100.0 * (predicted / measured - 1.0));
  };
  for (const PredictedPoint& p : points) {
    if (!p.measured) continue;
    const MeasuredLoad& m = *p.measured;
    table.AddRow({FormatNumber(p.concurrency), FormatNumber(m.ttft_s * 1e3),
                  error(p.prediction.ttft_s.value, m.ttft_s), FormatNumber(m.tpot_s * 1e3),
                  error(p.prediction.tpot_s.value, m.tpot_s), FormatNumber(m.total_tps_per_chip),
                  error(p.prediction.tput_per_chip.value, m.total_tps_per_chip),
                  anchor == p.concurrency ? "learned from" : ""});
  }
  if (table.row_count() == 0) return "";
  return "\nAgainst what was measured:\n" + table.ToText(style);
}

std::string CostTable(std::span<const PredictedPoint> points, const Style& style,
                      const std::string& load) {
  Table table({{load},
               {"USD/Mtok\n(80 %)"},
               {"USD/Mtok\noutput"},
               {"W/chip\n(80 %)"},
               {"J/token\n(80 %)"},
               {"J/output\ntoken"}});
  const auto band = [](const std::optional<calibrate::Figure>& f) {
    return f ? WithBand(*f, 1.0) : std::string("-");
  };
  const auto plain = [](const std::optional<calibrate::Figure>& f) {
    return f ? FormatNumber(f->value) : std::string("-");
  };
  bool known = false;
  for (const PredictedPoint& p : points) {
    known |= p.cost.price || p.cost.chip_w;
    table.AddRow({FormatNumber(p.concurrency), band(p.cost.usd_per_mtok_total),
                  plain(p.cost.usd_per_mtok_output), band(p.cost.chip_w),
                  band(p.cost.joules_per_token_device),
                  plain(p.cost.joules_per_output_token_device)});
  }
  return known ? "\n" + table.ToText(style) : "";
}

Json PredictionJson(std::span<const PredictedPoint> points, const analysis::Pricing& pricing) {
  Json all = Json::array();
  for (const PredictedPoint& p : points) {
    const calibrate::PredictedPoint& plain = p;
    Json json = calibrate::PredictionJson({&plain, 1})[0];
    json["measured"] = Json();
    if (p.measured) {
      json["measured"] = {{"ttft_mean_s", p.measured->ttft_s},
                          {"tpot_mean_s", p.measured->tpot_s},
                          {"total_tps_per_chip", p.measured->total_tps_per_chip}};
    }
    json["cost"] = CostJson(p.cost, pricing);
    all.push_back(std::move(json));
  }
  return all;
}

}  // namespace roofscape::cli
