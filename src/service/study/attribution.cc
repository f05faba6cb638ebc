#include "service/study/attribution.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/core/document.h"
#include "model/codesign/elasticity.h"
#include "model/codesign/launch.h"
#include "model/codesign/mixture.h"
#include "service/study/space.h"

namespace roofscape::study {
namespace {

perf::Layout ReadLayout(ObjectReader& reader) {
  double tp = 1.0;
  perf::Layout layout;
  reader.Optional("tp", tp);
  reader.Optional("dp", layout.dp);
  reader.Optional("ep", layout.ep);
  reader.Optional("pp", layout.pp);
  for (const double degree : {tp, layout.dp, layout.ep, layout.pp}) {
    if (!(degree >= 1.0)) reader.Fail("tp", "and dp, ep and pp must be at least 1");
  }
  layout.chips = tp * layout.dp * layout.pp;
  return layout;
}

Result<codesign::Serving> ServingOf(const Description& d, const AttributionAsk& ask,
                                    const Means& means, analysis::Spending& spending) {
  RS_ASSIGN_OR_RETURN(const catalog::Chip* chip, catalog::FindChip(means.catalog, d.chip));
  RS_ASSIGN_OR_RETURN(const catalog::Engine* engine, catalog::FindEngine(means.catalog, d.engine));
  RS_ASSIGN_OR_RETURN(const analysis::Pricing pricing,
                      analysis::PricingOf(d.prices, means.catalog, means.now));
  codesign::Serving s;
  RS_ASSIGN_OR_RETURN(s.chip.machine, perf::MakeMachine(means.catalog, *chip));
  s.chip.maker = chip->vendor;
  s.chip.most = d.chips;
  RS_ASSIGN_OR_RETURN(s.chip.weight, analysis::ChipWeight(ask.objective, *chip, pricing, spending));
  s.engine = {perf::EngineClassOf(engine->entry.id), codesign::LimitsOf(*engine),
              engine->launch ? engine->launch->makers : std::vector<std::string>()};
  s.precision = d.precision;
  s.token_budget = d.token_budget;
  s.drafts = d.mtp ? 2.0 : 0.0;
  s.aggregated = d.mode != "disaggregated";
  s.disaggregated = d.mode != "aggregated";
  s.most_stages = d.stages;
  s.layout = d.layout;
  return s;
}

struct Split {
  std::vector<std::string> layers;
  codesign::Attribution attribution;
  double a = 0.0, b = 0.0;  // Values.
  std::string plan_a, plan_b;
};

/// `round` of `rounds`: a split takes as long as the next.
Result<Split> SplitGain(codesign::Mixtures& mixtures, const Means& means, int round, int rounds) {
  Split out;
  const auto mixes = static_cast<double>(std::size_t{1} << mixtures.differing().size());
  const auto value = [&](codesign::Mix mix) -> Result<double> {
    RS_RETURN_IF_ERROR(means.Continue());
    RS_ASSIGN_OR_RETURN(const double v, mixtures.ValueOf(mix, means.search));
    means.Tell((round + static_cast<double>(mix + 1) / mixes) / rounds);
    if (mix == 0) {
      out.a = v;
      out.plan_a = mixtures.last_plan();
    }
    out.b = v;  // The last one is B.
    out.plan_b = mixtures.last_plan();
    if (v > 0.0) return v;
    std::string of_b;
    for (std::size_t i = 0; i < mixtures.differing().size(); ++i) {
      if ((mix >> i & 1U) == 0) continue;
      of_b += (of_b.empty() ? "" : ", ") + std::string(Name(mixtures.differing()[i]));
    }
    const std::string which = of_b.empty() ? "A" : fmt::format("A with B's {}", of_b);
    return Error{ErrorCode::kInvalidArgument,
                 fmt::format("{} does not reach the target in any allowed layout: choose a slower "
                             "one",
                             which)};
  };
  for (const codesign::ServingLayer layer : mixtures.differing()) {
    out.layers.emplace_back(Name(layer));
  }
  RS_ASSIGN_OR_RETURN(out.attribution, codesign::Attribute(out.layers.size(), value));
  return out;
}

double Quantile(std::vector<double> values, double q) {
  std::sort(values.begin(), values.end());
  const double at = q * static_cast<double>(values.size() - 1);
  const auto below = static_cast<std::size_t>(at);
  const std::size_t above = std::min(below + 1, values.size() - 1);
  return values[below] + (at - static_cast<double>(below)) * (values[above] - values[below]);
}

Spread SpreadOf(const std::vector<double>& values) {
  return {Quantile(values, 0.1), Quantile(values, 0.9)};
}

/// The two ends, and what is common to both.
struct Ends {
  const codesign::Wish& common;
  const codesign::Serving& a;
  const codesign::Serving& b;
};

/// The same split under drawn coefficients. A draw under which some mixture does not reach the
/// target says nothing of its shares and is drawn again, for a while.
Result<std::optional<Intervals>> Draw(const Ends& ends, const AttributionAsk& ask,
                                      const Means& means) {
  std::vector<double> gains;
  std::vector<std::vector<double>> shares;
  for (int draw = 1; draw <= 2 * ask.draws; ++draw) {
    if (static_cast<int>(gains.size()) == ask.draws) break;
    codesign::Wish common = ends.common;
    common.coefficients = [&](const perf::Setting& setting) {
      return codesign::DrawCoefficients(ends.common.coefficients(setting), ask.seed,
                                        static_cast<std::uint64_t>(draw));
    };
    codesign::Mixtures mixtures(common, ends.a, ends.b, ask.interactivity_tps, ask.ttft_limit_s,
                                means.book);
    const Result<Split> split = SplitGain(mixtures, means, draw, ask.draws + 1);
    RS_RETURN_IF_ERROR(means.Continue());
    if (!split) continue;
    gains.push_back(split->attribution.gain);
    shares.resize(split->layers.size());
    for (std::size_t i = 0; i < shares.size(); ++i) {
      shares[i].push_back(split->attribution.factors[i].share);
    }
  }
  if (gains.size() < 3) return std::optional<Intervals>();
  Intervals out{SpreadOf(gains), {}, static_cast<int>(gains.size())};
  for (const auto& of_layer : shares) out.shares.push_back(SpreadOf(of_layer));
  return std::optional<Intervals>(std::move(out));
}

/// As rows name it.
Result<calibrate::Setup> SetupOf(const Description& d, const catalog::Catalog& catalog,
                                 const catalog::Model& model) {
  RS_ASSIGN_OR_RETURN(const catalog::Chip* chip, catalog::FindChip(catalog, d.chip));
  RS_ASSIGN_OR_RETURN(const catalog::Engine* engine, catalog::FindEngine(catalog, d.engine));
  RS_ASSIGN_OR_RETURN(const perf::Formats formats, perf::FormatsOf(model, d.precision));
  constexpr const char* kEngines[perf::kEngineClasses] = {"other", "vllm", "sglang", "trtllm"};
  return calibrate::Setup{chip->entry.id, kEngines[perf::EngineClassOf(engine->entry.id)],
                          std::string(perf::Name(formats.experts)), d.mode, d.mtp ? "mtp" : "none"};
}

/// Layers that change with an axis of what rows tell apart.
std::vector<std::string> LayersOf(calibrate::SetupAxis axis, bool engines_differ) {
  using enum calibrate::SetupAxis;
  switch (axis) {
    case kChip:
      if (engines_differ) return {"silicon", "memory", "fabric"};
      return {"silicon", "memory", "fabric", "kernels"};
    case kEngine: return {"kernels"};
    case kPrecision: return {"precision"};
    case kMode: return {"disaggregation"};
    case kDrafts: return {"speculation"};
    case kAxes: break;
  }
  return {};
}

Json EvidenceJson(const std::optional<Evidence>& e) {
  if (!e) return nullptr;
  const auto optional = [](const std::optional<double>& v) { return v ? Json(*v) : Json(nullptr); };
  Json axes = Json::array();
  for (std::size_t i = 0; i < e->gain.axes.size(); ++i) {
    const calibrate::AxisGain& g = e->gain.axes[i];
    axes.push_back({{"axis", calibrate::Name(g.axis)},
                    {"layers", e->layers[i]},
                    {"gain", g.middle},
                    {"least", g.low},
                    {"most", g.high},
                    {"pairs", g.pairs},
                    {"modelled", e->modelled[i]}});
  }
  return {{"a_tps_per_chip", optional(e->gain.a)},
          {"b_tps_per_chip", optional(e->gain.b)},
          {"axes", std::move(axes)}};
}

/// The layers one on top of the other, the largest share first: from 1 to the gain.
Json WaterfallJson(const AttributionTable& t) {
  std::vector<std::size_t> order(t.layers.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t i, std::size_t j) {
    return t.split.factors[i].share > t.split.factors[j].share;
  });
  Json steps = Json::array();
  double at = 1.0;
  for (const std::size_t i : order) {
    const double next = at * t.split.factors[i].share;
    const Spread* s = t.intervals ? &t.intervals->shares[i] : nullptr;
    steps.push_back({{"layer", t.layers[i]},
                     {"from", at},
                     {"to", next},
                     {"low80", s != nullptr ? Json(at * s->low) : Json(nullptr)},
                     {"high80", s != nullptr ? Json(at * s->high) : Json(nullptr)}});
    at = next;
  }
  return steps;
}

Json EndJson(const AttributionTable& t, const Description& d, double value,
             const std::string& plan) {
  return {{"name", d.name},
          {"value", value},
          {"usd_per_mtok", t.ask.objective == "usd" ? Json(1e6 / value) : Json(nullptr)},
          {"plan", plan}};
}

}  // namespace

