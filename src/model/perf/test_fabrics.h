// For tests: the shipped catalog, fabrics made of it, and measured data that may be absent.
//
// Thread safety: for tests.

#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/catalog/catalog.h"
#include "model/perf/collective_params.h"
#include "model/perf/fabric.h"

namespace roofscape::perf {

/// The catalog of the repository. REQUIRES: the working directory is its root.
const catalog::Catalog& ShippedFabrics();

/// A chip's fabric and parameters; fails the test if the catalog has no such thing.
struct OnChips {
  Fabric fabric;
  CommDefaults defaults;
};
OnChips FabricOf(std::string_view chip, int chips);

/// Rows of cells of a table of measured data kept outside of the repository, the header first;
/// nothing where there is none, and the test is to be skipped.
std::optional<std::vector<std::vector<std::string>>> SharedTable(const std::string& path);

}  // namespace roofscape::perf
