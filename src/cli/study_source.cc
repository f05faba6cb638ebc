#include "cli/study_source.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "cli/write_file.h"

namespace roofscape::cli {
namespace {

namespace fs = std::filesystem;

/// DIR/*/*.toml, by name.
Result<std::vector<study::StudyFile>> FilesOf(const std::string& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator part(folder, error), end; part != end && !error;
       part.increment(error)) {
    if (!part->is_directory(error)) continue;
    for (fs::directory_iterator at(part->path(), error), last; at != last && !error;
         at.increment(error)) {
      if (at->path().extension() != ".toml") continue;
      names.push_back(
          fmt::format("{}/{}", part->path().filename().string(), at->path().filename().string()));
    }
  }
  std::sort(names.begin(), names.end());
  std::vector<study::StudyFile> files;
  for (std::string& name : names) {
    RS_ASSIGN_OR_RETURN(std::string text,
                        ReadFlagFile("--studies", (fs::path(folder) / name).string()));
    files.push_back({std::move(name), std::move(text)});
  }
  return files;
}

}  // namespace

Result<std::vector<study::Study>> LoadStudies(const std::string& folder) {
  if (folder.empty()) return study::ParseStudies(study::EmbeddedStudies());
  RS_ASSIGN_OR_RETURN(const auto files, FilesOf(folder));
  auto studies = study::ParseStudies(files);
  if (!studies) return studies.error().In(fmt::format("--studies '{}'", folder));
  return studies;
}

void AddStudiesOption(Command& command, std::string& folder) {
  command
      .AddOption("--studies", folder,
                 "A folder of studies for the co-design pages, laid out as examples/ is, in place "
                 "of those inside the program")
      ->TypeName("DIR");
}

}  // namespace roofscape::cli