Result<Description> ParseDescription(std::string_view text, const std::string& path) {
  RS_ASSIGN_OR_RETURN(const Document document, ParseToml(text, path));
  Description d;
  d.name = path;
  ObjectReader reader(document);
  reader.Optional("name", d.name);
  reader.Required("model", d.model);
  reader.Required("chip", d.chip);
  reader.Required("engine", d.engine);
  reader.Optional("precision", d.precision);
  reader.Optional("mode", d.mode);
  reader.Optional("chips", d.chips);
  reader.Optional("stages", d.stages);
  reader.Optional("token_budget", d.token_budget);
  reader.Optional("mtp", d.mtp);
  reader.Optional("tier", d.prices.tier);
  reader.Optional("date", d.prices.date);
  reader.ReadInside("layout", [&](ObjectReader& inside) { d.layout = ReadLayout(inside); });
  if (d.mode != "aggregated" && d.mode != "disaggregated" && d.mode != "any") {
    reader.Fail("mode", "must be aggregated, disaggregated or any");
  }
  if (d.chips < 1 || d.chips > 4096) reader.Fail("chips", "must be 1 to 4096");
  if (d.stages < 1 || d.stages > 64) reader.Fail("stages", "must be 1 to 64");
  if (!(d.token_budget >= 16.0)) reader.Fail("token_budget", "must be at least 16");
  RS_RETURN_IF_ERROR(reader.Finish());
  return d;
}

