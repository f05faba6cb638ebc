#include "service/study/space.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "model/codesign/launch.h"

namespace roofscape::study {
namespace {

constexpr double kHour = 3600.0;

codesign::Quality ReadQuality(ObjectReader& reader) {
  codesign::Quality q;
  std::string rule;
  double tolerance_percent = 5.0;
  reader.Required("rule", rule);
  reader.Optional("total_b", q.total_b);
  reader.Optional("active_b", q.active_b);
  reader.Optional("tolerance_percent", tolerance_percent);
  reader.Optional("eval", q.eval);
  reader.Optional("least_score", q.least_score);
  reader.Optional("because", q.because);
  reader.Optional("training_tokens_t", q.training_tokens_t);
  reader.Optional("most_loss", q.most_loss);
  reader.ReadInside("law", [&](ObjectReader& law) {
    law.Required("floor", q.law.floor);
    law.Required("n_scale", q.law.n_scale);
    law.Required("n_power", q.law.n_power);
    law.Required("d_scale", q.law.d_scale);
    law.Required("d_power", q.law.d_power);
    law.Required("error_nats", q.law.error_nats);
    law.Required("source", q.law.source);
  });
  q.tolerance = tolerance_percent / 100.0;
  if (rule == "parameters") {
    q.rule = codesign::Quality::Rule::kParameters;
  } else if (rule == "score") {
    q.rule = codesign::Quality::Rule::kScore;
  } else if (rule == "law") {
    q.rule = codesign::Quality::Rule::kLaw;
  } else {
    reader.Fail("rule", "must be parameters, score or law");
  }
  return q;
}

void ReadModel(ObjectReader& reader, SpaceText& space) {
  reader.Required("bases", space.bases);
  if (space.bases.empty()) reader.Fail("bases", "needs a model of the catalog");
  reader.ReadInside("shape", [&](ObjectReader& inside) {
    codesign::ShapeAxes& axes = space.axes;
    inside.Optional("layers", axes.layers);
    inside.Optional("hidden", axes.hidden);
    inside.Optional("experts", axes.experts);
    inside.Optional("top_k", axes.top_k);
    inside.Optional("width", axes.width);
    inside.Optional("attention", axes.attention);
    for (const auto* axis : {&axes.layers, &axes.hidden, &axes.experts, &axes.top_k, &axes.width}) {
      const bool wrong = std::any_of(axis->begin(), axis->end(),
                                     [](std::int64_t n) { return n < 1 || n > 1'000'000; });
      if (wrong) inside.Fail("layers", "and the other counts must be 1 to 1,000,000");
    }
  });
}

MachineText ReadMachine(ObjectReader& reader, std::vector<Stated>& stated) {
  MachineText m;
  reader.Required("chip", m.chip);
  m.name = m.chip;
  reader.Optional("name", m.name);
  reader.Optional("engine", m.engine);
  reader.Optional("precision", m.precision);
  reader.Optional("chips", m.chips);
  reader.Optional("kernel_time", m.kernel_time);
  reader.Optional("usd_per_hour", m.usd_per_hour);
  reader.Optional("all_in_kw", m.all_in_kw);
  reader.Optional("crossing_us", m.crossing_us);
  if (m.chips < 1 || m.chips > 4096) reader.Fail("chips", "must be 1 to 4096");
  if (!(m.kernel_time > 0.0)) reader.Fail("kernel_time", "must be above 0");
  if (m.usd_per_hour && !(*m.usd_per_hour > 0.0)) reader.Fail("usd_per_hour", "must be above 0");
  if (m.all_in_kw && !(*m.all_in_kw > 0.0)) reader.Fail("all_in_kw", "must be above 0");
  const bool crossing =
      m.crossing_us.empty() ||
      (m.crossing_us.size() == 2 && m.crossing_us[0] > 0.0 && m.crossing_us[1] >= m.crossing_us[0]);
  if (!crossing) reader.Fail("crossing_us", "must be [least, most], both above 0");
  if (m.kernel_time != 1.0) {
    TakeSource(reader, "kernel_time",
               fmt::format("{}: kernels take {:g} times as long", m.name, m.kernel_time), stated);
  }
  if (m.usd_per_hour) {
    TakeSource(reader, "usd_per_hour", fmt::format("{}: {:g} USD/h", m.name, *m.usd_per_hour),
               stated);
  }
  if (m.all_in_kw) {
    TakeSource(reader, "all_in_kw", fmt::format("{}: {:g} kW all-in", m.name, *m.all_in_kw),
               stated);
  }
  if (crossing && !m.crossing_us.empty()) {
    TakeSource(reader, "crossing_us",
               fmt::format("{}: {:g} to {:g} us from wafer to wafer", m.name, m.crossing_us[0],
                           m.crossing_us[1]),
               stated);
  }
  return m;
}

codesign::PartCosts ReadCosts(ObjectReader& reader, const std::string& name,
                              std::vector<Stated>& stated) {
  codesign::PartCosts costs;
  if (!reader.Has(name)) reader.Fail(name, "is missing: what a chip costs by its parts");
  reader.ReadInside(name, [&](ObjectReader& inside) {
    std::string source;
    inside.Optional("fixed", costs.fixed);
    std::string text = fmt::format("{}: {:g}", name, costs.fixed);
    for (std::size_t i = 0; i < codesign::kParts; ++i) {
      const auto part = codesign::Name(static_cast<codesign::Part>(i));
      inside.Optional(part, costs.each[i]);
      text += fmt::format(" + {:g} x {}", costs.each[i], part);
    }
    inside.Optional("source", source);
    if (source.empty()) inside.Fail("source", "is missing: who says so, or \"assumption\"");
    stated.push_back({text, source});
  });
  return costs;
}

ChipText ReadChip(ObjectReader& reader, std::vector<Stated>& stated) {
  ChipText c;
  reader.Required("base", c.base);
  reader.Optional("engine", c.engine);
  reader.Required("fabrics", c.fabrics);
  reader.Optional("scale_out", c.scale_out);
  reader.Optional("chips", c.chips);
  if (c.chips < 1 || c.chips > 1024) reader.Fail("chips", "must be 1 to 1024");
  for (std::size_t i = 0; i < codesign::kParts; ++i) {
    const auto part = codesign::Name(static_cast<codesign::Part>(i));
    std::vector<double> bounds;
    reader.Required(part, bounds);
    if (bounds.size() != 2) {
      reader.Fail(part, "must be [least, most]");
      continue;
    }
    c.low[i] = bounds[0];
    c.high[i] = bounds[1];
  }
  c.usd_per_hour = ReadCosts(reader, "usd_per_hour", stated);
  c.kw = ReadCosts(reader, "kw", stated);
  return c;
}

void ReadMitigation(ObjectReader& reader, SpaceText& space) {
  perf::Travel travel;
  reader.Optional("groups", travel.groups);
  reader.Optional("most_groups", travel.most_groups);
  reader.Optional("two_batches", space.two_batches);
  if (travel.groups <= 0.0) return;
  if (!(travel.most_groups >= 1.0 && travel.most_groups <= travel.groups)) {
    reader.Fail("most_groups", "must be 1 to groups");
  }
  TakeSource(reader, "groups",
             fmt::format("a token's experts lie in {:g} of {:g} groups", travel.most_groups,
                         travel.groups),
             space.stated);
  space.groups = travel;
}

void ReadKernels(ObjectReader& reader, SpaceText& space) {
  reader.Required("utilisation", space.utilisation);
  if (!(space.utilisation > 0.0 && space.utilisation <= 1.0)) {
    reader.Fail("utilisation", "must be above 0 and at most 1");
  }
  TakeSource(
      reader, "utilisation",
      fmt::format("grown-up kernels reach {:g} % of their roofline", space.utilisation * 100.0),
      space.stated);
}

/// What a machine of the file spends in a second.
Result<double> WeightOf(const SpaceText& space, const MachineText& machine,
                        const catalog::Chip& chip, const analysis::Pricing& pricing,
                        analysis::Spending& spending) {
  if (space.objective == "usd" && machine.usd_per_hour) return *machine.usd_per_hour / kHour;
  if (space.objective == "kwh" && machine.all_in_kw) return *machine.all_in_kw / kHour;
  auto weight = analysis::ChipWeight(space.objective, chip, pricing, spending);
  if (weight) return weight;
  const char* field = space.objective == "usd" ? "usd_per_hour" : "all_in_kw";
  return weight.error().In(fmt::format("machine '{}' (or give it {} and {}_source in the file)",
                                       machine.name, field, field));
}

Result<> SetWafer(const catalog::Catalog& catalog, const catalog::Chip& chip,
                  const MachineText& machine, codesign::Target& target) {
  RS_ASSIGN_OR_RETURN(const perf::Wafer wafer, perf::MakeWafer(catalog, chip));
  if (machine.crossing_us.empty()) {
    return Error{ErrorCode::kInvalidArgument,
                 fmt::format("machine '{}': crossing_us: is missing: no source of the catalog says "
                             "what a wafer takes to hand on to the next; give [least, most] and "
                             "crossing_us_source",
                             machine.name)};
  }
  target.wafer = codesign::WaferSite{wafer,
                                     {machine.crossing_us[0] * 1e-6, machine.crossing_us[1] * 1e-6},
                                     static_cast<int>(machine.chips),
                                     target.chip.weight};
  return {};
}

bool OnWafer(const catalog::Catalog& catalog, const catalog::Chip& chip) {
  if (chip.links.scale_up.empty()) return false;
  const auto fabric = catalog::FindFabric(catalog, chip.links.scale_up);
  return fabric && (*fabric)->topology == catalog::Topology::kWafer;
}

}  // namespace

void TakeSource(ObjectReader& reader, const std::string& field, const std::string& what,
                std::vector<Stated>& stated) {
  const std::string name = field + "_source";
  std::string source;
  reader.Optional(name, source);
  if (source.empty()) {
    reader.Fail(name, "is missing: who says so, or \"assumption\"");
  }
  stated.push_back({what, source});
}

SpaceText ReadSpace(ObjectReader& reader, const std::string& path) {
  SpaceText space;
  space.path = path;
  space.name = path;
  double ttft_ms = 0.0;
  reader.Optional("name", space.name);
  reader.Optional("input_tokens", space.input);
  reader.Optional("input_lengths", space.input_lengths);
  reader.Optional("output_tokens", space.output);
  reader.Optional("interactivity", space.speeds_tps);
  reader.Optional("ttft_ms", ttft_ms);
  reader.Optional("objective", space.objective);
  reader.Optional("precision", space.precision);
  reader.Optional("tier", space.prices.tier);
  reader.Optional("date", space.prices.date);
  if (ttft_ms > 0.0) space.ttft_s = ttft_ms * 1e-3;
  if (!(space.input >= 1.0)) reader.Fail("input_tokens", "must be at least 1");
  const bool none = std::any_of(space.input_lengths.begin(), space.input_lengths.end(),
                                [](double n) { return !(n >= 1.0); });
  if (none) reader.Fail("input_lengths", "must be at least 1");
  if (!(space.output >= 2.0)) reader.Fail("output_tokens", "must be at least 2");
  const bool slow = std::any_of(space.speeds_tps.begin(), space.speeds_tps.end(),
                                [](double v) { return !(v > 0.0); });
  if (slow) reader.Fail("interactivity", "must be tokens/s above 0");
  if (space.objective != "chip" && space.objective != "usd" && space.objective != "kwh") {
    reader.Fail("objective", "must be chip, usd or kwh");
  }
  reader.ReadInside("quality", [&](ObjectReader& r) { space.quality = ReadQuality(r); });
  if (!reader.Has("model")) reader.Fail("model", "is missing");
  reader.ReadInside("model", [&](ObjectReader& r) { ReadModel(r, space); });
  space.machines =
      reader.ReadEach("machine", [&](ObjectReader& r) { return ReadMachine(r, space.stated); });
  reader.ReadInside("chip", [&](ObjectReader& r) { space.chip = ReadChip(r, space.stated); });
  reader.ReadInside("mitigation", [&](ObjectReader& r) { ReadMitigation(r, space); });
  reader.ReadInside("kernels", [&](ObjectReader& r) { ReadKernels(r, space); });
  return space;
}

Result<SpaceText> ParseSpace(std::string_view text, const std::string& path) {
  RS_ASSIGN_OR_RETURN(const Document document, ParseToml(text, path));
  ObjectReader reader(document);
  SpaceText space = ReadSpace(reader, path);
  const bool speeds = !space.speeds_tps.empty();
  if (!speeds) reader.Fail("interactivity", "is missing: say how fast a user must be served");
  RS_RETURN_IF_ERROR(reader.Finish());
  return space;
}

Result<std::vector<codesign::Target>> TargetsOf(const SpaceText& space,
                                                const catalog::Catalog& catalog, WallTime now,
                                                analysis::Spending& spending) {
  RS_ASSIGN_OR_RETURN(const analysis::Pricing pricing,
                      analysis::PricingOf(space.prices, catalog, now));
  std::vector<codesign::Target> targets;
  for (const MachineText& m : space.machines) {
    codesign::Target target;
    RS_ASSIGN_OR_RETURN(const catalog::Chip* chip, catalog::FindChip(catalog, m.chip));
    RS_ASSIGN_OR_RETURN(const catalog::Engine* engine, catalog::FindEngine(catalog, m.engine));
    target.name = m.name;
    target.precision = m.precision.empty() ? space.precision : m.precision;
    target.kernel_time = m.kernel_time;
    target.engine = {perf::EngineClassOf(engine->entry.id), codesign::LimitsOf(*engine),
                     engine->launch ? engine->launch->makers : std::vector<std::string>()};
    target.chip.maker = chip->vendor;
    target.chip.most = m.chips;
    RS_ASSIGN_OR_RETURN(target.chip.weight, WeightOf(space, m, *chip, pricing, spending));
    if (OnWafer(catalog, *chip)) {
      RS_RETURN_IF_ERROR(SetWafer(catalog, *chip, m, target));
    } else {
      RS_ASSIGN_OR_RETURN(target.chip.machine, perf::MakeMachine(catalog, *chip));
    }
    targets.push_back(std::move(target));
  }
  return targets;
}

codesign::Wish CommonWish(double input, double output, const calibrate::Model& fitted) {
  constexpr double kMeanLength = 0.9;  // Lengths are drawn from 0.8 of nominal to all of it.
  constexpr double kMost = 16384.0;
  codesign::Wish wish;
  wish.concurrencies = codesign::DefaultConcurrencies(kMost);
  wish.input = kMeanLength * input;
  wish.output = kMeanLength * output;
  wish.longest_tokens = input + output;
  wish.longest_prompt = input;
  wish.coefficients = [&fitted](const perf::Setting& s) { return fitted.CoefficientsOf(s); };
  return wish;
}

Result<codesign::Shapes> ShapesOf(const SpaceText& space, const catalog::Catalog& catalog) {
  std::vector<const catalog::Model*> bases;
  for (const std::string& name : space.bases) {
    RS_ASSIGN_OR_RETURN(const catalog::Model* model, catalog::FindModel(catalog, name));
    bases.push_back(model);
  }
  auto shapes = codesign::MakeShapes(bases, space.axes, space.quality, catalog);
  if (!shapes) return shapes.error().In(space.path);
  return shapes;
}

Json StatedJson(const std::vector<Stated>& stated) {
  Json all = Json::array();
  for (const Stated& one : stated) all.push_back({{"what", one.what}, {"source", one.source}});
  return all;
}

}  // namespace roofscape::study
