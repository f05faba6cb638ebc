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

std::string SplitText(const Split& split, const Description& a, const Description& b,
                      const Spending& spending, const Style& style) {
  std::string text =
      fmt::format("A  {}: {} {} ({})\nB  {}: {} {} ({})\nB over A: {:.3g} times.\n", a.name,
                  FormatNumber(split.a), spending.name, split.plan_a, b.name, FormatNumber(split.b),
                  spending.name, split.plan_b, split.attribution.gain);
  if (!spending.source.empty()) {
    text += Wrap("Spent: " + spending.source + ".", style.width, 0) + "\n";
  }
  Table table({{"layer", Align::kLeft, false}, {"share\nx"}, {"least of\nall orders"}, {"most"}});
  for (std::size_t i = 0; i < split.layers.size(); ++i) {
    const codesign::Factor& f = split.attribution.factors[i];
    table.AddRow({split.layers[i], fmt::format("{:.3f}", f.share), fmt::format("{:.3f}", f.least),
                  fmt::format("{:.3f}", f.most)});
  }
  return text + "\n" + table.ToText(style) +
         "\nShares multiply to the gain. All are modelled by the formulas: none is measured.\n";
}

Json SplitJson(const Split& split, const Description& a, const Description& b,
               const Spending& spending) {
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
                      {"log_together", std::move(together)}});
  }
  return {{"schema", "roofscape-attribution-1"},
          {"objective", spending.key},
          {"spent", spending.source},
          {"a", {{"name", a.name}, {"value", split.a}, {"plan", split.plan_a}}},
          {"b", {{"name", b.name}, {"value", split.b}, {"plan", split.plan_b}}},
          {"gain", split.attribution.gain},
          {"layers", std::move(layers)}};
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
  if (options.json) {
    fmt::print("{}\n", SplitJson(split, a, b, spending).dump(2));
  } else {
    fmt::print("{}", SplitText(split, a, b, spending, StyleOf(stdout)));
  }
  return {};
}

}  // namespace roofscape::cli
