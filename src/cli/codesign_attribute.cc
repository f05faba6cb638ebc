#include "cli/codesign_attribute.h"

#include <fmt/format.h>

namespace roofscape::cli {
namespace {

std::string EvidenceText(const study::Evidence& e, const Style& style) {
  if (e.gain.axes.empty()) {
    return "No rows differ in one thing alone: nothing of it is measured.\n";
  }
  Table table({{"measured", Align::kLeft, false},
               {"times"},
               {"least"},
               {"most"},
               {"pairs"},
               {"shares of", Align::kLeft, false},
               {"times"}});
  for (std::size_t i = 0; i < e.gain.axes.size(); ++i) {
    const calibrate::AxisGain& g = e.gain.axes[i];
    table.AddRow({std::string(calibrate::Name(g.axis)), fmt::format("{:.2f}", g.middle),
                  fmt::format("{:.2f}", g.low), fmt::format("{:.2f}", g.high),
                  fmt::format("{}", g.pairs), e.layers[i], fmt::format("{:.2f}", e.modelled[i])});
  }
  std::string text = table.ToText(style);
  if (e.gain.a && e.gain.b) {
    text += fmt::format("Measured from end to end: {} to {} tokens/s/chip, {:.3g} times.\n",
                        FormatNumber(*e.gain.a), FormatNumber(*e.gain.b), *e.gain.b / *e.gain.a);
  }
  return text +
         Wrap(
             "Measured: the best rows of two setups that differ in that alone, whatever "
             "their layouts, tokens/s a chip.",
             style.width, 0) +
         "\n";
}

}  // namespace

std::string AttributionText(const study::AttributionTable& t,
                            const std::optional<study::Evidence>& evidence, const Style& style) {
  std::string text =
      fmt::format("A  {}: {} {} ({})\nB  {}: {} {} ({})\nB over A: {:.3g} times.\n", t.ask.a.name,
                  FormatNumber(t.a), t.spending.name, t.plan_a, t.ask.b.name, FormatNumber(t.b),
                  t.spending.name, t.plan_b, t.split.gain);
  if (t.intervals) {
    text += fmt::format("80 % of {} draws of coefficients: {:.3g} to {:.3g} times.\n",
                        t.intervals->draws, t.intervals->gain.low, t.intervals->gain.high);
  }
  if (!t.spending.source.empty()) {
    text += Wrap("Spent: " + t.spending.source + ".", style.width, 0) + "\n";
  }
  std::vector<Column> columns = {
      {"layer", Align::kLeft, false}, {"share\nx"}, {"least of\nall orders"}, {"most"}};
  if (t.intervals) columns.push_back({"80 % of\ndraws"});
  if (evidence) columns.push_back({"", Align::kLeft, false});
  Table table(columns);
  for (std::size_t i = 0; i < t.layers.size(); ++i) {
    const codesign::Factor& f = t.split.factors[i];
    std::vector<std::string> cells = {t.layers[i], fmt::format("{:.3f}", f.share),
                                      fmt::format("{:.3f}", f.least),
                                      fmt::format("{:.3f}", f.most)};
    if (t.intervals) {
      const study::Spread& s = t.intervals->shares[i];
      cells.push_back(fmt::format("{:.2f} to {:.2f}", s.low, s.high));
    }
    if (evidence)
      cells.emplace_back(study::IsMeasured(evidence, t.layers[i]) ? "measured, see below" : "");
    table.AddRow(std::move(cells));
  }
  text += "\n" + table.ToText(style);
  if (!evidence) {
    return text +
           "\nShares multiply to the gain. All are modelled by the formulas: none is measured.\n";
  }
  return text + "\nShares multiply to the gain and are modelled by the formulas.\n\n" +
         EvidenceText(*evidence, style);
}

}  // namespace roofscape::cli
