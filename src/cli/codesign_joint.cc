#include "cli/codesign_joint.h"

#include <fmt/format.h>

#include "base/core/text.h"
#include "cli/codesign_stated.h"

namespace roofscape::cli {
namespace {

using codesign::JointPoint;
using study::JointBest;
using study::JointTable;

std::string PartsText(const JointPoint& p) {
  const auto& v = p.chip.parts;
  return fmt::format("{:.3g} PF, {:.3g} TB/s, {:.3g} GB, {:.3g} GB/s links", v[0], v[1], v[2],
                     v[3]);
}

std::string LayoutOf(const JointPoint& p) {
  return fmt::format("{}, {:g} in flight", codesign::LayoutText(p.layout), p.concurrency);
}

void AddBest(const JointTable& t, const char* by, const std::optional<JointPoint>& p,
             std::string& text, const Style& style) {
  if (!p) return;
  const auto line = [&](const std::string& what) {
    text += Wrap("- " + what, style.width, 2) + "\n";
  };
  text +=
      fmt::format("Most tokens a {}: {} tokens/USD, {} tokens/J, {:.3g} tokens/s/user\n", by,
                  FormatNumber(p->objectives[1]), FormatNumber(p->objectives[2]), p->objectives[0]);
  line("chip: " + PartsText(*p) + "; " + t.fabrics[p->chip.fabric]);
  line("model: " + t.shapes.models[p->shape].entry.name);
  line("laid out: " + LayoutOf(*p));
}

std::string ElasticText(const std::vector<codesign::Elasticity>& all, const Style& style) {
  Table table({{"one per cent more of", Align::kLeft, false},
               {"changes tokens/USD\nby %"},
               {"80 % interval"}});
  for (const codesign::Elasticity& e : all) {
    const std::string value = e.value ? fmt::format("{:+.2f}", *e.value) : "-";
    const std::string interval =
        e.low80 && e.high80 ? fmt::format("{:+.2f} to {:+.2f}", *e.low80, *e.high80) : "-";
    table.AddRow({e.input, value, interval});
  }
  return table.ToText(style);
}

}  // namespace

std::string JointText(const JointTable& t, const Style& style) {
  const auto wrapped = [&](const std::string& line) { return Wrap(line, style.width, 2) + "\n"; };
  std::string text = t.space.name + "\n";
  text += wrapped(fmt::format("Equally good: {}.", codesign::QualityText(t.space.quality)));
  text += wrapped(fmt::format(
      "{} shapes meet it, {} do not. {} configurations on {} chips computed, {} on the front.",
      t.shapes.models.size(), t.shapes.refused.size(),
      WithCommas(static_cast<std::int64_t>(t.found.evaluated)),
      WithCommas(static_cast<std::int64_t>(t.found.chips)), t.found.front.size()));
  text += StatedText(t.space.stated, style.width);
  for (const JointBest& best : t.best) {
    text +=
        "\n" + Bold(fmt::format("At {:g} tokens/s for each user", best.speed_tps), style) + "\n";
    if (!best.usd) {
      text += "No chip of the space reaches it.\n";
      continue;
    }
    AddBest(t, "USD", best.usd, text, style);
    AddBest(t, "joule", best.joule, text, style);
    text += "\n" + ElasticText(best.elasticities, style);
  }
  return text + "\n" +
         wrapped(
             "By rooflines and the coefficients that all engines' rows have in common; nothing "
             "of this was measured. Intervals: coefficients drawn as widely as they are "
             "before any row is seen; the layout is chosen anew on both sides.");
}

}  // namespace roofscape::cli
