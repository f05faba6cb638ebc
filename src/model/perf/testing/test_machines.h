// Machines and models for the tests of this room and of those that stand on it, made by hand: round
// numbers, no catalog.

#pragma once

#include <memory>

#include "domain/catalog/model.h"
#include "model/perf/links.h"
#include "model/perf/mean_field.h"

namespace roofscape::perf {

/// 1 PFLOP/s bf16, 2 fp8, 4 fp4, 4 TB/s, 100 GB, 8 chips at 400 GB/s.
Machine TestMachine();
/// Sixteen chips on a torus of 4 x 4, or eight in a full mesh; a chip has `bytes_per_s` in all.
std::shared_ptr<const Links> TestLinks(catalog::Topology topology, double bytes_per_s);
/// A dense model of 32 layers, 4,096 wide, GQA 32/8 x 128.
catalog::Model DenseModel();
/// The same with 64 routed experts of 2,048, 8 a token, on MLA.
catalog::Model RoutedModel();
/// Three of four layers with a recurrent state.
catalog::Model RecurrentModel();

/// A worker of it in bf16 unless said; the layout must fit.
Service ServiceOf(const catalog::Model& model, const Layout& layout,
                  const Formats& formats = Formats{});

/// The priors.
Coefficients<double> PriorCoefficients();

}  // namespace roofscape::perf
