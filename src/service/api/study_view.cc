#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "service/api/evidence.h"
#include "service/api/study_desk.h"
#include "service/api/views.h"

namespace roofscape::api {
namespace {

constexpr double kMostTokens = 1e7;

Result<StudyDesk*> DeskOf(const ViewInput& input) {
  if (input.facts->studies != nullptr) return input.facts->studies;
  return Error{ErrorCode::kUnavailable, "this server computes no studies"};
}

std::string_view Name(StudyDesk::State state) {
  switch (state) {
    case StudyDesk::State::kWaiting: return "waiting";
    case StudyDesk::State::kRunning: return "running";
    case StudyDesk::State::kDone: return "done";
    case StudyDesk::State::kFailed: return "failed";
  }
  return "";
}

Json HeadJson(const study::Study& study) {
  return {{"id", study.id},       {"kind", study::Name(study.kind)},
          {"title", study.title}, {"story", OptionalText(study.story)},
          {"text", study.text},   {"command", study.Command()}};
}

/// What rows of the store confirm of a gain.
Json ConfirmedJson(const ViewInput& input, const study::AttributionTable& gain) {
  const auto evidence = EvidenceOf(input, gain);
  if (!evidence) return study::AttributionJson(gain, {});
  return study::AttributionJson(gain, *evidence);
}

Json AnswerJson(const ViewInput& input, const study::Study& study,
                const StudyDesk::Answer& answer) {
  Json json = HeadJson(study);
  json["state"] = Name(answer.state);
  json["progress"] = answer.progress;
  json["before"] = answer.before;
  json["error"] = OptionalText(answer.error);
  json["headline"] = nullptr;
  for (const char* kind : {"gain", "portability", "machines", "fabrics", "joint", "what_if"}) {
    json[kind] = nullptr;
  }
  if (!answer.outcome) return json;
  const study::Outcome& outcome = *answer.outcome;
  json["headline"] = outcome.headline;
  json[std::string(study::Name(study.kind))] =
      outcome.gain ? ConfirmedJson(input, *outcome.gain) : outcome.json;
  return json;
}

Result<const study::Study*> StudyOf(const StudyDesk& desk, std::string_view id) {
  if (const study::Study* study = desk.Find(id)) return study;
  return Error{ErrorCode::kNotFound,
               fmt::format("there is no study '{}': /api/v1/codesign lists them", id)};
}

/// One value, where it is there.
Result<> ReadCount(const Params& params, std::string_view name, std::int64_t most,
                   std::vector<std::int64_t>& axis) {
  RS_ASSIGN_OR_RETURN(const auto value, params.Integer(name, 1, most));
  if (value) axis = {*value};
  return {};
}

Result<study::SketchAsk> ReadSketch(const Params& params, const ViewInput& input) {
  study::SketchAsk ask;
  const std::pair<const char*, std::string*> texts[] = {
      {"model", &ask.model},     {"chip", &ask.chip},           {"fabric", &ask.fabric},
      {"engine", &ask.engine},   {"precision", &ask.precision}, {"tier", &ask.prices.tier},
      {"date", &ask.prices.date}};
  for (const auto& [name, place] : texts) {
    if (!params.One(name).empty()) *place = params.One(name);
  }
  for (const char* name : {"model", "chip"}) {
    if (params.One(name).empty()) {
      return ParamError(name, fmt::format("is needed: one of /api/v1/catalog/{}s", name));
    }
  }
  RS_RETURN_IF_ERROR(ReadPricing(params, input));  // Names the parameter that is wrong.
  for (std::size_t i = 0; i < codesign::kParts; ++i) {
    const std::string_view name = codesign::Name(static_cast<codesign::Part>(i));
    RS_ASSIGN_OR_RETURN(ask.parts[i], params.Number(name, 1e-3, 1e7));
  }
  RS_ASSIGN_OR_RETURN(ask.usd_per_hour, params.Number("usd_per_hour", 1e-4, 1e6));
  RS_ASSIGN_OR_RETURN(ask.kw, params.Number("all_in_kw", 1e-4, 1e4));
  RS_ASSIGN_OR_RETURN(const auto chips, params.Integer("chips", 1, study::kMostSketchChips));
  RS_ASSIGN_OR_RETURN(const auto in, params.Number("input", 1, kMostTokens));
  RS_ASSIGN_OR_RETURN(const auto out, params.Number("output", 2, kMostTokens));
  ask.chips = chips.value_or(ask.chips);
  ask.input = in.value_or(ask.input);
  ask.output = out.value_or(ask.output);
  RS_RETURN_IF_ERROR(ReadCount(params, "layers", 1'000, ask.shape.layers));
  RS_RETURN_IF_ERROR(ReadCount(params, "hidden", 262'144, ask.shape.hidden));
  RS_RETURN_IF_ERROR(ReadCount(params, "experts", 8'192, ask.shape.experts));
  RS_RETURN_IF_ERROR(ReadCount(params, "top_k", 1'024, ask.shape.top_k));
  RS_RETURN_IF_ERROR(ReadCount(params, "width", 1'048'576, ask.shape.width));
  return ask;
}

}  // namespace

Result<Json> StudiesView(const ViewInput& input) {
  RS_ASSIGN_OR_RETURN(StudyDesk* const desk, DeskOf(input));
  Json studies = Json::array();
  for (const study::Study& study : desk->studies()) {
    Json json = HeadJson(study);
    const StudyDesk::Answer answer = desk->Look(study);
    json["headline"] = answer.outcome ? Json(answer.outcome->headline) : Json(nullptr);
    studies.push_back(std::move(json));
  }
  return Json{{"studies", std::move(studies)}};
}

Result<Json> StudyView(const ViewInput& input, std::string_view id) {
  RS_ASSIGN_OR_RETURN(StudyDesk* const desk, DeskOf(input));
  RS_ASSIGN_OR_RETURN(const study::Study* study, StudyOf(*desk, id));
  return AnswerJson(input, *study, desk->Ask(*study));
}

Result<Json> FinishedStudyView(const ViewInput& input, std::string_view id) {
  RS_ASSIGN_OR_RETURN(StudyDesk* const desk, DeskOf(input));
  RS_ASSIGN_OR_RETURN(const study::Study* study, StudyOf(*desk, id));
  return AnswerJson(input, *study, desk->Finish(*study));
}

Result<Json> SketchView(const ViewInput& input, const Params& params) {
  RS_ASSIGN_OR_RETURN(StudyDesk* const desk, DeskOf(input));
  RS_ASSIGN_OR_RETURN(const study::SketchAsk ask, ReadSketch(params, input));
  return desk->Sketch(ask);
}

}  // namespace roofscape::api
