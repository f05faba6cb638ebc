// A chip of the catalog with other links between its likes.
//
// Thread safety: pure functions.

#pragma once

#include <string>

#include "base/core/result.h"
#include "domain/catalog/catalog.h"
#include "model/codesign/joint.h"

namespace roofscape::study {

/// The chip with that fabric, as the model takes it. `scale_out` may be empty. Errors: names that
/// the catalog does not have, a fabric without a rate.
Result<codesign::FabricOption> FabricOf(const catalog::Catalog& catalog, const catalog::Chip& base,
                                        const std::string& name, const std::string& scale_out);

}  // namespace roofscape::study
