// The catalog inside the program is whole, sound and the one of the folder.

#include "cli/embedded_catalog.h"

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include <gtest/gtest.h>

#include "domain/catalog/check.h"

namespace roofscape::cli {
namespace {

TEST(EmbeddedCatalog, HoldsEveryFileOfTheFolderByteForByte) {
  const std::vector<catalog::CatalogFile> files = EmbeddedCatalog();
  std::size_t on_disk = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator("catalog")) {
    if (entry.path().extension() == ".toml") ++on_disk;
  }
  EXPECT_EQ(files.size(), on_disk) << "build again: the catalog's folder has changed";
  for (const catalog::CatalogFile& file : files) {
    std::ostringstream text;
    text << std::ifstream("catalog/" + file.name).rdbuf();
    EXPECT_EQ(file.text, text.str()) << file.name;
  }
}

TEST(EmbeddedCatalog, PassesCheck) {
  const catalog::Parsed parsed = catalog::ParseFiles(EmbeddedCatalog());
  for (const Error& error : parsed.errors) ADD_FAILURE() << error.message;
  for (const catalog::Problem& problem : catalog::Check(parsed.catalog)) {
    ADD_FAILURE() << problem.ToText();
  }
}

}  // namespace
}  // namespace roofscape::cli
