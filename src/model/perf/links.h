// What joins the chips of a machine where that is no switch: a torus, a mesh, a dragonfly. A pass
// then takes its collectives from collective.h; behind a switch it takes a bandwidth and fitted
// starts (travel.h), which measured rows have moved.
//
// Nothing here was fitted to rows: parameters are the catalog's, or assumed (collective_params.h).
//
// Thread safety: plain values.

#pragma once

#include <memory>

#include "base/core/result.h"
#include "domain/catalog/catalog.h"
#include "model/perf/collective_params.h"
#include "model/perf/fabric.h"

namespace roofscape::perf {

struct Links {
  Fabric fabric;  // As large as it is sold; over several islands, where it has rails.
  CommParams<double> params;
  Copies copies = Copies::kPerRank;

  /// Whether so many chips can be joined.
  bool Joins(double chips) const { return chips <= static_cast<double>(fabric.chips); }
};

/// Of a chip's fabrics; null: a switch, a bus, whose sums were measured as those of switches are,
/// or nothing at all.
Result<std::shared_ptr<const Links>> MakeLinks(const catalog::Catalog& catalog,
                                               const catalog::Chip& chip);

/// The same links, or such with the same figures.
bool Same(const std::shared_ptr<const Links>& a, const std::shared_ptr<const Links>& b);

}  // namespace roofscape::perf
