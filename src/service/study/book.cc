#include "service/study/book.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/core/document.h"
#include "service/study/fabrics.h"
#include "service/study/headline.h"
#include "service/study/joint.h"
#include "service/study/machines.h"
#include "service/study/portability.h"
#include "service/study/what_if.h"

namespace roofscape::study {
namespace {

constexpr std::string_view kList = "codesign/studies.toml";
constexpr std::array<std::string_view, 6> kKinds = {"gain",    "portability", "machines",
                                                    "fabrics", "joint",       "what_if"};

const StudyFile* Find(const std::vector<StudyFile>& files, std::string_view name) {
  const auto at = std::find_if(files.begin(), files.end(),
                               [&](const StudyFile& file) { return file.name == name; });
  return at == files.end() ? nullptr : &*at;
}

Study ReadStudy(ObjectReader& reader, const std::vector<StudyFile>& files) {
  Study s;
  std::string kind;
  std::vector<std::string> names;
  std::int64_t draws = 0;
  std::int64_t evaluations = 1'000'000;
  reader.Required("id", s.id);
  reader.Required("kind", kind);
  reader.Required("title", s.title);
  reader.Required("text", s.text);
  reader.Required("files", names);
  reader.Optional("story", s.story);
  reader.Optional("interactivity", s.interactivity_tps);
  reader.Optional("objective", s.objective);
  reader.Optional("draws", draws);
  reader.Optional("evaluations", evaluations);
  if (draws < 0 || draws > 1000) reader.Fail("draws", "must be 0 to 1000");
  if (evaluations < 1000) reader.Fail("evaluations", "must be 1000 at least");
  s.draws = static_cast<int>(draws);
  s.evaluations = static_cast<std::uint64_t>(std::max<std::int64_t>(evaluations, 1000));
  const auto at = std::find(kKinds.begin(), kKinds.end(), kind);
  if (at == kKinds.end()) {
    reader.Fail("kind", "must be gain, portability, machines, fabrics, joint or what_if");
  } else {
    s.kind = static_cast<StudyKind>(at - kKinds.begin());
  }
  for (const std::string& name : names) {
    const StudyFile* file = Find(files, name);
    if (file == nullptr) {
      reader.Fail("files", fmt::format("'{}' is not there: name one of examples/", name));
    } else {
      s.files.push_back(*file);
    }
  }
  if (names.size() != (s.kind == StudyKind::kGain ? 2U : 1U)) {
    reader.Fail("files", "a gain has two, all others one");
  }
  return s;
}

std::string PathOf(const StudyFile& file) { return "examples/" + file.name; }

Result<Outcome> ComputeGain(const Study& study, const Means& means) {
  AttributionAsk ask;
  RS_ASSIGN_OR_RETURN(ask.a, ParseDescription(study.files[0].text, PathOf(study.files[0])));
  RS_ASSIGN_OR_RETURN(ask.b, ParseDescription(study.files[1].text, PathOf(study.files[1])));
  ask.interactivity_tps = study.interactivity_tps;
  ask.objective = study.objective;
  ask.draws = study.draws;
  RS_ASSIGN_OR_RETURN(AttributionTable table, ComputeAttribution(ask, means));
  Outcome out{AttributionJson(table, {}), Headline(table), {}};
  out.gain = std::move(table);
  return out;
}

template <class Table>
Outcome OutcomeOf(const Table& table, Json json) {
  return {std::move(json), Headline(table), {}};
}

}  // namespace

std::string_view Name(StudyKind kind) { return kKinds[static_cast<std::size_t>(kind)]; }

std::string Study::Command() const {
  const std::string first = PathOf(files[0]);
  switch (kind) {
    case StudyKind::kGain:
      return fmt::format(
          "roofscape codesign --attribute {} {} --interactivity {:g} --objective {} --draws {}",
          first, PathOf(files[1]), interactivity_tps, objective, draws);
    case StudyKind::kPortability: return "roofscape codesign " + first + " --portability";
    case StudyKind::kMachines: return "roofscape codesign " + first + " --machines";
    case StudyKind::kFabrics: return "roofscape codesign " + first + " --fabrics";
    case StudyKind::kJoint:
      return fmt::format("roofscape codesign {} --evaluations {}", first, evaluations);
    case StudyKind::kWhatIf: return "roofscape codesign --what-if " + first;
  }
  return "";
}

Result<std::vector<Study>> ParseStudies(const std::vector<StudyFile>& files) {
  const StudyFile* list = Find(files, kList);
  if (list == nullptr) {
    return Error{ErrorCode::kNotFound, fmt::format("'{}' is missing: it lists the studies", kList)};
  }
  RS_ASSIGN_OR_RETURN(const Document document, ParseToml(list->text, list->name));
  ObjectReader reader(document);
  std::vector<Study> studies =
      reader.ReadEach("study", [&](ObjectReader& inside) { return ReadStudy(inside, files); });
  for (std::size_t i = 0; i < studies.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (studies[i].id == studies[j].id) {
        reader.Fail("study", fmt::format("'{}' is there twice: rename one", studies[i].id));
      }
    }
  }
  RS_RETURN_IF_ERROR(reader.Finish());
  return studies;
}

Result<Outcome> Compute(const Study& study, const Means& means) {
  RS_RETURN_IF_ERROR(means.Continue());
  const StudyFile& file = study.files[0];
  const std::string path = PathOf(file);
  switch (study.kind) {
    case StudyKind::kGain: return ComputeGain(study, means);
    case StudyKind::kFabrics: {
      RS_ASSIGN_OR_RETURN(const FabricsText text, ParseFabrics(file.text, path));
      RS_ASSIGN_OR_RETURN(const FabricsTable table, ComputeFabrics(text, means));
      return OutcomeOf(table, FabricsJson(table));
    }
    case StudyKind::kWhatIf: {
      RS_ASSIGN_OR_RETURN(const WhatIfText text, ParseWhatIf(file.text, path));
      RS_ASSIGN_OR_RETURN(const WhatIfTable table, ComputeWhatIf(text, means));
      return OutcomeOf(table, WhatIfJson(table));
    }
    default: break;
  }
  RS_ASSIGN_OR_RETURN(const SpaceText space, ParseSpace(file.text, path));
  if (study.kind == StudyKind::kPortability) {
    RS_ASSIGN_OR_RETURN(const PortabilityTable table, ComputePortability(space, means));
    return OutcomeOf(table, PortabilityJson(table));
  }
  if (study.kind == StudyKind::kMachines) {
    RS_ASSIGN_OR_RETURN(const MachinesTable table, ComputeMachines(space, means));
    return OutcomeOf(table, MachinesJson(table));
  }
  constexpr std::uint64_t kSeed = 1;
  RS_ASSIGN_OR_RETURN(const JointTable table, ComputeJoint(space, study.evaluations, kSeed, means));
  return OutcomeOf(table, JointJson(table));
}

}  // namespace roofscape::study
