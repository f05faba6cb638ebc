// roofscape catalog add-model: declared here for catalog.cc, which adds it.

#pragma once

#include "cli/flags.h"

namespace roofscape::cli {

struct Invocation;

void AddCatalogAddModel(Command& catalog, Invocation& invocation);

}  // namespace roofscape::cli
