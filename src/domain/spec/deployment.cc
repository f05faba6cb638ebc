#include "domain/spec/deployment.h"

#include <nlohmann/json.hpp>

namespace roofscape::spec {
namespace {

Json ToJson(const Role& role) {
  Json json = {
      {"name", role.name}, {"workers", role.workers}, {"chips_per_worker", role.chips_per_worker}};
  if (role.tp) json["tp"] = *role.tp;
  if (role.pp) json["pp"] = *role.pp;
  if (role.ep) json["ep"] = *role.ep;
  if (role.dp) json["dp"] = *role.dp;
  if (role.dp_attention) json["dp_attention"] = *role.dp_attention;
  if (role.prefill_cp) json["prefill_cp"] = *role.prefill_cp;
  if (role.decode_cp) json["decode_cp"] = *role.decode_cp;
  return json;
}

/// Chips are multiplied: a million each cannot overflow.
void RequirePositive(ObjectReader& reader, std::string_view name, std::int64_t value) {
  if (value < 1 || value > 1'000'000) reader.Fail(name, "must lie between 1 and 1000000");
}

Role ReadRole(ObjectReader& reader) {
  Role role;
  reader.Optional("name", role.name);
  reader.Optional("workers", role.workers);
  reader.Optional("chips_per_worker", role.chips_per_worker);
  reader.Optional("tp", role.tp);
  reader.Optional("pp", role.pp);
  reader.Optional("ep", role.ep);
  reader.Optional("dp", role.dp);
  if (reader.Has("dp_attention")) reader.Optional("dp_attention", role.dp_attention.emplace());
  reader.Optional("prefill_cp", role.prefill_cp);
  reader.Optional("decode_cp", role.decode_cp);
  RequirePositive(reader, "workers", role.workers);
  RequirePositive(reader, "chips_per_worker", role.chips_per_worker);
  RequirePositive(reader, "tp", role.tp.value_or(1));
  RequirePositive(reader, "pp", role.pp.value_or(1));
  RequirePositive(reader, "ep", role.ep.value_or(1));
  RequirePositive(reader, "dp", role.dp.value_or(1));
  RequirePositive(reader, "prefill_cp", role.prefill_cp.value_or(1));
  RequirePositive(reader, "decode_cp", role.decode_cp.value_or(1));
  return role;
}

}  // namespace

std::optional<std::int64_t> ChipCount(const Deployment& deployment) {
  if (deployment.roles.empty()) return std::nullopt;
  std::int64_t chips = 0;
  for (const Role& role : deployment.roles) chips += role.workers * role.chips_per_worker;
  return chips;
}

Json ToJson(const Deployment& deployment) {
  Json roles = Json::array();
  for (const Role& role : deployment.roles) roles.push_back(ToJson(role));
  return {{"name", deployment.name},
          {"model", deployment.model},
          {"precision", deployment.precision},
          {"engine", deployment.engine},
          {"engine_version", deployment.engine_version},
          {"chip", deployment.chip},
          {"speculative", deployment.speculative},
          {"roles", std::move(roles)},
          {"engine_settings", Json(deployment.engine_settings)}};
}

Deployment ReadDeployment(ObjectReader& reader) {
  Deployment deployment;
  reader.Optional("name", deployment.name);
  reader.Optional("model", deployment.model);
  reader.Optional("precision", deployment.precision);
  reader.Optional("engine", deployment.engine);
  reader.Optional("engine_version", deployment.engine_version);
  reader.Optional("chip", deployment.chip);
  reader.Optional("speculative", deployment.speculative);
  reader.Optional("engine_settings", deployment.engine_settings);
  deployment.roles = reader.ReadEach("roles", ReadRole);
  return deployment;
}

Result<Deployment> ParseDeployment(std::string_view text, const std::string& source) {
  RS_ASSIGN_OR_RETURN(const Document document, source.ends_with(".json") ? ParseJson(text, source)
                                                                         : ParseToml(text, source));
  ObjectReader reader(document);
  Deployment deployment = ReadDeployment(reader);
  RS_RETURN_IF_ERROR(reader.Finish());
  return deployment;
}

}  // namespace roofscape::spec
