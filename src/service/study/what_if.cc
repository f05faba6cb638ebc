#include "service/study/what_if.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "domain/catalog/price.h"
#include "model/codesign/launch.h"
#include "service/study/served_json.h"

namespace roofscape::study {
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

Result<codesign::Scene> SceneOf(const WhatIfText& t, const Means& means,
                                analysis::Spending& spending) {
  codesign::Scene scene;
  scene.wish = CommonWish(t.input, t.output, means.fitted);
  RS_ASSIGN_OR_RETURN(scene.wish.model, catalog::FindModel(means.catalog, t.model));
  RS_ASSIGN_OR_RETURN(const catalog::Chip* chip, catalog::FindChip(means.catalog, t.chip));
  RS_ASSIGN_OR_RETURN(const catalog::Engine* engine, catalog::FindEngine(means.catalog, t.engine));
  RS_ASSIGN_OR_RETURN(const perf::Machine machine, perf::MakeMachine(means.catalog, *chip));
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
  RS_ASSIGN_OR_RETURN(const analysis::Pricing pricing,
                      analysis::PricingOf(t.prices, means.catalog, means.now));
  analysis::Spending prices;
  constexpr double kHour = 3600.0;
  if (const auto usd = analysis::ChipWeight("usd", *chip, pricing, prices))
    scene.usd_per_hour = *usd * kHour;
  if (const auto kw = analysis::ChipWeight("kwh", *chip, pricing, prices))
    scene.all_in_kw = *kw * kHour;
  spending.source = prices.source;
  if (t.partner.empty()) return scene;
  RS_ASSIGN_OR_RETURN(const catalog::Chip* partner, catalog::FindChip(means.catalog, t.partner));
  RS_ASSIGN_OR_RETURN(const perf::Wafer wafer, perf::MakeWafer(means.catalog, *partner));
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

Json OutcomeJson(const Outcome& o) {
  return {{"value", o.value > 0.0 ? Json(o.value) : Json(nullptr)},
          {"tps_per_chip", o.value > 0.0 ? Json(o.tput_per_chip) : Json(nullptr)},
          {"ttft_mean_s", o.value > 0.0 ? Json(o.ttft_s) : Json(nullptr)},
          {"tpot_mean_s", o.value > 0.0 ? Json(o.tpot_s) : Json(nullptr)},
          {"usd_per_hour", NumberOrNull(o.usd_per_hour)},
          {"kw", NumberOrNull(o.kw)},
          {"alive", o.alive},
          {"site_tps", NumberOrNull(o.site_tps)},
          {"mass_kg", NumberOrNull(o.mass_kg)},
          {"solar_m2", NumberOrNull(o.solar_m2)},
          {"radiator_m2", NumberOrNull(o.radiator_m2)},
          {"plan", o.plan}};
}

}  // namespace

Result<WhatIfText> ParseWhatIf(std::string_view text, const std::string& path) {
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

Result<WhatIfTable> ComputeWhatIf(const WhatIfText& text, const Means& means) {
  WhatIfTable t;
  t.text = text;
  t.spending = analysis::SpendingOf(text.objective);
  RS_ASSIGN_OR_RETURN(const codesign::Scene scene, SceneOf(text, means, t.spending));
  codesign::Scene before = scene;
  before.partner = std::nullopt;
  const codesign::WhatIf is(before, means.search, means.book);
  const codesign::WhatIf would(scene, means.search, means.book);
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

Json WhatIfJson(const WhatIfTable& t) {
  Json parameters = Json::array();
  for (const codesign::Swing& s : t.swings) {
    const WhatIfParameter& p = t.text.parameters[s.parameter];
    const bool ranged = p.range.low != p.range.high;
    const auto end = [&](double v) { return ranged && v > 0.0 ? Json(v) : Json(nullptr); };
    parameters.push_back(
        {{"sets", codesign::Name(p.range.knob)},
         {"now", NumberOrNull(p.now)},
         {"value", p.range.value},
         {"low", p.range.low},
         {"high", p.range.high},
         {"source", p.source},
         {"assumed", p.assumed()},
         {"at_low", end(s.low)},
         {"at_high", end(s.high)},
         {"log_swing", std::isinf(s.size) ? Json(nullptr) : Json(s.size)},
         {"swing_times", std::isinf(s.size) ? Json(nullptr) : Json(std::exp(s.size))},
         {"unlimited", std::isinf(s.size)}});
  }
  const bool both = t.now.value > 0.0 && t.then.value > 0.0;
  return {{"schema", "roofscape-what-if-1"},
          {"name", t.text.name},
          {"model", t.text.model},
          {"chip", t.text.chip},
          {"interactivity_tps", t.text.speed_tps},
          {"objective", t.spending.key},
          {"spent", t.spending.source},
          {"stated", StatedJson(t.text.stated)},
          {"now", OutcomeJson(t.now)},
          {"then", OutcomeJson(t.then)},
          {"gain", both ? Json(t.then.value / t.now.value) : Json(nullptr)},
          {"parameters", std::move(parameters)}};
}

}  // namespace roofscape::study
