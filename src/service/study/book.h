// The studies that come with the program: which files of examples/ are computed how, and what is
// said about them. examples/codesign/studies.toml lists them.
//
// Thread safety: pure functions.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/core/json.h"
#include "base/core/result.h"
#include "service/study/attribution.h"
#include "service/study/means.h"

namespace roofscape::study {

enum class StudyKind { kGain, kPortability, kMachines, kFabrics, kJoint, kWhatIf };
std::string_view Name(StudyKind kind);

/// A text of examples/, "stories/today.toml".
struct StudyFile {
  std::string name;
  std::string text;
};

struct Study {
  std::string id;  // Of its address.
  StudyKind kind = StudyKind::kGain;
  std::string title;
  std::string story;              // A number where it is one of the three; empty: none.
  std::vector<std::string> text;  // Paragraphs.
  std::vector<StudyFile> files;
  double interactivity_tps = 0.0;  // Of a gain, as its objective and draws.
  std::string objective = "usd";
  int draws = 0;
  std::uint64_t evaluations = 1'000'000;  // Of a joint search.

  /// What computes the same in a shell.
  std::string Command() const;
};

/// As the program carries them.
std::vector<StudyFile> EmbeddedStudies();

/// Reads codesign/studies.toml among the files. Errors: it is missing, or names files that are.
Result<std::vector<Study>> ParseStudies(const std::vector<StudyFile>& files);

/// What a study comes to.
struct Outcome {
  Json json;                             // As the command prints it with --json, without evidence.
  std::string headline;                  // The one sentence.
  std::optional<AttributionTable> gain;  // Of a gain: rows may confirm it.
};

Result<Outcome> Compute(const Study& study, const Means& means);

}  // namespace roofscape::study
