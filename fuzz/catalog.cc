// Catalog files and configurations come from users: any text is refused with a message that names
// the file, or gives an entry that can be checked; a model that was understood is written as TOML
// that reads back. The first byte chooses the folder.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/core/check.h"
#include "base/core/document.h"
#include "domain/catalog/check.h"
#include "domain/catalog/hugging_face.h"
#include "domain/catalog/model_toml.h"

namespace {

using namespace roofscape;

void CheckFile(std::string_view folder, std::string_view text) {
  const std::vector<catalog::CatalogFile> files = {
      {std::string(folder) + "/x.toml", std::string(text)}};
  const catalog::Parsed parsed = catalog::ParseFiles(files);
  RS_CHECK(parsed.errors.size() + catalog::AllEntries(parsed.catalog).size() == 1);
  for (const Error& error : parsed.errors) RS_CHECK(error.message.starts_with(files[0].name));
  for (const catalog::Problem& problem : catalog::Check(parsed.catalog)) {
    RS_CHECK(problem.file == files[0].name);
  }
  catalog::FindEntries(parsed.catalog, "x");
}

void CheckConfig(std::string_view text) {
  const auto config = ParseJson(text, "config");
  if (!config) return;
  const auto converted = catalog::ModelFromConfig(*config, {"org/x", "config", {2026, 1, 1}});
  if (!converted) return;
  const std::vector<catalog::CatalogFile> files = {
      {"models/x.toml", catalog::ToToml(converted->model)}};
  RS_CHECK(catalog::ParseFiles(files).errors.empty());
  catalog::CountParameters(converted->model);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::size_t choice = data[0] % (catalog::Folders().size() + 1);
  if (choice < catalog::Folders().size()) {
    CheckFile(catalog::Folders()[choice], text);
  } else {
    CheckConfig(text);
  }
  return 0;
}
