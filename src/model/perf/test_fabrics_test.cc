#include "model/perf/test_fabrics.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

namespace roofscape::perf {

const catalog::Catalog& ShippedFabrics() {
  static const catalog::Catalog kShipped = [] {
    std::vector<catalog::CatalogFile> files;
    for (const std::string folder : {"chips", "fabrics"}) {
      for (const auto& entry :
           std::filesystem::directory_iterator(std::filesystem::path("catalog") / folder)) {
        std::ostringstream text;
        text << std::ifstream(entry.path()).rdbuf();
        files.push_back({folder + "/" + entry.path().filename().string(), text.str()});
      }
    }
    Result<catalog::Catalog> parsed = catalog::ParseCatalog(files);
    if (!parsed) ADD_FAILURE() << parsed.error().message;
    return parsed ? *parsed : catalog::Catalog{};
  }();
  return kShipped;
}

OnChips FabricOf(std::string_view chip, int chips) {
  const auto found = FindChip(ShippedFabrics(), chip);
  if (!found) {
    ADD_FAILURE() << found.error().message;
    return {};
  }
  const auto fabric = MakeFabric(ShippedFabrics(), **found, chips);
  const auto defaults = DefaultParams(ShippedFabrics(), **found);
  if (!fabric) ADD_FAILURE() << fabric.error().message;
  if (!defaults) ADD_FAILURE() << defaults.error().message;
  if (!fabric || !defaults) return {};
  return {*fabric, *defaults};
}

std::optional<std::vector<std::vector<std::string>>> SharedTable(const std::string& path) {
  const char* folder = std::getenv("ROOFSCAPE_SHARED_DATA");
  std::ifstream file(std::filesystem::path(folder != nullptr ? folder : "../shared/data") / path);
  if (!file) return std::nullopt;
  std::vector<std::vector<std::string>> rows;
  for (std::string line; std::getline(file, line);) {
    std::istringstream cells(line);
    rows.emplace_back();
    for (std::string cell; std::getline(cells, cell, ',');) rows.back().push_back(cell);
  }
  return rows;
}

}  // namespace roofscape::perf
