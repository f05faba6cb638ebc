#include "service/study/joint.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "model/codesign/launch.h"
#include "service/study/links.h"
#include "service/study/served_json.h"

namespace roofscape::study {
namespace {

using codesign::JointPoint;

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

Json BestJson(const JointTable& t, const JointBest& best) {
  Json elasticities = Json::array();
  for (const codesign::Elasticity& e : best.elasticities) {
    elasticities.push_back({{"input", e.input},
                            {"value", NumberOrNull(e.value)},
                            {"low80", NumberOrNull(e.low80)},
                            {"high80", NumberOrNull(e.high80)}});
  }
  return {{"interactivity_tps", best.speed_tps},
          {"by_usd", best.usd ? PointJson(t, *best.usd) : Json(nullptr)},
          {"by_joule", best.joule ? PointJson(t, *best.joule) : Json(nullptr)},
          {"elasticities", std::move(elasticities)}};
}

}  // namespace

Result<JointTable> ComputeJoint(const SpaceText& space, std::uint64_t evaluations,
                                std::uint64_t seed, const Means& means) {
  JointTable out;
  out.space = space;
  out.seed = seed;
  RS_ASSIGN_OR_RETURN(out.shapes, ShapesOf(space, means.catalog));
  if (!space.chip) {
    return Error{ErrorCode::kInvalidArgument,
                 fmt::format("{}: chip: is missing: say what a chip may be and what its parts "
                             "cost, or ask for --portability between machines",
                             space.path)};
  }
  RS_ASSIGN_OR_RETURN(const codesign::ChipSpace chips, ChipsOf(*space.chip, means.catalog));
  for (const auto& fabric : chips.fabrics) out.fabrics.push_back(fabric.name);
  RS_ASSIGN_OR_RETURN(const catalog::Engine* engine,
                      catalog::FindEngine(means.catalog, space.chip->engine));
  codesign::Wish common = CommonWish(space.input, space.output, means.fitted);
  common.engines = {{perf::EngineClassOf(engine->entry.id), codesign::LimitsOf(*engine), {}}};
  codesign::JointAsk ask;
  ask.chips = &chips;
  for (const catalog::Model& model : out.shapes.models) ask.shapes.push_back(&model);
  ask.precision = space.precision;
  ask.common = &common;
  ask.ttft_limit_s = space.ttft_s;
  ask.evaluations = evaluations;
  ask.seed = seed;
  auto found = codesign::SearchJointly(ask, means.search);
  if (!found) return found.error().In(space.path);
  out.found = *std::move(found);
  for (const double speed : space.speeds_tps) {
    JointBest best{speed, BestAt(out.found.front, speed, 1), BestAt(out.found.front, speed, 2), {}};
    RS_RETURN_IF_ERROR(means.Continue());
    if (best.usd) {
      RS_ASSIGN_OR_RETURN(best.elasticities,
                          ElasticitiesOf(*best.usd, ask, speed, seed, means.search));
    }
    out.best.push_back(std::move(best));
  }
  return out;
}

Json JointJson(const JointTable& t) {
  Json front = Json::array();
  for (const JointPoint& p : t.found.front) front.push_back(PointJson(t, p));
  Json best = Json::array();
  for (const JointBest& b : t.best) best.push_back(BestJson(t, b));
  Json refused = Json::array();
  for (const auto& r : t.shapes.refused) refused.push_back({{"name", r.name}, {"why", r.why}});
  return {{"schema", "roofscape-codesign-1"},
          {"name", t.space.name},
          {"quality", codesign::QualityText(t.space.quality)},
          {"seed", t.seed},
          {"configurations", t.found.evaluated},
          {"chips", t.found.chips},
          {"stated", StatedJson(t.space.stated)},
          {"refused", std::move(refused)},
          {"front", std::move(front)},
          {"best", std::move(best)}};
}

}  // namespace roofscape::study
