#include "cli/codesign_attribute.h"

#include <algorithm>
#include <limits>
#include <thread>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/core/document.h"
#include "cli/catalog_source.h"
#include "cli/chip_weight.h"
#include "cli/codesign_space.h"
#include "cli/model_source.h"
#include "cli/parallel.h"
#include "cli/price_options.h"
#include "cli/table.h"
#include "cli/write_file.h"
#include "model/calibrate/measured_gain.h"
#include "model/codesign/elasticity.h"
#include "model/codesign/launch.h"
#include "model/codesign/mixture.h"

namespace roofscape::cli {
namespace {

/// One file.
struct Description {
  std::string name, model, chip, engine, precision, mode = "aggregated";
  std::int64_t chips = 8;
  std::int64_t stages = 1;
  double token_budget = 8192.0;
  bool mtp = false;
  std::optional<perf::Layout> layout;
  PriceOptions prices;
};

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

Result<Description> ReadDescription(const std::string& path) {
  RS_ASSIGN_OR_RETURN(const std::string text, ReadFlagFile("--attribute", path));
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

Result<codesign::Serving> ServingOf(const Description& d, const AttributeOptions& options,
                                    const catalog::Catalog& catalog, WallTime now,
                                    Spending& spending) {
  RS_ASSIGN_OR_RETURN(const catalog::Chip* chip, catalog::FindChip(catalog, d.chip));
  RS_ASSIGN_OR_RETURN(const catalog::Engine* engine, catalog::FindEngine(catalog, d.engine));
  RS_ASSIGN_OR_RETURN(const analysis::Pricing pricing, PricingOf(d.prices, catalog, now));
  codesign::Serving s;
  RS_ASSIGN_OR_RETURN(s.chip.machine, perf::MakeMachine(catalog, *chip));
  s.chip.maker = chip->vendor;
  s.chip.most = d.chips;
  RS_ASSIGN_OR_RETURN(s.chip.weight, ChipWeight(options.objective, *chip, pricing, spending));
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

/// 80 % of the draws.
struct Spread {
  double low = 0.0, high = 0.0;
};

/// What is not known of coefficients does to a split.
struct Intervals {
  Spread gain;
  std::vector<Spread> shares;  // As the layers.
  int draws = 0;
};

/// What rows say of it.
struct Evidence {
  calibrate::MeasuredGain gain;
  std::vector<std::string> layers;  // Of each axis, joined by " x ".
  std::vector<double> modelled;     // The product of their shares.
};

Result<Split> SplitGain(codesign::Mixtures& mixtures) {
  const unsigned threads = std::max(std::thread::hardware_concurrency(), 1U);
  const codesign::SearchOptions search{true, threads, OnThreads(threads)};
  Split out;
  const auto value = [&](codesign::Mix mix) -> Result<double> {
    RS_ASSIGN_OR_RETURN(const double v, mixtures.ValueOf(mix, search));
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

/// The two ends of an attribution, and what is common to both.
struct Ask {
  const codesign::Wish& common;
  const codesign::Serving& a;
  const codesign::Serving& b;
  double ttft_limit_s;
  perf::KernelBook* book;
};

/// The same split under drawn coefficients. A draw under which some mixture does not reach the
/// target says nothing of its shares and is drawn again, for a while.
Result<std::optional<Intervals>> Draw(const Ask& ask, const AttributeOptions& options) {
  std::vector<double> gains;
  std::vector<std::vector<double>> shares;
  for (int draw = 1; draw <= 2 * options.draws; ++draw) {
    if (static_cast<int>(gains.size()) == options.draws) break;
    codesign::Wish common = ask.common;
    common.coefficients = [&](const perf::Setting& setting) {
      return codesign::DrawCoefficients(ask.common.coefficients(setting), options.seed,
                                        static_cast<std::uint64_t>(draw));
    };
    codesign::Mixtures mixtures(common, ask.a, ask.b, options.interactivity, ask.ttft_limit_s,
                                ask.book);
    const Result<Split> split = SplitGain(mixtures);
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

Result<Evidence> FindEvidence(const AttributeOptions& options, const catalog::Catalog& catalog,
                              const catalog::Model& model, const Description& a,
                              const Description& b, const Split& split) {
  RS_ASSIGN_OR_RETURN(const CalibrationRows rows, LoadCalibrationRows(options.rows, catalog));
  calibrate::MeasuredAsk ask;
  ask.model = model.entry.id;
  ask.input = options.input;
  ask.output = options.output;
  ask.tpot_limit_s = 1.0 / options.interactivity;
  ask.ttft_limit_s =
      options.ttft_ms > 0.0 ? options.ttft_ms * 1e-3 : std::numeric_limits<double>::infinity();
  RS_ASSIGN_OR_RETURN(ask.a, SetupOf(a, catalog, model));
  RS_ASSIGN_OR_RETURN(ask.b, SetupOf(b, catalog, model));
  std::vector<std::optional<double>> tput;
  for (const calibrate::Case& c : rows.cases) tput.push_back(rows.rows.rows[c.row].tput_per_chip);
  Evidence out{calibrate::MeasureGain(rows.cases, ask, tput), {}, {}};
  for (const calibrate::AxisGain& axis : out.gain.axes) {
    std::string names;
    double product = 1.0;
    for (const std::string& layer : LayersOf(axis.axis, ask.a[1] != ask.b[1])) {
      const auto at = std::find(split.layers.begin(), split.layers.end(), layer);
      if (at == split.layers.end()) continue;
      names += (names.empty() ? "" : " x ") + layer;
      product *=
          split.attribution.factors[static_cast<std::size_t>(at - split.layers.begin())].share;
    }
    out.layers.push_back(names);
    out.modelled.push_back(product);
  }
  return out;
}

struct SplitReport {
  const Split& split;
  const Description& a;
  const Description& b;
  const Spending& spending;
  const std::optional<Intervals>& intervals;
  const std::optional<Evidence>& evidence;
};

bool Measured(const SplitReport& r, const std::string& layer) {
  if (!r.evidence) return false;
  for (const std::string& names : r.evidence->layers) {
    if ((" x " + names + " x ").find(" x " + layer + " x ") != std::string::npos) return true;
  }
  return false;
}

std::string EvidenceText(const Evidence& e, const Style& style) {
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

std::string SplitText(const SplitReport& r, const Style& style) {
  const Split& split = r.split;
  std::string text =
      fmt::format("A  {}: {} {} ({})\nB  {}: {} {} ({})\nB over A: {:.3g} times.\n", r.a.name,
                  FormatNumber(split.a), r.spending.name, split.plan_a, r.b.name,
                  FormatNumber(split.b), r.spending.name, split.plan_b, split.attribution.gain);
  if (r.intervals) {
    text += fmt::format("80 % of {} draws of coefficients: {:.3g} to {:.3g} times.\n",
                        r.intervals->draws, r.intervals->gain.low, r.intervals->gain.high);
  }
  if (!r.spending.source.empty()) {
    text += Wrap("Spent: " + r.spending.source + ".", style.width, 0) + "\n";
  }
  std::vector<Column> columns = {
      {"layer", Align::kLeft, false}, {"share\nx"}, {"least of\nall orders"}, {"most"}};
  if (r.intervals) columns.push_back({"80 % of\ndraws"});
  if (r.evidence) columns.push_back({"", Align::kLeft, false});
  Table table(columns);
  for (std::size_t i = 0; i < split.layers.size(); ++i) {
    const codesign::Factor& f = split.attribution.factors[i];
    std::vector<std::string> cells = {split.layers[i], fmt::format("{:.3f}", f.share),
                                      fmt::format("{:.3f}", f.least),
                                      fmt::format("{:.3f}", f.most)};
    if (r.intervals) {
      const Spread& s = r.intervals->shares[i];
      cells.push_back(fmt::format("{:.2f} to {:.2f}", s.low, s.high));
    }
    if (r.evidence) cells.emplace_back(Measured(r, split.layers[i]) ? "measured, see below" : "");
    table.AddRow(std::move(cells));
  }
  text += "\n" + table.ToText(style);
  if (!r.evidence) {
    return text +
           "\nShares multiply to the gain. All are modelled by the formulas: none is measured.\n";
  }
  return text + "\nShares multiply to the gain and are modelled by the formulas.\n\n" +
         EvidenceText(*r.evidence, style);
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

Json SplitJson(const SplitReport& r) {
  const Split& split = r.split;
  Json layers = Json::array();
  const std::size_t n = split.layers.size();
  for (std::size_t i = 0; i < n; ++i) {
    const codesign::Factor& f = split.attribution.factors[i];
    Json together = Json::object();
    for (std::size_t j = 0; j < n; ++j) {
      if (i != j) together[split.layers[j]] = split.attribution.together[i * n + j];
    }
    layers.push_back({{"layer", split.layers[i]},
                      {"share", f.share},
                      {"least", f.least},
                      {"most", f.most},
                      {"low80", r.intervals ? Json(r.intervals->shares[i].low) : Json(nullptr)},
                      {"high80", r.intervals ? Json(r.intervals->shares[i].high) : Json(nullptr)},
                      {"measured", Measured(r, split.layers[i])},
                      {"log_together", std::move(together)}});
  }
  return {{"schema", "roofscape-attribution-1"},
          {"objective", r.spending.key},
          {"spent", r.spending.source},
          {"a", {{"name", r.a.name}, {"value", split.a}, {"plan", split.plan_a}}},
          {"b", {{"name", r.b.name}, {"value", split.b}, {"plan", split.plan_b}}},
          {"gain", split.attribution.gain},
          {"gain_low80", r.intervals ? Json(r.intervals->gain.low) : Json(nullptr)},
          {"gain_high80", r.intervals ? Json(r.intervals->gain.high) : Json(nullptr)},
          {"layers", std::move(layers)},
          {"measured", EvidenceJson(r.evidence)}};
}

}  // namespace

Result<> Attribute(const AttributeOptions& options, WallTime now) {
  RS_ASSIGN_OR_RETURN(const catalog::Catalog catalog, LoadCatalog(options.catalog));
  RS_ASSIGN_OR_RETURN(const calibrate::Model fitted, LoadModel(options.params));
  RS_ASSIGN_OR_RETURN(const auto kernels, LoadKernels());
  RS_ASSIGN_OR_RETURN(const Description a, ReadDescription(options.files[0]));
  RS_ASSIGN_OR_RETURN(const Description b, ReadDescription(options.files[1]));
  RS_ASSIGN_OR_RETURN(const catalog::Model* model, catalog::FindModel(catalog, a.model));
  RS_ASSIGN_OR_RETURN(const catalog::Model* other, catalog::FindModel(catalog, b.model));
  if (model->entry.id != other->entry.id) {
    return Error{
        ErrorCode::kInvalidArgument,
        fmt::format("'{}' and '{}' are different models, and nothing says that they answer "
                    "equally well: a smaller one would win by being smaller. Give both "
                    "files one model",
                    model->entry.id, other->entry.id)};
  }
  Spending spending = SpendingOf(options.objective);
  RS_ASSIGN_OR_RETURN(const auto sa, ServingOf(a, options, catalog, now, spending));
  RS_ASSIGN_OR_RETURN(const auto sb, ServingOf(b, options, catalog, now, spending));
  codesign::Wish common = CommonWish(options.input, options.output, fitted);
  common.model = model;
  const double ttft_limit_s =
      options.ttft_ms > 0.0 ? options.ttft_ms * 1e-3 : std::numeric_limits<double>::infinity();
  codesign::Mixtures mixtures(common, sa, sb, options.interactivity, ttft_limit_s, &kernels->book);
  RS_ASSIGN_OR_RETURN(const Split split, SplitGain(mixtures));
  std::optional<Intervals> intervals;
  if (options.draws > 0) {
    RS_ASSIGN_OR_RETURN(intervals, Draw({common, sa, sb, ttft_limit_s, &kernels->book}, options));
  }
  std::optional<Evidence> evidence;
  if (!options.rows.empty()) {
    RS_ASSIGN_OR_RETURN(evidence, FindEvidence(options, catalog, *model, a, b, split));
  }
  const SplitReport report{split, a, b, spending, intervals, evidence};
  if (options.json) {
    fmt::print("{}\n", SplitJson(report).dump(2));
  } else {
    fmt::print("{}", SplitText(report, StyleOf(stdout)));
  }
  return {};
}

}  // namespace roofscape::cli
