#include <nlohmann/json.hpp>

#include "results/store/digest.h"
#include "service/api/store_views.h"
#include "service/fleet/recipe.h"
#include "service/fleet/state.h"

namespace roofscape::api {
namespace {

constexpr std::int64_t kRepeats = 3;  // As `roofscape recipe` has it.

}  // namespace

Result<Json> RunRecipeView(const ViewInput& input, StoreAccess& store, std::string_view id) {
  RS_ASSIGN_OR_RETURN(const spec::RunResult run, store.LoadRun(id));
  Json json = {{"generation", input.snapshot->generation()},
               {"run", run.id},
               {"recipe", nullptr},
               {"script", nullptr},
               {"sha256", nullptr}};
  const auto campaign = run.plan.labels.find("campaign");
  const auto recipe = run.plan.labels.find("recipe");
  if (campaign == run.plan.labels.end() || recipe == run.plan.labels.end()) return json;
  const auto loaded = store.fleet().Sweep(campaign->second);
  if (!loaded && loaded.error().code == ErrorCode::kNotFound) return json;
  if (!loaded) return loaded.error();
  const fleet::CampaignState& state = *loaded->second;
  const fleet::PointState* const point = fleet::PointOfRun(state, run.id);
  if (point == nullptr) return json;
  const std::string script = fleet::RecipeScript(*point, state.layouts().at(point->layout), run.id,
                                                 kRepeats, input.facts->version);
  json["recipe"] = point->recipe;
  json["script"] = script;
  json["sha256"] = store::Sha256Hex(script);
  return json;
}

}  // namespace roofscape::api
