#include "cli/predict_text.h"

#include <algorithm>

#include <fmt/format.h>

namespace roofscape::cli {
namespace {

std::string WithBand(const calibrate::Figure& f, double scale) {
  return fmt::format("{} ({} to {})", FormatNumber(f.value * scale), FormatNumber(f.low80 * scale),
                     FormatNumber(f.high80 * scale));
}

}  // namespace

std::string PredictionTable(std::span<const calibrate::PredictedPoint> points, const Style& style) {
  Table table({{"requests\nin flight"},
               {"TTFT mean\nms (80 %)"},
               {"TPOT mean\nms (80 %)"},
               {"tokens/s/user"},
               {"total tokens/s/chip\n(80 %)"},
               {"limited by", Align::kLeft},
               {"like it", Align::kLeft, false}});
  for (const auto& p : points) {
    const bool waits =
        p.why.admitted * 1.001 < p.concurrency && p.why.decoding >= 0.98 * p.why.admitted;
    table.AddRow({FormatNumber(p.concurrency), WithBand(p.prediction.ttft_s, 1e3),
                  WithBand(p.prediction.tpot_s, 1e3), FormatNumber(1.0 / p.prediction.tpot_s.value),
                  WithBand(p.prediction.tput_per_chip, 1.0),
                  waits ? "room for the cache"
                        : std::string(calibrate::PartTitle(calibrate::LargestPart(p.why.decode))),
                  std::string(Name(p.prediction.domain))});
  }
  return table.ToText(style);
}

std::string ExplanationText(const calibrate::PredictedPoint& point, const Style& style) {
  const double decode = perf::Total(point.why.decode);
  const double prefill = perf::Total(point.why.prefill);
  Table table(
      {{"part", Align::kLeft, false}, {"decode step\nms"}, {"%"}, {"one prompt\nms"}, {"%"}});
  for (std::size_t i = 0; i < perf::kStepParts; ++i) {
    const double d = point.why.decode[i];
    const double p = point.why.prefill[i];
    if (d <= 0.0 && p <= 0.0) continue;
    table.AddRow({std::string(calibrate::PartTitle(i)), fmt::format("{:.3f}", d * 1e3),
                  fmt::format("{:.0f}", 100.0 * d / decode), fmt::format("{:.3f}", p * 1e3),
                  fmt::format("{:.0f}", 100.0 * p / prefill)});
  }
  table.AddRow({"together", fmt::format("{:.3f}", decode * 1e3), "100",
                fmt::format("{:.3f}", prefill * 1e3), "100"});
  return fmt::format(
      "At {} requests in flight, {:.1f} sequences decode in each copy of attention. By the\n"
      "formulas, before the correction learned from rows:\n{}\n"
      "Memory of a chip, GB: {:.1f} in all, {:.1f} weights, {:.1f} left for the cache, {:.1f} of "
      "it "
      "filled.\n",
      FormatNumber(point.concurrency), point.why.decoding, table.ToText(style),
      point.why.memory / 1e9, point.why.weights / 1e9, std::max(point.why.cache_room, 0.0) / 1e9,
      point.why.cache / 1e9);
}

}  // namespace roofscape::cli
