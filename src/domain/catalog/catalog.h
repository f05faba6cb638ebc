// The catalog: chips, fabrics, models, engines, dated price books and published scores, each number
// with its source. Parsing takes texts: the files stand in catalog/ at the root, are embedded in
// the program, and can be replaced by a folder; who reads them is not this room's affair.
//
// Thread safety: plain values; a Catalog may be read from many threads.

#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/core/result.h"
#include "domain/catalog/chip.h"
#include "domain/catalog/engine.h"
#include "domain/catalog/fabric.h"
#include "domain/catalog/model.h"
#include "domain/catalog/price.h"
#include "domain/catalog/score.h"

namespace roofscape::catalog {

/// One file as it is: `name` is its path inside the catalog, "chips/h100-sxm.toml".
struct CatalogFile {
  std::string name;
  std::string text;
};

struct Catalog {
  std::vector<Chip> chips;
  std::vector<Fabric> fabrics;
  std::vector<Model> models;
  std::vector<Engine> engines;
  std::vector<PriceBook> prices;  // Sorted by id, as all others.
  std::vector<Eval> evals;

  friend bool operator==(const Catalog&, const Catalog&) = default;
};

/// A catalog and what was wrong with the files; a file with an error is left out.
struct Parsed {
  Catalog catalog;
  std::vector<Error> errors;  // "chips/x.toml: line 3: memory.usable_gb: must be a number, got 'a'"
};

/// The folders of a catalog: "chips", "fabrics", "models", "engines", "prices", "scores".
std::span<const std::string_view> Folders();

/// Reads every file it can.
Parsed ParseFiles(std::span<const CatalogFile> files);

/// The same for who needs it whole: the first error, or the catalog.
Result<Catalog> ParseCatalog(std::span<const CatalogFile> files);

/// By id, by an alias, or by the name for people; capitals, blanks, '_' and '-' make no difference.
/// An unknown name gets a suggestion. The pointer lives as long as the catalog.
Result<const Chip*> FindChip(const Catalog& catalog, std::string_view name);
Result<const Fabric*> FindFabric(const Catalog& catalog, std::string_view name);
/// Also by its name at Hugging Face.
Result<const Model*> FindModel(const Catalog& catalog, std::string_view name);
/// Also by a variant's name: "dynamo-sglang" is SGLang.
Result<const Engine*> FindEngine(const Catalog& catalog, std::string_view name);

/// Anything of that name: what `catalog show` shows. Several, where several kinds share a name.
struct Found {
  std::string_view kind;  // "chip", "fabric", "model", "engine", "price book", "eval"
  const Entry* entry = nullptr;
};
std::vector<Found> FindEntries(const Catalog& catalog, std::string_view name);
/// All entries, in the order of Folders().
std::vector<Found> AllEntries(const Catalog& catalog);

/// `name` as lookups compare it: lower case, without blanks, '_' and '-'.
std::string Fold(std::string_view name);

}  // namespace roofscape::catalog
