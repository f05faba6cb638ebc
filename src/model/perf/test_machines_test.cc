#include "model/perf/testing/test_machines.h"

#include <gtest/gtest.h>

namespace roofscape::perf {

TEST(TestMachines, WeightsAreTheParameters) {
  // 2 bytes of each parameter on one chip: what a chip holds is what the model has.
  const Service s = ServiceOf(DenseModel(), Layout{});
  EXPECT_NEAR(s.serve.worker.weight_bytes, 2.0 * catalog::CountParameters(DenseModel()).total,
              1e-3 * s.serve.worker.weight_bytes);
  const Service routed = ServiceOf(RoutedModel(), Layout{.chips = 8, .ep = 8});
  // Attention's latent projections are copied? No: MLA's products are cut too; only the router is.
  const double total = 2.0 * catalog::CountParameters(RoutedModel()).total;
  EXPECT_NEAR(8.0 * routed.serve.worker.weight_bytes, total, 0.01 * total);
}

}  // namespace roofscape::perf
