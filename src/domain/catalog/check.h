// What is wrong with a catalog: numbers without a source, prices without a date, impossible
// numbers, references to nothing. An empty list is a catalog that may be used.
//
// Thread safety: pure functions.

#pragma once

#include <string>
#include <vector>

#include "domain/catalog/catalog.h"

namespace roofscape::catalog {

struct Problem {
  std::string file;   // "chips/h100-sxm.toml"
  std::string field;  // "memory.usable_gb"; empty: the whole file
  std::string what;   // What is wrong, and the cure.

  /// "chips/h100-sxm.toml: memory.usable_gb: is above physical_gb ..."
  std::string ToText() const;

  friend bool operator==(const Problem&, const Problem&) = default;
};

/// The share by which a stated count of parameters may differ from the shape's.
inline constexpr double kCountTolerance = 0.05;

/// All problems, in the order of the catalog.
std::vector<Problem> Check(const Catalog& catalog);

/// The parts of Check().
void CheckEntry(const Entry& entry, std::vector<Problem>& out);
void CheckChip(const Catalog& catalog, const Chip& chip, std::vector<Problem>& out);
void CheckFabric(const Fabric& fabric, std::vector<Problem>& out);
void CheckModel(const Model& model, std::vector<Problem>& out);
void CheckEngine(const Catalog& catalog, const Engine& engine, std::vector<Problem>& out);
void CheckPriceBook(const Catalog& catalog, const PriceBook& book, std::vector<Problem>& out);
void CheckEval(const Catalog& catalog, const Eval& eval, std::vector<Problem>& out);

}  // namespace roofscape::catalog