Result<AttributionTable> ComputeAttribution(const AttributionAsk& ask, const Means& means) {
  RS_ASSIGN_OR_RETURN(const catalog::Model* model, catalog::FindModel(means.catalog, ask.a.model));
  RS_ASSIGN_OR_RETURN(const catalog::Model* other, catalog::FindModel(means.catalog, ask.b.model));
  if (model->entry.id != other->entry.id) {
    return Error{
        ErrorCode::kInvalidArgument,
        fmt::format("'{}' and '{}' are different models, and nothing says that they answer "
                    "equally well: a smaller one would win by being smaller. Give both "
                    "files one model",
                    model->entry.id, other->entry.id)};
  }
  AttributionTable out;
  out.ask = ask;
  out.model = model->entry.id;
  out.spending = analysis::SpendingOf(ask.objective);
  RS_ASSIGN_OR_RETURN(const auto a, ServingOf(ask.a, ask, means, out.spending));
  RS_ASSIGN_OR_RETURN(const auto b, ServingOf(ask.b, ask, means, out.spending));
  codesign::Wish common = CommonWish(ask.input, ask.output, means.fitted);
  common.model = model;
  codesign::Mixtures mixtures(common, a, b, ask.interactivity_tps, ask.ttft_limit_s, means.book);
  RS_ASSIGN_OR_RETURN(Split split, SplitGain(mixtures, means, 0, ask.draws + 1));
  out.layers = std::move(split.layers);
  out.split = std::move(split.attribution);
  out.a = split.a;
  out.b = split.b;
  out.plan_a = std::move(split.plan_a);
  out.plan_b = std::move(split.plan_b);
  if (ask.draws > 0) {
    RS_ASSIGN_OR_RETURN(out.intervals, Draw({common, a, b}, ask, means));
  }
  return out;
}

