// For tests: the shipped catalog, a reader's whole answer, and data that may be absent.
//
// Thread safety: for tests.

#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "results/ingest/ingest.h"

namespace roofscape::ingest {

/// The catalog of the repository. REQUIRES: the working directory is its root.
const catalog::Catalog& ShippedCatalog();

/// All rows of a text by the reader of that name; fails the test on an error.
Batch ReadAll(std::string_view format, std::string_view text);
/// The same with a source of the caller's; its catalog is filled in.
Batch ReadAll(std::string_view format, std::string_view text, Source source);

/// How many were kept aside by each code.
std::map<std::string, int> AsideCodes(const Batch& batch);
/// How many rows have each code among their corrections.
std::map<std::string, int> CorrectionCodes(const Batch& batch);

/// The text of a file of measured data that is kept outside of the repository, beside it or where
/// ROOFSCAPE_SHARED_DATA says; nothing where there is none, and the test is to be skipped.
std::optional<std::string> SharedData(const std::string& path);

/// A file of the repository; fails the test if it cannot be read.
std::string RepositoryFile(const std::string& path);

}  // namespace roofscape::ingest

/// Reads a file of SharedData() into `name`, or skips the test and says why.
#define RS_SHARED_DATA_OR_SKIP(name, path)                                             \
  const auto name##_found = ::roofscape::ingest::SharedData(path);                     \
  if (!name##_found) {                                                                 \
    GTEST_SKIP() << path                                                               \
                 << " is not here: measured data are kept outside of the repository, " \
                    "in ../shared/data or where ROOFSCAPE_SHARED_DATA says";           \
  }                                                                                    \
  const std::string& name = *name##_found
