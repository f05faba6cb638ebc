#include "cli/codesign_what_if.h"

#include <cmath>

#include <fmt/format.h>

#include "cli/codesign_stated.h"

namespace roofscape::cli {
namespace {

using codesign::Outcome;
using study::WhatIfParameter;
using study::WhatIfTable;

std::string RangeText(const WhatIfParameter& p) {
  const std::string now = p.now ? FormatNumber(*p.now) : "-";
  std::string text = fmt::format("{} -> {}", now, FormatNumber(p.range.value));
  if (p.range.low != p.range.high) {
    text += fmt::format(" ({} to {})", FormatNumber(p.range.low), FormatNumber(p.range.high));
  }
  return text;
}

std::string OutcomeText(const WhatIfTable& t, const Style& style) {
  Table table({{"", Align::kLeft, false}, {"now"}, {"then"}});
  const auto row = [&](const std::string& name, std::optional<double> a, std::optional<double> b) {
    if (a || b) table.AddRow({name, FormatNumber(a), FormatNumber(b)});
  };
  const auto above = [](double v) { return v > 0.0 ? std::optional<double>(v) : std::nullopt; };
  const Outcome& a = t.now;
  const Outcome& b = t.then;
  row(t.spending.name, above(a.value), above(b.value));
  row("tokens/s/chip", above(a.tput_per_chip), above(b.tput_per_chip));
  row("TTFT mean, s", above(a.ttft_s), above(b.ttft_s));
  row("TPOT mean, s", above(a.tpot_s), above(b.tpot_s));
  row("USD/h a chip", a.usd_per_hour, b.usd_per_hour);
  row("kW a chip", a.kw, b.kw);
  if (a.alive < 1.0 || b.alive < 1.0) row("share of chips alive", a.alive, b.alive);
  row("tokens/s of the site", a.site_tps, b.site_tps);
  row("kg a chip", a.mass_kg, b.mass_kg);
  row("m2 of panels a chip", a.solar_m2, b.solar_m2);
  row("m2 of radiators a chip", a.radiator_m2, b.radiator_m2);
  std::string text = table.ToText(style);
  if (!a.plan.empty()) text += Wrap("now: " + a.plan, style.width, 2) + "\n";
  if (!b.plan.empty()) text += Wrap("then: " + b.plan, style.width, 2) + "\n";
  return text;
}

std::string Verdict(const WhatIfTable& t) {
  if (t.then.value <= 0.0) return "The scenario does not reach the speed in any layout.";
  if (t.now.value <= 0.0) return "What is now does not reach the speed; the scenario does.";
  return fmt::format("The scenario gives {:.3g} times what is now.", t.then.value / t.now.value);
}

std::string SwingText(const WhatIfTable& t, const Style& style) {
  Table table({{"parameter", Align::kLeft, false},
               {"now -> then (range)", Align::kLeft, false},
               {t.spending.name + "\nat low"},
               {"\nat high"},
               {"swing\nx"},
               {"ground", Align::kLeft, false}});
  std::string sources;
  for (const codesign::Swing& s : t.swings) {
    const WhatIfParameter& p = t.text.parameters[s.parameter];
    const bool ranged = p.range.low != p.range.high;
    const auto value = [&](double v) {
      return !ranged ? "-" : v > 0.0 ? FormatNumber(v) : std::string("not reached");
    };
    const std::string size = !ranged              ? "-"
                             : std::isinf(s.size) ? "all"
                                                  : fmt::format("{:.2f}", std::exp(s.size));
    table.AddRow({std::string(codesign::Name(p.range.knob)), RangeText(p), value(s.low),
                  value(s.high), size, p.assumed() ? "assumed" : "sourced"});
    sources += Wrap(fmt::format("- {}: {}", std::string(codesign::Name(p.range.knob)), p.source),
                    style.width, 2) +
               "\n";
  }
  return table.ToText(style) + "\n" + sources;
}

std::string DeciderText(const WhatIfTable& t) {
  for (const codesign::Swing& s : t.swings) {
    const WhatIfParameter& p = t.text.parameters[s.parameter];
    if (s.size <= 0.0 || !p.assumed()) continue;
    return fmt::format("Of what is assumed, {} decides most.",
                       std::string(codesign::Name(p.range.knob)));
  }
  return "Nothing that is assumed was given a range.";
}

}  // namespace

std::string WhatIfTextOf(const WhatIfTable& t, const Style& style) {
  const auto wrapped = [&](const std::string& line) { return Wrap(line, style.width, 2) + "\n"; };
  std::string text = t.text.name + "\n" + wrapped(Verdict(t));
  if (!t.spending.source.empty()) text += wrapped("Now: " + t.spending.source + ".");
  text += StatedText(t.text.stated, style.width) + "\n" + OutcomeText(t, style);
  text += "\nEach parameter over its range, the others as in the scenario:\n" +
          SwingText(t, style) + "\n" + wrapped(DeciderText(t));
  return text + wrapped("By the formulas, without the correction by measured rows.");
}

}  // namespace roofscape::cli
