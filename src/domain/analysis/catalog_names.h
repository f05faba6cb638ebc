// Names of one thing that meet: what a deployment says, as the catalog calls it.
//
// Thread safety: pure functions.

#pragma once

#include "domain/catalog/catalog.h"
#include "domain/spec/deployment.h"

namespace roofscape::analysis {

/// Puts the catalog's ids where it knows model, chip and engine, so that names of one thing meet.
void UseCatalogNames(const catalog::Catalog& catalog, spec::Deployment& deployment);

}  // namespace roofscape::analysis
