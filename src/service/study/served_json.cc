#include "service/study/served_json.h"

#include <nlohmann/json.hpp>

namespace roofscape::study {

Json ServedJson(const std::optional<codesign::Served>& served) {
  if (!served) return nullptr;
  return {{"value", served->value},
          {"low", served->low},
          {"high", served->high},
          {"tpot_mean_s", served->tpot_s},
          {"plan", served->plan}};
}

Json NumberOrNull(const std::optional<double>& value) {
  return value ? Json(*value) : Json(nullptr);
}

}  // namespace roofscape::study
