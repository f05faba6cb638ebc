#include "service/study/sketch.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "model/codesign/launch.h"
#include "model/codesign/layout_choice.h"
#include "service/study/links.h"

namespace roofscape::study {
namespace {

constexpr double kHour = 3600.0;
constexpr std::array kSpeeds = {2.0,  5.0,   10.0,  15.0,  20.0,  30.0,  40.0,  50.0,
                                75.0, 100.0, 150.0, 200.0, 300.0, 400.0, 600.0, 1000.0};

/// A number of a chip or a price that a slider moves: where it stops, in times of where it began.
constexpr std::array kTimes = {0.1, 0.15, 0.25, 0.35, 0.5, 0.7, 0.85, 1.0,
                               1.2, 1.5,  2.0,  3.0,  4.0, 6.0, 8.0,  10.0};
constexpr double kLeastTimes = 0.01;
constexpr double kMostTimes = 100.0;

struct Built {
  const catalog::Chip* chip = nullptr;
  codesign::FabricOption links;
  codesign::PartValues parts = {};
  std::optional<double> usd_per_hour, kw;
};

Result<Built> BuiltOf(const SketchAsk& ask, const Means& means, std::string& spent) {
  Built built;
  RS_ASSIGN_OR_RETURN(built.chip, catalog::FindChip(means.catalog, ask.chip));
  RS_ASSIGN_OR_RETURN(const perf::Machine machine, perf::MakeMachine(means.catalog, *built.chip));
  built.links = {built.chip->links.scale_up, machine};
  if (!built.links.name.empty()) {
    RS_ASSIGN_OR_RETURN(const catalog::Fabric* fabric,
                        catalog::FindFabric(means.catalog, built.links.name));
    if (fabric->topology == catalog::Topology::kWafer) {
      return Error{
          ErrorCode::kInvalidArgument,
          fmt::format("chip '{}': a wafer is no chip to sketch from: choose another", ask.chip)};
    }
    built.links.name = fabric->entry.name;
  }
  built.parts = {machine.flops[0] / 1e15, machine.bandwidth / 1e12, machine.memory / 1e9,
                 machine.link_bandwidth / 1e9};
  RS_ASSIGN_OR_RETURN(const analysis::Pricing pricing,
                      analysis::PricingOf(ask.prices, means.catalog, means.now));
  analysis::Spending spending;
  if (const auto usd = analysis::ChipWeight("usd", *built.chip, pricing, spending)) {
    built.usd_per_hour = *usd * kHour;
  }
  if (const auto kw = analysis::ChipWeight("kwh", *built.chip, pricing, spending)) {
    built.kw = *kw * kHour;
  }
  spent = spending.source;
  return built;
}

/// The machine of a curve; chips alone have no links to be scaled.
perf::Machine MachineOf(const Built& built, const SketchCurve& curve,
                        const codesign::FabricOption& fabric) {
  codesign::ChipSpace space;
  space.base = built.links.links;
  space.base.chip = "not built";
  // Deviations of a generation were fitted to chips that are built.
  space.base.generation = perf::Generation::kOther;
  space.fabrics = {fabric};
  perf::Machine machine = codesign::MachineOf(space, {curve.parts, 0});
  if (fabric.links.link_bandwidth <= 0.0) machine.domain_chips = 1.0;
  return machine;
}

Result<> Fill(const SketchAsk& ask, const Means& means, const catalog::Model& model,
              const perf::Machine& machine, SketchCurve& curve) {
  RS_ASSIGN_OR_RETURN(const catalog::Engine* engine,
                      catalog::FindEngine(means.catalog, ask.engine));
  codesign::Wish wish = CommonWish(ask.input, ask.output, means.fitted);
  wish.model = &model;
  wish.chips = {{machine, "", ask.chips, 1.0}};
  wish.engines = {{perf::EngineClassOf(engine->entry.id), codesign::LimitsOf(*engine), {}}};
  wish.precisions = {ask.precision};
  wish.disaggregated = false;
  RS_ASSIGN_OR_RETURN(const codesign::Space space, codesign::BuildSpace(wish, nullptr));
  if (space.families.empty()) return {};
  const auto best =
      codesign::BestPlans(space, kSpeeds, std::numeric_limits<double>::infinity(), means.search);
  for (std::size_t i = 0; i < kSpeeds.size(); ++i) {
    if (!best[i]) continue;
    // A faster point of the same layout and load would stand there twice.
    SketchPoint point{kSpeeds[i], 1.0 / best[i]->tpot_s, best[i]->value, best[i]->ttft_s,
                      codesign::PlanText(space, *best[i])};
    const bool same = !curve.points.empty() && curve.points.back().user_tps == point.user_tps &&
                      curve.points.back().tput_per_chip == point.tput_per_chip;
    if (!same) curve.points.push_back(std::move(point));
  }
  return {};
}

/// Sets what was asked; `parts` are what the chip and its fabric have.
Result<> SetParts(const SketchAsk& ask, codesign::PartValues& parts) {
  for (std::size_t i = 0; i < codesign::kParts; ++i) {
    if (!ask.parts[i]) continue;
    const double times = *ask.parts[i] / parts[i];  // Not a number where there are no links.
    if (!(times >= kLeastTimes && times <= kMostTimes)) {
      return Error{ErrorCode::kInvalidArgument,
                   fmt::format("{}: must be a hundredth to a hundredfold of {:g}",
                               codesign::Name(static_cast<codesign::Part>(i)), parts[i])};
    }
    parts[i] = *ask.parts[i];
  }
  return {};
}

/// Three digits.
double Rounded(double value) {
  if (!(value > 0.0)) return value;
  const double unit = std::pow(10.0, 2.0 - std::floor(std::log10(value)));
  return std::round(value * unit) / unit;
}

Json Optional(const std::optional<double>& v) { return v ? Json(*v) : Json(nullptr); }

Json CurveJson(const SketchCurve& c) {
  Json parts = Json::object();
  for (std::size_t i = 0; i < codesign::kParts; ++i) {
    parts[std::string(codesign::Name(static_cast<codesign::Part>(i)))] = c.parts[i];
  }
  Json points = Json::array();
  for (const SketchPoint& p : c.points) {
    const auto per = [&](const std::optional<double>& spent, double seconds) {
      return spent && *spent > 0.0 ? Json(p.tput_per_chip * seconds / *spent) : Json(nullptr);
    };
    const bool priced = c.usd_per_hour && *c.usd_per_hour > 0.0;
    points.push_back(
        {{"interactivity_tps", p.user_tps},
         {"asked_tps", p.asked_tps},
         {"total_tps_per_chip", p.tput_per_chip},
         {"tokens_per_usd", per(c.usd_per_hour, kHour)},
         {"usd_per_mtok_total",
          priced ? Json(*c.usd_per_hour / kHour / p.tput_per_chip * 1e6) : Json(nullptr)},
         {"tokens_per_j", per(c.kw, 1e-3)},
         {"ttft_mean_s", p.ttft_s},
         {"plan", p.plan}});
  }
  return {{"chip", std::move(parts)},
          {"fabric", c.fabric},
          {"usd_per_hour", Optional(c.usd_per_hour)},
          {"all_in_kw", Optional(c.kw)},
          {"points", std::move(points)}};
}

Json SliderJson(const char* name, const char* title, const char* unit, std::optional<double> base,
                std::optional<double> value) {
  Json stops = Json::array();
  for (const double times : kTimes) {
    if (base) stops.push_back(Rounded(*base * times));
  }
  if (base) stops[7] = *base;
  return {{"name", name},           {"title", title},           {"unit", unit},
          {"base", Optional(base)}, {"value", Optional(value)}, {"stops", std::move(stops)}};
}

/// Whole numbers around where a model's began.
Json CountJson(const char* name, const char* title, std::optional<std::int64_t> base,
               std::optional<std::int64_t> value, std::int64_t step) {
  Json stops = Json::array();
  std::int64_t last = 0;
  for (const double times : kTimes) {
    if (!base || times < 0.25 || times > 4.0) continue;
    const auto steps = std::llround(static_cast<double>(*base) * times / static_cast<double>(step));
    const std::int64_t stop = times == 1.0 ? *base : std::max<std::int64_t>(steps, 1) * step;
    if (stop > last) stops.push_back(last = stop);
  }
  const auto json = [](const std::optional<std::int64_t>& v) {
    return v ? Json(*v) : Json(nullptr);
  };
  return {{"name", name},       {"title", title},       {"unit", ""},
          {"base", json(base)}, {"value", json(value)}, {"stops", std::move(stops)}};
}

const catalog::FfnLayers* RoutedOf(const catalog::Model& model) {
  for (const catalog::FfnLayers& f : model.ffns) {
    if (f.routed) return &f;
  }
  return nullptr;
}

Json SlidersJson(const SketchTable& t) {
  const SketchCurve& a = t.built;
  const SketchCurve& b = t.sketch;
  Json chip = Json::array();
  chip.push_back(SliderJson("bf16_pflops", "Arithmetic, bf16", "PFLOP/s", a.parts[0], b.parts[0]));
  chip.push_back(SliderJson("bandwidth_tb_s", "Memory bandwidth", "TB/s", a.parts[1], b.parts[1]));
  chip.push_back(SliderJson("memory_gb", "Memory", "GB", a.parts[2], b.parts[2]));
  if (a.parts[3] > 0.0) {
    chip.push_back(SliderJson("link_gb_s", "Links, one way", "GB/s", a.parts[3], b.parts[3]));
  }
  chip.push_back(SliderJson("all_in_kw", "Power, all-in", "kW", a.kw, b.kw));
  chip.push_back(SliderJson("usd_per_hour", "Price", "USD/h", a.usd_per_hour, b.usd_per_hour));
  Json model = Json::array();
  if (t.base.mixers.empty() || t.base.ffns.empty()) return {{"chip", chip}, {"model", model}};
  model.push_back(CountJson("layers", "Layers", t.base.layers, t.model.layers, 1));
  model.push_back(CountJson("hidden", "Width", t.base.hidden, t.model.hidden, 128));
  const catalog::FfnLayers* was = RoutedOf(t.base);
  const catalog::FfnLayers* is = RoutedOf(t.model);
  const auto ffn = [](const catalog::Model& m, const catalog::FfnLayers* routed) {
    return routed != nullptr ? routed->width : m.ffns.back().width;
  };
  model.push_back(CountJson("width", was != nullptr ? "Width of an expert" : "Width inside a layer",
                            ffn(t.base, was), ffn(t.model, is), 128));
  if (was != nullptr && is != nullptr) {
    model.push_back(CountJson("experts", "Experts", was->experts, is->experts, 8));
    model.push_back(CountJson("top_k", "Experts a token", was->top_k, is->top_k, 1));
  }
  return {{"chip", std::move(chip)}, {"model", std::move(model)}};
}

Json ModelJson(const catalog::Model& model) {
  const catalog::ParameterCount count = catalog::CountParameters(model);
  return {{"name", model.entry.name},
          {"shape", codesign::ShapeText(model)},
          {"total_b", count.total / 1e9},
          {"active_b", count.active / 1e9}};
}

}  // namespace

Result<SketchTable> ComputeSketch(const SketchAsk& ask, const Means& means) {
  SketchTable t;
  t.ask = ask;
  if (ask.chips < 1 || ask.chips > kMostSketchChips) {
    return Error{ErrorCode::kInvalidArgument,
                 fmt::format("chips: must be 1 to {}", kMostSketchChips)};
  }
  RS_ASSIGN_OR_RETURN(const catalog::Model* base, catalog::FindModel(means.catalog, ask.model));
  t.base = *base;
  RS_ASSIGN_OR_RETURN(t.model, codesign::DrawShape(*base, ask.shape));
  RS_ASSIGN_OR_RETURN(const Built built, BuiltOf(ask, means, t.spent));
  codesign::FabricOption fabric = built.links;
  if (!ask.fabric.empty()) {
    RS_ASSIGN_OR_RETURN(
        fabric, FabricOf(means.catalog, *built.chip, ask.fabric, built.chip->links.scale_out));
  }
  t.built = {built.parts, built.links.name, built.usd_per_hour, built.kw, {}};
  t.sketch = t.built;
  t.sketch.fabric = fabric.name;
  // Another fabric brings its own rate.
  t.sketch.parts[static_cast<std::size_t>(codesign::Part::kLinks)] =
      fabric.links.link_bandwidth / 1e9;
  RS_RETURN_IF_ERROR(SetParts(ask, t.sketch.parts));
  if (ask.usd_per_hour) t.sketch.usd_per_hour = ask.usd_per_hour;
  if (ask.kw) t.sketch.kw = ask.kw;
  RS_RETURN_IF_ERROR(Fill(ask, means, t.model, MachineOf(built, t.sketch, fabric), t.sketch));
  RS_RETURN_IF_ERROR(Fill(ask, means, t.model, MachineOf(built, t.built, built.links), t.built));
  return t;
}

Json SketchJson(const SketchTable& t) {
  return {{"schema", "roofscape-sketch-1"}, {"spent", t.spent},
          {"chips", t.ask.chips},           {"base", ModelJson(t.base)},
          {"model", ModelJson(t.model)},    {"sliders", SlidersJson(t)},
          {"sketch", CurveJson(t.sketch)},  {"built", CurveJson(t.built)}};
}

}  // namespace roofscape::study
