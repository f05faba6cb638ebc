#include "cli/codesign_what_if.h"

#include <algorithm>
#include <cmath>
#include <thread>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/parallel.h"
#include "cli/write_file.h"
#include "domain/catalog/price.h"
#include "model/codesign/launch.h"

namespace roofscape::cli {
namespace {

using codesign::Knob;
using codesign::Outcome;

WhatIfParameter ReadParameter(ObjectReader& reader) {
  WhatIfParameter p;
  std::string sets;
  reader.Required("sets", sets);
  reader.Required("value", p.range.value);
  p.range.low = p.range.high = p.range.value;
  reader.Optional("low", p.range.low);
  reader.Optional("high", p.range.high);
  reader.Optional("now", p.now);
  reader.Optional("source", p.source);
  if (const auto knob = codesign::ParseKnob(sets)) {
    p.range.knob = *knob;
  } else {
    reader.Fail("sets", fmt::format("'{}' is nothing that can be set; known are {}", sets,
                                    codesign::KnobNames()));
  }
  if (p.source.empty()) {
    reader.Fail("source", "is missing: who says so, or \"assumption\"");
  }
  const bool ordered = p.range.low <= p.range.value && p.range.value <= p.range.high;
  if (!(p.range.low >= 0.0 && ordered)) {
    reader.Fail("low", "must be 0 or more and at most the value, and high at least the value");
  }
  return p;
}

void ReadPartner(ObjectReader& reader, WhatIfText& t) {
  reader.Required("chip", t.partner);
  reader.Optional("wafers", t.wafers);
  reader.Required("crossing_us", t.crossing_us);
  if (t.wafers < 1 || t.wafers > 4096) reader.Fail("wafers", "must be 1 to 4096");
  if (t.crossing_us.size() != 2 || !(t.crossing_us[0] > 0.0) ||
      t.crossing_us[1] < t.crossing_us[0]) {
    reader.Fail("crossing_us", "must be [least, most], both above 0");
    return;
  }
  TakeSource(reader, "crossing_us",
             fmt::format("{:g} to {:g} us from wafer to wafer", t.crossing_us[0], t.crossing_us[1]),
             t.stated);
}

/// No knob is set twice.
void CheckKnobs(ObjectReader& reader, const WhatIfText& t) {
  for (std::size_t i = 0; i < t.parameters.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (t.parameters[i].range.knob != t.parameters[j].range.knob) continue;
      if (t.parameters[i].range.knob == Knob::kKnobs) continue;
      reader.Fail("parameter", fmt::format("{} is set twice: leave one out",
                                           codesign::Name(t.parameters[i].range.knob)));
    }
  }
}

Result<codesign::Scene> SceneOf(const WhatIfText& t, const catalog::Catalog& catalog,
                                const calibrate::Model& fitted, WallTime now, Spending& spending) {
  codesign::Scene scene;
  scene.wish = CommonWish(t.input, t.output, fitted);
  RS_ASSIGN_OR_RETURN(scene.wish.model, catalog::FindModel(catalog, t.model));
  RS_ASSIGN_OR_RETURN(const catalog::Chip* chip, catalog::FindChip(catalog, t.chip));
  RS_ASSIGN_OR_RETURN(const catalog::Engine* engine, catalog::FindEngine(catalog, t.engine));
  RS_ASSIGN_OR_RETURN(const perf::Machine machine, perf::MakeMachine(catalog, *chip));
  scene.wish.chips = {{machine, chip->vendor, t.chips, 1.0}};
  scene.wish.engines = {{perf::EngineClassOf(engine->entry.id), codesign::LimitsOf(*engine),
                         engine->launch ? engine->launch->makers : std::vector<std::string>()}};
  scene.wish.precisions = {t.precision};
  scene.wish.aggregated = t.mode != "disaggregated";
  scene.wish.disaggregated = t.mode != "aggregated";
  scene.speed_tps = t.speed_tps;
  scene.ttft_limit_s = t.ttft_s;
  scene.spend = t.objective == "usd"   ? codesign::Spend::kUsd
                : t.objective == "kwh" ? codesign::Spend::kKwh
                                       : codesign::Spend::kChip;
  RS_ASSIGN_OR_RETURN(const analysis::Pricing pricing, PricingOf(t.prices, catalog, now));
  Spending prices;
  constexpr double kHour = 3600.0;
  if (const auto usd = ChipWeight("usd", *chip, pricing, prices)) scene.usd_per_hour = *usd * kHour;
  if (const auto kw = ChipWeight("kwh", *chip, pricing, prices)) scene.all_in_kw = *kw * kHour;
  spending.source = prices.source;
  if (t.partner.empty()) return scene;
  RS_ASSIGN_OR_RETURN(const catalog::Chip* partner, catalog::FindChip(catalog, t.partner));
  RS_ASSIGN_OR_RETURN(const perf::Wafer wafer, perf::MakeWafer(catalog, *partner));
  scene.partner = codesign::WaferSite{
      wafer, {t.crossing_us[0] * 1e-6, t.crossing_us[1] * 1e-6}, static_cast<int>(t.wafers), 1.0};
  return scene;
}

/// Of the parameters what is now, or what would be.
codesign::Knobs KnobsOf(const WhatIfText& t, bool then) {
  codesign::Knobs knobs = {};
  for (const WhatIfParameter& p : t.parameters) {
    auto& knob = knobs[static_cast<std::size_t>(p.range.knob)];
    if (then) {
      knob = p.range.value;
    } else {
      knob = p.now;
    }
  }
  return knobs;
}

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

Json Optional(const std::optional<double>& v) { return v ? Json(*v) : Json(nullptr); }

Json OutcomeJson(const Outcome& o) {
  return {{"value", o.value > 0.0 ? Json(o.value) : Json(nullptr)},
          {"tps_per_chip", o.value > 0.0 ? Json(o.tput_per_chip) : Json(nullptr)},
          {"ttft_mean_s", o.value > 0.0 ? Json(o.ttft_s) : Json(nullptr)},
          {"tpot_mean_s", o.value > 0.0 ? Json(o.tpot_s) : Json(nullptr)},
          {"usd_per_hour", Optional(o.usd_per_hour)},
          {"kw", Optional(o.kw)},
          {"alive", o.alive},
          {"site_tps", Optional(o.site_tps)},
          {"mass_kg", Optional(o.mass_kg)},
          {"solar_m2", Optional(o.solar_m2)},
          {"radiator_m2", Optional(o.radiator_m2)},
          {"plan", o.plan}};
}

}  // namespace

