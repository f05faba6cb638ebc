#include "model/perf/links.h"

#include <algorithm>

namespace roofscape::perf {
namespace {

/// Chips of islands that rails join, at most: as large as any deployment that is looked at.
constexpr int kMostOverRails = 4096;

bool SameParams(const LinkTable<double>& a, const LinkTable<double>& b) {
  return std::equal(a.kinds.begin(), a.kinds.end(), b.kinds.begin(),
                    [](const LinkParams<double>& x, const LinkParams<double>& y) {
                      return x.launch_s == y.launch_s && x.step_s == y.step_s &&
                             x.efficiency == y.efficiency && x.half_bytes == y.half_bytes &&
                             x.own_share == y.own_share;
                    });
}

}  // namespace

Result<std::shared_ptr<const Links>> MakeLinks(const catalog::Catalog& catalog,
                                               const catalog::Chip& chip) {
  using catalog::Topology;
  if (chip.links.scale_up.empty()) return std::shared_ptr<const Links>();
  RS_ASSIGN_OR_RETURN(const catalog::Fabric* up, FindFabric(catalog, chip.links.scale_up));
  const bool joined = up->chip_gb_s && up->chips && *up->chips > 1;
  const bool other = up->topology == Topology::kTorus || up->topology == Topology::kMesh ||
                     up->topology == Topology::kDragonfly;
  if (!joined || !other) return std::shared_ptr<const Links>();
  const catalog::Fabric* out = nullptr;
  if (!chip.links.scale_out.empty()) {
    RS_ASSIGN_OR_RETURN(out, FindFabric(catalog, chip.links.scale_out));
    if (!out->chip_gb_s) out = nullptr;
  }
  const auto island = static_cast<int>(*up->chips);
  auto links = std::make_shared<Links>();
  RS_ASSIGN_OR_RETURN(
      links->fabric,
      MakeFabric(*up, out, out == nullptr ? island : std::max(island, kMostOverRails)));
  // A worker gets chips that lie together.
  if (up->topology == Topology::kTorus) SetOwnSlices(links->fabric);
  const CommDefaults defaults = DefaultParams(*up, out);
  links->params = defaults.params;
  links->copies = defaults.copies;
  return std::shared_ptr<const Links>(std::move(links));
}

bool Same(const std::shared_ptr<const Links>& a, const std::shared_ptr<const Links>& b) {
  if (a == b) return true;
  if (!a || !b) return false;
  return a->fabric == b->fabric && a->copies == b->copies && a->params.hop_s == b->params.hop_s &&
         SameParams(a->params.island, b->params.island) &&
         SameParams(a->params.rails, b->params.rails);
}

}  // namespace roofscape::perf
