// What `roofscape catalog` prints: tables of each kind, and one entry in full.
//
// Thread safety: pure functions.

#pragma once

#include <string>
#include <string_view>

#include "base/core/result.h"
#include "cli/table.h"
#include "domain/catalog/catalog.h"

namespace roofscape::cli {

/// The table of one kind: "chips", "fabrics", "models", "engines", "prices" or "scores".
std::string CatalogTable(const catalog::Catalog& catalog, std::string_view kind,
                         const Style& style);

/// How many of each kind there are.
std::string CatalogSummary(const catalog::Catalog& catalog, const Style& style);

/// One entry with every value and its source, and what follows from it.
std::string EntryText(const catalog::Catalog& catalog, const catalog::Found& found,
                      const Style& style);

}  // namespace roofscape::cli
