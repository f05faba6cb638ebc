#include "results/ingest/test_data.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace roofscape::ingest {
namespace {

std::optional<std::string> FileText(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace

const catalog::Catalog& ShippedCatalog() {
  static const catalog::Catalog kCatalog = [] {
    std::vector<catalog::CatalogFile> files;
    for (const std::string_view folder : catalog::Folders()) {
      for (const auto& entry :
           std::filesystem::directory_iterator(std::filesystem::path("catalog") / folder)) {
        files.push_back({std::string(folder) + "/" + entry.path().filename().string(),
                         FileText(entry.path()).value_or("")});
      }
    }
    auto parsed = catalog::ParseCatalog(files);
    if (!parsed) ADD_FAILURE() << parsed.error().message;
    return parsed ? *std::move(parsed) : catalog::Catalog{};
  }();
  return kCatalog;
}

Batch ReadAll(std::string_view format, std::string_view text) {
  Source source;
  source.name = "test";
  return ReadAll(format, text, std::move(source));
}

Batch ReadAll(std::string_view format, std::string_view text, Source source) {
  source.catalog = &ShippedCatalog();
  Batch all;
  const auto found = FindFormat(format);
  if (!found) {
    ADD_FAILURE() << found.error().message;
    return all;
  }
  const auto read = (*found)->read(text, source, [&all](Batch batch) -> Result<> {
    for (spec::Row& row : batch.rows) all.rows.push_back(std::move(row));
    for (spec::EvalRow& row : batch.evals) all.evals.push_back(std::move(row));
    for (Aside& aside : batch.aside) all.aside.push_back(std::move(aside));
    return {};
  });
  if (!read) ADD_FAILURE() << read.error().message;
  return all;
}

std::map<std::string, int> AsideCodes(const Batch& batch) {
  std::map<std::string, int> codes;
  for (const Aside& aside : batch.aside) ++codes[aside.code];
  return codes;
}

std::map<std::string, int> CorrectionCodes(const Batch& batch) {
  std::map<std::string, int> codes;
  for (const spec::Row& row : batch.rows) {
    std::set<std::string> of_row;
    for (const spec::Correction& correction : row.corrections) of_row.insert(correction.code);
    for (const std::string& code : of_row) ++codes[code];
  }
  return codes;
}

std::optional<std::string> SharedData(const std::string& path) {
  const char* folder = std::getenv("ROOFSCAPE_SHARED_DATA");
  return FileText(std::filesystem::path(folder != nullptr ? folder : "../shared/data") / path);
}

std::string RepositoryFile(const std::string& path) {
  const auto text = FileText(path);
  if (!text) ADD_FAILURE() << path << " cannot be read";
  return text.value_or("");
}

}  // namespace roofscape::ingest
