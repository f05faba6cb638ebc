#include "cli/catalog_source.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "cli/embedded_catalog.h"
#include "cli/write_file.h"

namespace roofscape::cli {
namespace {

namespace fs = std::filesystem;

Error NoCatalog(const std::string& folder, const char* why) {
  return Error{
      ErrorCode::kInvalidArgument,
      fmt::format("catalog '{}': {}: name a folder with chips/, models/, prices/ and so on", folder,
                  why)};
}

/// Paths of the .toml files of one folder, inside the catalog.
std::vector<std::string> NamesIn(const std::string& folder, std::string_view part) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator at(fs::path(folder) / part, error), end; at != end && !error;
       at.increment(error)) {
    if (at->path().extension() == ".toml") {
      names.push_back(fmt::format("{}/{}", part, at->path().filename().string()));
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace

Result<std::vector<catalog::CatalogFile>> CatalogFiles(const std::string& folder) {
  if (folder.empty()) return EmbeddedCatalog();
  std::error_code error;
  if (!fs::is_directory(folder, error)) return NoCatalog(folder, "is no folder");
  std::vector<catalog::CatalogFile> files;
  for (const std::string_view part : catalog::Folders()) {
    for (const std::string& name : NamesIn(folder, part)) {
      RS_ASSIGN_OR_RETURN(std::string text,
                          ReadFlagFile("--catalog", (fs::path(folder) / name).string()));
      files.push_back({name, std::move(text)});
    }
  }
  if (files.empty()) return NoCatalog(folder, "holds no catalog");
  return files;
}

Result<catalog::Catalog> LoadCatalog(const std::string& folder, Scores scores) {
  RS_ASSIGN_OR_RETURN(std::vector<catalog::CatalogFile> files, CatalogFiles(folder));
  if (scores == Scores::kLeaveOut) {
    std::erase_if(files, [](const auto& file) { return file.name.starts_with("scores/"); });
  }
  return catalog::ParseCatalog(files);
}

void AddCatalogOption(Command& command, std::string& folder) {
  command
      .AddOption("--catalog", folder, "A folder to read in place of the catalog inside the program")
      ->TypeName("DIR");
}

}  // namespace roofscape::cli
