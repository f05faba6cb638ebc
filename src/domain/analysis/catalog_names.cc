#include "domain/analysis/catalog_names.h"

#include <algorithm>
#include <string>

namespace roofscape::analysis {
namespace {

template <class Find>
void UseId(Find find, const catalog::Catalog& catalog, std::string& name) {
  if (name.empty()) return;
  if (const auto found = find(catalog, name)) name = (*found)->entry.id;
}

}  // namespace

void UseCatalogNames(const catalog::Catalog& catalog, spec::Deployment& deployment) {
  UseId(catalog::FindModel, catalog, deployment.model);
  UseId(catalog::FindChip, catalog, deployment.chip);
  UseId(catalog::FindEngine, catalog, deployment.engine);
  std::transform(deployment.precision.begin(), deployment.precision.end(),
                 deployment.precision.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
}

}  // namespace roofscape::analysis
