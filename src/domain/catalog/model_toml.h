// A model as the file that catalog/models/ would hold.
//
// Thread safety: pure functions.

#pragma once

#include <string>

#include "domain/catalog/model.h"

namespace roofscape::catalog {

/// TOML that ReadModel() reads back as the same model, in the layout of docs/reference/catalog.md.
std::string ToToml(const Model& model);

}  // namespace roofscape::catalog