Result<Evidence> FindEvidence(const AttributionTable& t, const catalog::Catalog& catalog,
                              std::span<const calibrate::Case> cases,
                              const std::vector<std::optional<double>>& tput_per_chip) {
  RS_ASSIGN_OR_RETURN(const catalog::Model* model, catalog::FindModel(catalog, t.model));
  calibrate::MeasuredAsk ask;
  ask.model = t.model;
  ask.input = t.ask.input;
  ask.output = t.ask.output;
  ask.tpot_limit_s = 1.0 / t.ask.interactivity_tps;
  ask.ttft_limit_s = t.ask.ttft_limit_s;
  RS_ASSIGN_OR_RETURN(ask.a, SetupOf(t.ask.a, catalog, *model));
  RS_ASSIGN_OR_RETURN(ask.b, SetupOf(t.ask.b, catalog, *model));
  Evidence out{calibrate::MeasureGain(cases, ask, tput_per_chip), {}, {}};
  for (const calibrate::AxisGain& axis : out.gain.axes) {
    std::string names;
    double product = 1.0;
    for (const std::string& layer : LayersOf(axis.axis, ask.a[1] != ask.b[1])) {
      const auto at = std::find(t.layers.begin(), t.layers.end(), layer);
      if (at == t.layers.end()) continue;
      names += (names.empty() ? "" : " x ") + layer;
      product *= t.split.factors[static_cast<std::size_t>(at - t.layers.begin())].share;
    }
    out.layers.push_back(names);
    out.modelled.push_back(product);
  }
  return out;
}

bool IsMeasured(const std::optional<Evidence>& evidence, std::string_view layer) {
  if (!evidence) return false;
  return std::any_of(evidence->layers.begin(), evidence->layers.end(),
                     [&](const std::string& names) {
                       const std::string whole = " x " + names + " x ";
                       return whole.find(fmt::format(" x {} x ", layer)) != std::string::npos;
                     });
}

std::string_view GroundOf(std::string_view layer) {
  for (const std::string_view published : {"silicon", "memory", "fabric", "price"}) {
    if (layer == published) return "published";
  }
  return "fitted";
}

Json AttributionJson(const AttributionTable& t, const std::optional<Evidence>& evidence) {
  Json layers = Json::array();
  const std::size_t n = t.layers.size();
  for (std::size_t i = 0; i < n; ++i) {
    const codesign::Factor& f = t.split.factors[i];
    Json together = Json::object();
    Json times = Json::object();
    for (std::size_t j = 0; j < n; ++j) {
      if (i == j) continue;
      together[t.layers[j]] = t.split.together[i * n + j];
      times[t.layers[j]] = std::exp(t.split.together[i * n + j]);
    }
    layers.push_back({{"layer", t.layers[i]},
                      {"share", f.share},
                      {"least", f.least},
                      {"most", f.most},
                      {"low80", t.intervals ? Json(t.intervals->shares[i].low) : Json(nullptr)},
                      {"high80", t.intervals ? Json(t.intervals->shares[i].high) : Json(nullptr)},
                      {"measured", IsMeasured(evidence, t.layers[i])},
                      {"ground", GroundOf(t.layers[i])},
                      {"log_together", std::move(together)},
                      {"times_together", std::move(times)}});
  }
  return {{"schema", "roofscape-attribution-1"},
          {"objective", t.spending.key},
          {"spent", t.spending.source},
          {"a", EndJson(t, t.ask.a, t.a, t.plan_a)},
          {"b", EndJson(t, t.ask.b, t.b, t.plan_b)},
          {"model", t.model},
          {"interactivity_tps", t.ask.interactivity_tps},
          {"gain", t.split.gain},
          {"gain_low80", t.intervals ? Json(t.intervals->gain.low) : Json(nullptr)},
          {"gain_high80", t.intervals ? Json(t.intervals->gain.high) : Json(nullptr)},
          {"draws", t.intervals ? t.intervals->draws : 0},
          {"layers", std::move(layers)},
          {"waterfall", WaterfallJson(t)},
          {"measured", EvidenceJson(evidence)}};
}

}  // namespace roofscape::study
