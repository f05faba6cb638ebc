#include <set>

#include <nlohmann/json.hpp>

#include "domain/analysis/derived_axes.h"
#include "service/api/axes.h"
#include "service/api/views.h"

namespace roofscape::api {
namespace {

const char* LabelOf(catalog::Tier tier) {
  switch (tier) {
    case catalog::Tier::kOwnedHyperscaler: return "owned, large hyperscaler";
    case catalog::Tier::kOwnedNeocloud: return "owned, GPU cloud";
    case catalog::Tier::kRented3yr: return "rented for three years";
    case catalog::Tier::kOnDemand: return "rented by the hour";
  }
  return "";
}

Json CountsJson(const Snapshot& snapshot) {
  std::set<std::string_view> runs;
  std::size_t own = 0;
  for (std::size_t row = 0; row < snapshot.rows().size(); ++row) {
    if (snapshot.origin(row).run.empty()) continue;
    ++own;
    runs.insert(snapshot.origin(row).run);
  }
  return {{"rows", snapshot.rows().size()},
          {"imported", snapshot.rows().size() - own},
          {"own", own},
          {"runs", runs.size()},
          {"models", snapshot.Values(Field::kModel).size()},
          {"chips", snapshot.Values(Field::kChip).size()}};
}

}  // namespace

Result<Json> MetaView(const ViewInput& input) {
  const auto params = Params::Parse("");
  RS_ASSIGN_OR_RETURN(const analysis::Pricing pricing, ReadPricing(*params, input));
  Json metrics = Json::array();
  for (const analysis::AxisInfo& axis : analysis::AllAxes()) metrics.push_back(AxisJson(axis));
  Json tiers = Json::array();
  for (const catalog::Tier tier : catalog::kTiers) {
    tiers.push_back({{"value", catalog::Name(tier)}, {"label", LabelOf(tier)}});
  }
  Json books = Json::array();
  for (const catalog::PriceBook& book : input.catalog().prices) {
    books.push_back({{"id", book.entry.id},
                     {"name", book.entry.name},
                     {"date", book.date ? Json(book.date->ToIso()) : Json(nullptr)}});
  }
  return Json{{"api", 1},
              {"version", input.facts->version},
              {"generation", input.snapshot->generation()},
              {"static", false},
              {"built", nullptr},
              {"store", input.facts->store},
              {"counts", CountsJson(*input.snapshot)},
              {"metrics", std::move(metrics)},
              {"tiers", std::move(tiers)},
              {"boundaries", {"device", "provisioned"}},
              {"price_books", std::move(books)},
              {"price_default", PricingJson(pricing)},
              {"capabilities",
               {{"predict", true},
                {"live", true},
                {"answer", true},
                {"as_of", true},
                {"runs", input.facts->benches != nullptr}}},
              {"notes", Json::array()}};
}

}  // namespace roofscape::api
