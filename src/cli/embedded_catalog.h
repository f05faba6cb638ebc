// The catalog as it stood in catalog/ when the program was built. cmake/embed.cmake makes the
// source.
//
// Thread safety: no shared state.

#pragma once

#include <vector>

#include "domain/catalog/catalog.h"

namespace roofscape::cli {

/// Every file of catalog/, sorted by name.
std::vector<catalog::CatalogFile> EmbeddedCatalog();

}  // namespace roofscape::cli
