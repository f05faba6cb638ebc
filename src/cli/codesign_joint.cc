#include "cli/codesign_joint.h"

#include <algorithm>
#include <thread>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/core/text.h"
#include "cli/parallel.h"
#include "model/codesign/launch.h"

namespace roofscape::cli {
namespace {

using codesign::JointPoint;

/// A chip with this fabric between its likes, as the model takes it.
Result<codesign::FabricOption> FabricOf(const catalog::Catalog& catalog, const catalog::Chip& base,
                                        const std::string& name, const std::string& scale_out) {
  RS_ASSIGN_OR_RETURN(const catalog::Fabric* fabric, catalog::FindFabric(catalog, name));
  catalog::Chip chip = base;
  chip.links.scale_up = fabric->entry.id;
  chip.links.scale_out.clear();
  if (!scale_out.empty()) {
    RS_ASSIGN_OR_RETURN(const catalog::Fabric* out, catalog::FindFabric(catalog, scale_out));
    chip.links.scale_out = out->entry.id;
  }
  RS_ASSIGN_OR_RETURN(const perf::Machine machine, perf::MakeMachine(catalog, chip));
  if (machine.link_bandwidth <= 0.0) {
    return Error{ErrorCode::kInvalidArgument,
                 fmt::format("chip: fabrics: '{}' has no rate in the catalog (chip_gb_s)", name)};
  }
  return codesign::FabricOption{fabric->entry.name, machine};
}

Result<codesign::ChipSpace> ChipsOf(const ChipText& text, const catalog::Catalog& catalog) {
  codesign::ChipSpace chips;
  RS_ASSIGN_OR_RETURN(const catalog::Chip* base, catalog::FindChip(catalog, text.base));
  RS_ASSIGN_OR_RETURN(chips.base, perf::MakeMachine(catalog, *base));
  // Deviations of a generation were fitted to chips that are built.
  chips.base.chip = "not built";
  chips.base.generation = perf::Generation::kOther;
  chips.low = text.low;
  chips.high = text.high;
  chips.usd_per_hour = text.usd_per_hour;
  chips.kw = text.kw;
  chips.most = text.chips;
  for (const std::string& name : text.fabrics) {
    RS_ASSIGN_OR_RETURN(auto fabric, FabricOf(catalog, *base, name, text.scale_out));
    chips.fabrics.push_back(std::move(fabric));
  }
  return chips;
}

std::optional<JointPoint> BestAt(const std::vector<JointPoint>& front, double speed_tps,
                                 std::size_t objective) {
  std::optional<JointPoint> best;
  for (const JointPoint& p : front) {
    if (p.objectives[0] < speed_tps) continue;
    if (!best || p.objectives[objective] > best->objectives[objective]) best = p;
  }
  return best;
}

Result<std::vector<codesign::Elasticity>> ElasticitiesOf(const JointPoint& point,
                                                         const codesign::JointAsk& ask,
                                                         double speed_tps, std::uint64_t seed,
                                                         const codesign::SearchOptions& options) {
  codesign::ElasticAsk elastic;
  elastic.wish = *ask.common;
  elastic.wish.model = ask.shapes[point.shape];
  constexpr double kHour = 3600.0;
  elastic.wish.chips = {{codesign::MachineOf(*ask.chips, point.chip), "", ask.chips->most,
                         ask.chips->usd_per_hour.Of(point.chip.parts) / kHour}};
  elastic.wish.precisions = {ask.precision};
  elastic.wish.disaggregated = false;
  elastic.speed_tps = speed_tps;
  elastic.ttft_limit_s = ask.ttft_limit_s;
  elastic.seed = seed;
  return codesign::Elasticities(elastic, options, nullptr);
}

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

Json PointJson(const JointTable& t, const JointPoint& p) {
  Json parts = Json::object();
  for (std::size_t i = 0; i < codesign::kParts; ++i) {
    parts[std::string(codesign::Name(static_cast<codesign::Part>(i)))] = p.chip.parts[i];
  }
  return {{"interactivity_tps", p.objectives[0]},
          {"tokens_per_usd", p.objectives[1]},
          {"tokens_per_j", p.objectives[2]},
          {"tps_per_chip", p.tput_per_chip},
          {"ttft_mean_s", p.ttft_s},
          {"tpot_mean_s", p.tpot_s},
          {"chip", std::move(parts)},
          {"fabric", t.fabrics[p.chip.fabric]},
          {"model", t.shapes.models[p.shape].entry.name},
          {"layout", {{"chips", p.layout.chips}, {"dp", p.layout.dp}, {"ep", p.layout.ep}}},
          {"concurrency", p.concurrency}};
}

Json Optional(const std::optional<double>& v) { return v ? Json(*v) : Json(nullptr); }

Json BestJson(const JointTable& t, const JointBest& best) {
  Json elasticities = Json::array();
  for (const codesign::Elasticity& e : best.elasticities) {
    elasticities.push_back({{"input", e.input},
                            {"value", Optional(e.value)},
                            {"low80", Optional(e.low80)},
                            {"high80", Optional(e.high80)}});
  }
  return {{"interactivity_tps", best.speed_tps},
          {"by_usd", best.usd ? PointJson(t, *best.usd) : Json(nullptr)},
          {"by_joule", best.joule ? PointJson(t, *best.joule) : Json(nullptr)},
          {"elasticities", std::move(elasticities)}};
}

}  // namespace

Result<JointTable> ComputeJoint(const SpaceText& space, std::uint64_t evaluations,
                                std::uint64_t seed, const catalog::Catalog& catalog,
                                const calibrate::Model& fitted) {
  JointTable out;
  out.space = space;
  out.seed = seed;
  RS_ASSIGN_OR_RETURN(out.shapes, ShapesOf(space, catalog));
  if (!space.chip) {
    return Error{ErrorCode::kInvalidArgument,
                 fmt::format("{}: chip: is missing: say what a chip may be and what its parts "
                             "cost, or ask for --portability between machines",
                             space.path)};
  }
  RS_ASSIGN_OR_RETURN(const codesign::ChipSpace chips, ChipsOf(*space.chip, catalog));
  for (const auto& fabric : chips.fabrics) out.fabrics.push_back(fabric.name);
  RS_ASSIGN_OR_RETURN(const catalog::Engine* engine,
                      catalog::FindEngine(catalog, space.chip->engine));
  codesign::Wish common = CommonWish(space.input, space.output, fitted);
  common.engines = {{perf::EngineClassOf(engine->entry.id), codesign::LimitsOf(*engine), {}}};
  codesign::JointAsk ask;
  ask.chips = &chips;
  for (const catalog::Model& model : out.shapes.models) ask.shapes.push_back(&model);
  ask.precision = space.precision;
  ask.common = &common;
  ask.ttft_limit_s = space.ttft_s;
  ask.evaluations = evaluations;
  ask.seed = seed;
  const unsigned threads = std::max(std::thread::hardware_concurrency(), 1U);
  const codesign::SearchOptions options{true, threads, OnThreads(threads)};
  auto found = codesign::SearchJointly(ask, options);
  if (!found) return found.error().In(space.path);
  out.found = *std::move(found);
  for (const double speed : space.speeds_tps) {
    JointBest best{speed, BestAt(out.found.front, speed, 1), BestAt(out.found.front, speed, 2), {}};
    if (best.usd) {
      RS_ASSIGN_OR_RETURN(best.elasticities, ElasticitiesOf(*best.usd, ask, speed, seed, options));
    }
    out.best.push_back(std::move(best));
  }
  return out;
}

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

Json JointJson(const JointTable& t) {
  Json front = Json::array();
  for (const JointPoint& p : t.found.front) front.push_back(PointJson(t, p));
  Json best = Json::array();
  for (const JointBest& b : t.best) best.push_back(BestJson(t, b));
  Json stated = Json::array();
  for (const Stated& one : t.space.stated) {
    stated.push_back({{"what", one.what}, {"source", one.source}});
  }
  Json refused = Json::array();
  for (const auto& r : t.shapes.refused) refused.push_back({{"name", r.name}, {"why", r.why}});
  return {{"schema", "roofscape-codesign-1"},
          {"name", t.space.name},
          {"quality", codesign::QualityText(t.space.quality)},
          {"seed", t.seed},
          {"configurations", t.found.evaluated},
          {"chips", t.found.chips},
          {"stated", std::move(stated)},
          {"refused", std::move(refused)},
          {"front", std::move(front)},
          {"best", std::move(best)}};
}

}  // namespace roofscape::cli