Result<WhatIfText> ReadWhatIfFile(const std::string& path) {
  RS_ASSIGN_OR_RETURN(const std::string text, ReadFlagFile("--what-if", path));
  RS_ASSIGN_OR_RETURN(const Document document, ParseToml(text, path));
  ObjectReader reader(document);
  WhatIfText t;
  t.path = t.name = path;
  double ttft_ms = 0.0;
  reader.Optional("name", t.name);
  reader.Required("model", t.model);
  reader.Required("chip", t.chip);
  reader.Optional("engine", t.engine);
  reader.Optional("chips", t.chips);
  reader.Optional("precision", t.precision);
  reader.Optional("mode", t.mode);
  reader.Optional("input_tokens", t.input);
  reader.Optional("output_tokens", t.output);
  reader.Required("interactivity", t.speed_tps);
  reader.Optional("ttft_ms", ttft_ms);
  reader.Optional("objective", t.objective);
  reader.Optional("tier", t.prices.tier);
  reader.Optional("date", t.prices.date);
  if (ttft_ms > 0.0) t.ttft_s = ttft_ms * 1e-3;
  if (t.chips < 1 || t.chips > 4096) reader.Fail("chips", "must be 1 to 4096");
  if (!(t.input >= 1.0)) reader.Fail("input_tokens", "must be at least 1");
  if (!(t.output >= 2.0)) reader.Fail("output_tokens", "must be at least 2");
  if (!(t.speed_tps > 0.0)) reader.Fail("interactivity", "must be tokens/s above 0");
  if (t.mode != "aggregated" && t.mode != "disaggregated" && t.mode != "any") {
    reader.Fail("mode", "must be aggregated, disaggregated or any");
  }
  if (t.objective != "chip" && t.objective != "usd" && t.objective != "kwh") {
    reader.Fail("objective", "must be chip, usd or kwh");
  }
  reader.ReadInside("partner", [&](ObjectReader& r) { ReadPartner(r, t); });
  t.parameters = reader.ReadEach("parameter", ReadParameter);
  CheckKnobs(reader, t);
  RS_RETURN_IF_ERROR(reader.Finish());
  return t;
}

