// The model's file: what is kept, and how it is read back with its faults named.

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "model/calibrate/model.h"

namespace roofscape::calibrate {
namespace {

constexpr const char* kSchema = "roofscape-model-2";

constexpr std::array<const char*, kKinds> kKindNames = {
    "engine", "generation",  "chip",     "model", "shape", "precision",
    "mode",   "speculation", "protocol", "curve", "batch"};

/// Numbers of an anchor: its kinds, its sizes, its two errors, the two variances of its noise.
constexpr std::size_t kAnchorNumbers = std::size_t{kKinds} + std::size_t{kSizes} + 4;

/// Four digits are far below what is known.
double Rounded(double x) { return std::round(x * 1e4) / 1e4; }

Error Wrong(std::string_view what) {
  return Error{
      ErrorCode::kProtocol,
      fmt::format("no model file of this version: {}; make one with roofscape calibrate", what)};
}

Json CoefficientsJson(const std::vector<double>& fitted) {
  const std::vector<double> spreads = perf::PriorSpreads();
  Json all = Json::object();
  for (std::size_t c = 0; c < perf::kCoefficients; ++c) {
    Json logs = Json::array();
    for (std::size_t i = c; i < fitted.size(); i += perf::kCoefficients) {
      logs.push_back(spreads[i % perf::kFitted] > 0.0 ? Json(Rounded(fitted[i])) : Json(0));
    }
    all[std::string(perf::CoefficientTable()[c].name)] = std::move(logs);
  }
  return all;
}

Result<std::vector<double>> ReadCoefficients(const Json& all) {
  std::vector<double> fitted(2 * perf::kFitted, 0.0);
  for (std::size_t c = 0; c < perf::kCoefficients; ++c) {
    const std::string name(perf::CoefficientTable()[c].name);
    const auto found = all.find(name);
    const std::size_t wanted = fitted.size() / perf::kCoefficients;
    if (found == all.end() || !found->is_array() || found->size() != wanted) {
      return Wrong(fmt::format("coefficients.{} must be {} numbers", name, wanted));
    }
    for (std::size_t k = 0; k < wanted; ++k) {
      if (!(*found)[k].is_number()) return Wrong(fmt::format("coefficients.{}[{}]", name, k));
      const double value = (*found)[k].get<double>();
      if (!(std::abs(value) <= 20.0)) {
        return Wrong(fmt::format("coefficients.{}[{}] is out of range", name, k));
      }
      fitted[k * perf::kCoefficients + c] = value;
    }
  }
  return fitted;
}

struct AnchorNumbers {
  Site site;
  std::array<double, 2> errors = {};
  std::array<double, 2> noise = {};
};

Result<AnchorNumbers> ReadAnchor(const Json& json, std::size_t index) {
  if (!json.is_array() || json.size() != kAnchorNumbers) {
    return Wrong(fmt::format("anchors[{}] must be {} numbers", index, kAnchorNumbers));
  }
  for (const Json& value : json) {
    if (!value.is_number() || !(std::abs(value.get<double>()) < 1e6)) {
      return Wrong(fmt::format("anchors[{}] holds something that is no usable number", index));
    }
  }
  AnchorNumbers a;
  for (std::size_t k = 0; k < kKinds; ++k) a.site.kinds[k] = json[k].get<std::int32_t>();
  for (std::size_t i = 0; i < kSizes; ++i) a.site.sizes[i] = json[kKinds + i].get<float>();
  const std::size_t rest = kAnchorNumbers - 4;
  for (std::size_t o = 0; o < 2; ++o) {
    a.errors[o] = json[rest + o].get<double>();
    a.noise[o] = json[rest + 2 + o].get<double>();
    if (!(a.noise[o] > 0.0)) return Wrong(fmt::format("anchors[{}]: noise must be above 0", index));
  }
  return a;
}

bool HasFields(const Json& json) {
  if (!json.is_object()) return false;
  for (const char* field : {"rows", "coefficients", "names", "interval_scales", "anchors"}) {
    if (!json.contains(field)) return false;
  }
  return json["coefficients"].is_object() && json["names"].is_object() &&
         json["interval_scales"].is_array() && json["anchors"].is_array() &&
         json["rows"].is_number_unsigned();
}

}  // namespace

Json Model::ToJson() const {
  Json json = {{"schema", kSchema}, {"rows", rows_}, {"coefficients", CoefficientsJson(fitted_)}};
  Json names = Json::object();
  for (std::size_t k = 0; k < kKinds; ++k) names[kKindNames[k]] = names_.List(k);
  json["names"] = std::move(names);
  Json scales = Json::array();
  for (const double scale : scales_) scales.push_back(Rounded(scale));
  json["interval_scales"] = std::move(scales);
  Json anchors = Json::array();
  for (std::size_t i = 0; i < sites_.size(); ++i) {
    Json anchor = Json::array();
    for (const std::int32_t kind : sites_[i].kinds) anchor.push_back(kind);
    for (const float size : sites_[i].sizes) anchor.push_back(Rounded(static_cast<double>(size)));
    for (std::size_t o = 0; o < kOutputs; ++o) anchor.push_back(Rounded(errors_[o][i]));
    for (const Residual& r : residuals_) anchor.push_back(Rounded(r.noise()[i]));
    anchors.push_back(std::move(anchor));
  }
  json["anchors"] = std::move(anchors);
  return json;
}

Result<Model> Model::FromJson(const Json& json) {
  if (!HasFields(json) || json.value("schema", "") != kSchema) {
    return Wrong(fmt::format("its schema must be '{}' and its fields whole", kSchema));
  }
  Model model;
  model.rows_ = json["rows"].get<std::size_t>();
  RS_ASSIGN_OR_RETURN(model.fitted_, ReadCoefficients(json["coefficients"]));
  for (std::size_t k = 0; k < kKinds; ++k) {
    const Json& list = json["names"].value(kKindNames[k], Json());
    if (!list.is_array()) return Wrong(fmt::format("names.{} must be a list", kKindNames[k]));
    for (const Json& name : list) {
      if (!name.is_string()) return Wrong(fmt::format("names.{} must be texts", kKindNames[k]));
      model.names_.Append(k, name.get<std::string>());
      if (k == kCurveKind) model.curves_.insert(name.get<std::string>());
    }
  }
  const Json& scales = json["interval_scales"];
  if (scales.size() != model.scales_.size()) return Wrong("interval_scales has another length");
  for (std::size_t i = 0; i < scales.size(); ++i) {
    if (!scales[i].is_number() || !(scales[i].get<double>() > 0.0)) {
      return Wrong(fmt::format("interval_scales[{}] must be above 0", i));
    }
    model.scales_[i] = scales[i].get<double>();
  }
  std::array<std::vector<double>, kOutputs> noise;
  const Json& anchors = json["anchors"];
  for (std::size_t i = 0; i < anchors.size(); ++i) {
    RS_ASSIGN_OR_RETURN(const AnchorNumbers a, ReadAnchor(anchors[i], i));
    model.sites_.push_back(a.site);
    for (std::size_t o = 0; o < kOutputs; ++o) {
      model.errors_[o].push_back(a.errors[o]);
      noise[o].push_back(a.noise[o]);
    }
  }
  for (std::size_t o = 0; o < kOutputs; ++o) {
    model.residuals_.emplace_back(DefaultCovariance(o == 1), model.sites_, model.errors_[o],
                                  std::move(noise[o]));
  }
  return model;
}

Result<Model> Model::Shipped() {
  // No Document: that would remember the line of each of its 40,000 numbers, for messages about a
  // file that somebody wrote, and take ten times as long.
  const auto bytes = EmbeddedModel();
  const Json json = Json::parse(bytes.begin(), bytes.end(), nullptr, false);
  auto model = FromJson(json);
  if (!model) return model.error().In("the model of this program");
  return model;
}

}  // namespace roofscape::calibrate
