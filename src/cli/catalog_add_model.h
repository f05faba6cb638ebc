// roofscape catalog add-model: declared here for catalog.cc, which adds it.

#pragma once

namespace CLI {
class App;
}

namespace roofscape::cli {

struct Invocation;

void AddCatalogAddModel(CLI::App& catalog, Invocation& invocation);

}  // namespace roofscape::cli
