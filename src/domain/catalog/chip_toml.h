// A chip as the file that catalog/chips/ would hold.
//
// Thread safety: pure functions.

#pragma once

#include <string>

#include "domain/catalog/chip.h"

namespace roofscape::catalog {

/// TOML that ReadChip() reads back as the same chip, in the layout of docs/reference/catalog.md.
std::string ToToml(const Chip& chip);

}  // namespace roofscape::catalog
