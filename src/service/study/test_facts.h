// The catalog at the root of the repository, in which tests run, and the model of the program, for
// tests of studies.

#pragma once

#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/core/check.h"
#include "base/core/json.h"
#include "service/study/means.h"

namespace roofscape::study {

struct TestFacts {
  TestFacts() : catalog(ReadCatalog()), fitted(ReadModel()), curves(ReadCurves()), book(curves) {}

  /// On 2026-11-29, on one thread.
  Means Of() const {
    constexpr std::int64_t kNovember29 = 1'795'910'400'000'000;
    return {catalog, fitted, &book, {}, WallTime{kNovember29}};
  }

  static catalog::Catalog ReadCatalog() {
    std::vector<catalog::CatalogFile> files;
    for (const std::string_view folder : catalog::Folders()) {
      const auto path = std::filesystem::path("catalog") / folder;
      for (const auto& entry : std::filesystem::directory_iterator(path)) {
        std::ifstream file(entry.path());
        std::stringstream text;
        text << file.rdbuf();
        files.push_back({std::string(folder) + "/" + entry.path().filename().string(), text.str()});
      }
    }
    auto parsed = catalog::ParseCatalog(files);
    RS_CHECK(parsed);
    return *std::move(parsed);
  }
  static calibrate::Model ReadModel() {
    auto model = calibrate::Model::Shipped();
    RS_CHECK(model);
    return *std::move(model);
  }
  static perf::KernelCurves ReadCurves() {
    auto parsed = perf::KernelCurves::Parse(perf::EmbeddedKernelCurves());
    RS_CHECK(parsed);
    return *std::move(parsed);
  }

  catalog::Catalog catalog;
  calibrate::Model fitted;
  perf::KernelCurves curves;
  mutable perf::KernelBook book;
};

}  // namespace roofscape::study