Result<WhatIfTable> ComputeWhatIf(const WhatIfText& text, const catalog::Catalog& catalog,
                                  const calibrate::Model& fitted, perf::KernelBook* book,
                                  WallTime now) {
  WhatIfTable t;
  t.text = text;
  t.spending = SpendingOf(text.objective);
  RS_ASSIGN_OR_RETURN(const codesign::Scene scene, SceneOf(text, catalog, fitted, now, t.spending));
  codesign::Scene before = scene;
  before.partner = std::nullopt;
  const unsigned threads = std::max(std::thread::hardware_concurrency(), 1U);
  const codesign::SearchOptions options{true, threads, OnThreads(threads)};
  const codesign::WhatIf is(before, options, book);
  const codesign::WhatIf would(scene, options, book);
  const auto in = [&](auto result) -> decltype(result) {
    if (result) return result;
    return result.error().In(text.path);
  };
  RS_ASSIGN_OR_RETURN(t.now, in(is.Evaluate(KnobsOf(text, false))));
  RS_ASSIGN_OR_RETURN(t.then, in(would.Evaluate(KnobsOf(text, true))));
  std::vector<codesign::Range> ranges;
  for (const WhatIfParameter& p : text.parameters) ranges.push_back(p.range);
  RS_ASSIGN_OR_RETURN(t.swings, in(codesign::Swings(would, ranges)));
  return t;
}

std::string WhatIfTextOf(const WhatIfTable& t, const Style& style) {
  const auto wrapped = [&](const std::string& line) { return Wrap(line, style.width, 2) + "\n"; };
  std::string text = t.text.name + "\n" + wrapped(Verdict(t));
  if (!t.spending.source.empty()) text += wrapped("Now: " + t.spending.source + ".");
  text += StatedText(t.text.stated, style.width) + "\n" + OutcomeText(t, style);
  text += "\nEach parameter over its range, the others as in the scenario:\n" +
          SwingText(t, style) + "\n" + wrapped(DeciderText(t));
  return text + wrapped("By the formulas, without the correction by measured rows.");
}

Json WhatIfJson(const WhatIfTable& t) {
  Json parameters = Json::array();
  for (const codesign::Swing& s : t.swings) {
    const WhatIfParameter& p = t.text.parameters[s.parameter];
    const bool ranged = p.range.low != p.range.high;
    const auto end = [&](double v) { return ranged && v > 0.0 ? Json(v) : Json(nullptr); };
    parameters.push_back({{"sets", codesign::Name(p.range.knob)},
                          {"now", Optional(p.now)},
                          {"value", p.range.value},
                          {"low", p.range.low},
                          {"high", p.range.high},
                          {"source", p.source},
                          {"assumed", p.assumed()},
                          {"at_low", end(s.low)},
                          {"at_high", end(s.high)},
                          {"log_swing", std::isinf(s.size) ? Json(nullptr) : Json(s.size)}});
  }
  Json stated = Json::array();
  for (const Stated& one : t.text.stated) {
    stated.push_back({{"what", one.what}, {"source", one.source}});
  }
  const bool both = t.now.value > 0.0 && t.then.value > 0.0;
  return {{"schema", "roofscape-what-if-1"},
          {"name", t.text.name},
          {"interactivity_tps", t.text.speed_tps},
          {"objective", t.spending.key},
          {"spent", t.spending.source},
          {"stated", std::move(stated)},
          {"now", OutcomeJson(t.now)},
          {"then", OutcomeJson(t.then)},
          {"gain", both ? Json(t.then.value / t.now.value) : Json(nullptr)},
          {"parameters", std::move(parameters)}};
}

}  // namespace roofscape::cli
