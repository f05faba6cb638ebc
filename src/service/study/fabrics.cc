#include "service/study/fabrics.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "model/codesign/launch.h"
#include "model/perf/travel.h"
#include "service/study/links.h"
#include "service/study/served_json.h"

namespace roofscape::study {
namespace {

constexpr double kMostChips = 1024.0;

void CheckCounts(ObjectReader& reader, const FabricsText& t) {
  if (t.chips < 1 || t.chips > 1024) reader.Fail("chips", "must be 1 to 1024");
  if (!(t.tokens_per_chip >= 1.0)) reader.Fail("tokens_per_chip", "must be at least 1");
  if (!(t.input >= 1.0)) reader.Fail("input_tokens", "must be at least 1");
  if (!(t.output >= 2.0)) reader.Fail("output_tokens", "must be at least 2");
  const bool slow =
      std::any_of(t.speeds_tps.begin(), t.speeds_tps.end(), [](double v) { return !(v > 0.0); });
  if (t.speeds_tps.empty() || slow) reader.Fail("interactivity", "must be tokens/s above 0");
  const bool none = std::any_of(t.domains.begin(), t.domains.end(),
                                [](double v) { return !(v >= 1.0 && v <= kMostChips); });
  if (t.domains.empty() || none) reader.Fail("domains", "must be chips, each 1 to 1024");
  if (t.fabrics.empty()) reader.Fail("fabrics", "needs one of the catalog");
  if (t.objective != "chip" && t.objective != "usd" && t.objective != "kwh") {
    reader.Fail("objective", "must be chip, usd or kwh");
  }
}

/// 1, 2, 4 ... chips.
std::vector<double> Doublings(std::int64_t most) {
  std::vector<double> all;
  for (std::int64_t n = 2; n <= most; n *= 2) all.push_back(static_cast<double>(n));
  return all;
}

struct Common {
  const catalog::Model* model;
  codesign::Wish wish;
  codesign::Target target;  // But for the links.
  perf::Formats formats;
};

Result<Common> CommonOf(const FabricsText& t, const Means& means, analysis::Spending& spending) {
  Common c{nullptr, CommonWish(t.input, t.output, means.fitted), {}, {}};
  RS_ASSIGN_OR_RETURN(c.model, catalog::FindModel(means.catalog, t.model));
  RS_ASSIGN_OR_RETURN(const catalog::Chip* chip, catalog::FindChip(means.catalog, t.chip));
  RS_ASSIGN_OR_RETURN(const catalog::Engine* engine, catalog::FindEngine(means.catalog, t.engine));
  RS_ASSIGN_OR_RETURN(const analysis::Pricing pricing,
                      analysis::PricingOf(t.prices, means.catalog, means.now));
  RS_ASSIGN_OR_RETURN(c.formats, perf::FormatsOf(*c.model, t.precision));
  c.target.precision = t.precision;
  c.target.engine = {perf::EngineClassOf(engine->entry.id), codesign::LimitsOf(*engine), {}};
  c.target.chip.most = t.chips;
  RS_ASSIGN_OR_RETURN(c.target.chip.weight,
                      analysis::ChipWeight(t.objective, *chip, pricing, spending));
  return c;
}

/// Seconds of the way to the experts and back, where every chip holds a share of them.
std::optional<double> TravelOf(const Common& c, const perf::Machine& machine, double chips,
                               double tokens) {
  if (machine.links && !machine.links->Joins(chips)) return {};
  const auto worker = perf::Lower(*c.model, {chips, chips, chips, 1.0}, c.formats);
  if (!worker) return {};
  const perf::Setting setting{c.target.engine.engine, machine.generation, perf::kBurstProtocol};
  return perf::TravelSeconds(machine, c.wish.coefficients(setting), *worker, tokens);
}

Result<FabricRow> RowOf(const FabricsTable& t, const Common& c, const std::string& fabric,
                        const Means& means) {
  RS_ASSIGN_OR_RETURN(const catalog::Chip* chip, catalog::FindChip(means.catalog, t.text.chip));
  RS_ASSIGN_OR_RETURN(const catalog::Fabric* links, catalog::FindFabric(means.catalog, fabric));
  RS_ASSIGN_OR_RETURN(const codesign::FabricOption option,
                      FabricOf(means.catalog, *chip, fabric, t.text.scale_out));
  const perf::Machine& machine = option.links;
  FabricRow row;
  row.name = option.name;
  row.topology = catalog::Name(links->topology);
  row.link_gb_s = machine.link_bandwidth / 1e9;
  row.domain_chips = machine.domain_chips;
  for (const double chips : t.spreads) {
    row.travel_s.push_back(TravelOf(c, machine, chips, t.text.tokens_per_chip));
  }
  const bool is_switch = machine.links == nullptr;
  row.domains =
      is_switch ? t.text.domains
                : std::vector{std::min(machine.domain_chips, static_cast<double>(t.text.chips))};
  for (const double domain : row.domains) {
    RS_RETURN_IF_ERROR(means.Continue());
    codesign::Target target = c.target;
    target.name = fabric;
    target.chip.machine = machine;
    target.chip.machine.chip = "not built";
    if (is_switch) target.chip.machine.domain_chips = domain;
    codesign::Portability values(c.wish, std::span(&target, 1), t.text.speeds_tps,
                                 std::numeric_limits<double>::infinity(), means.search, nullptr);
    RS_ASSIGN_OR_RETURN(codesign::ServedAt served, values.BestOf(*c.model, 0, {}, {}));
    row.served.push_back(std::move(served));
  }
  return row;
}

}  // namespace

Result<FabricsText> ParseFabrics(std::string_view text, const std::string& path) {
  RS_ASSIGN_OR_RETURN(const Document document, ParseToml(text, path));
  ObjectReader reader(document);
  FabricsText t;
  t.path = t.name = path;
  reader.Optional("name", t.name);
  reader.Required("model", t.model);
  reader.Required("chip", t.chip);
  reader.Optional("engine", t.engine);
  reader.Optional("precision", t.precision);
  reader.Optional("objective", t.objective);
  reader.Optional("chips", t.chips);
  reader.Optional("tokens_per_chip", t.tokens_per_chip);
  reader.Optional("input_tokens", t.input);
  reader.Optional("output_tokens", t.output);
  reader.Required("interactivity", t.speeds_tps);
  reader.Required("fabrics", t.fabrics);
  reader.Optional("scale_out", t.scale_out);
  reader.Required("domains", t.domains);
  reader.Optional("tier", t.prices.tier);
  reader.Optional("date", t.prices.date);
  CheckCounts(reader, t);
  RS_RETURN_IF_ERROR(reader.Finish());
  std::sort(t.domains.begin(), t.domains.end());
  return t;
}

Result<FabricsTable> ComputeFabrics(const FabricsText& text, const Means& means) {
  FabricsTable t;
  t.text = text;
  t.spending = analysis::SpendingOf(text.objective);
  t.spreads = Doublings(text.chips);
  const auto common = CommonOf(text, means, t.spending);
  if (!common) return common.error().In(text.path);
  for (const std::string& fabric : text.fabrics) {
    auto row = RowOf(t, *common, fabric, means);
    if (!row) return row.error().In(text.path);
    t.rows.push_back(*std::move(row));
    means.Tell(static_cast<double>(t.rows.size()) / static_cast<double>(text.fabrics.size()));
  }
  return t;
}

Json FabricsJson(const FabricsTable& t) {
  Json rows = Json::array();
  for (const FabricRow& row : t.rows) {
    Json travel = Json::array();
    for (const auto& seconds : row.travel_s) travel.push_back(NumberOrNull(seconds));
    Json domains = Json::array();
    for (std::size_t d = 0; d < row.domains.size(); ++d) {
      Json served = Json::array();
      for (const auto& one : row.served[d]) served.push_back(ServedJson(one));
      domains.push_back({{"domain_chips", row.domains[d]}, {"served", std::move(served)}});
    }
    rows.push_back({{"name", row.name},
                    {"topology", row.topology},
                    {"link_gb_s", row.link_gb_s},
                    {"domain_chips", row.domain_chips},
                    {"travel_s", std::move(travel)},
                    {"domains", std::move(domains)}});
  }
  return {{"schema", "roofscape-fabrics-1"}, {"name", t.text.name},
          {"model", t.text.model},           {"chip", t.text.chip},
          {"objective", t.spending.key},     {"spent", t.spending.source},
          {"chips", t.text.chips},           {"tokens_per_chip", t.text.tokens_per_chip},
          {"speeds_tps", t.text.speeds_tps}, {"spread_chips", t.spreads},
          {"fabrics", std::move(rows)}};
}

}  // namespace roofscape::study
