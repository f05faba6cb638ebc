#include "model/perf/mean_power.h"

#include <cmath>

#include <gtest/gtest.h>

#include "model/perf/testing/test_machines.h"

namespace roofscape::perf {
namespace {

Machine WithTdp() {
  Machine m = TestMachine();
  m.tdp_w = 1000;
  return m;
}

double Power(Service service, const Coefficients<double>& c, double concurrency) {
  service.machine.tdp_w = 1000;
  const Load load{concurrency, 1024, 1024};
  return MeanPower(service, c, load, MeanField(service, c, load));
}

TEST(Power, IdlesDrawsItsFloorAndNeverMoreThanItsTdp) {
  const Machine m = WithTdp();
  Work<double> work;
  EXPECT_NEAR(PowerOf(m, work), 190, 1e-9);
  work.kernels = 1.0;
  EXPECT_NEAR(PowerOf(m, work), 575, 1e-9);
  work.memory = 1.0;
  EXPECT_NEAR(PowerOf(m, work), 775, 1e-9);
  work.compute = {1.0, 1.0, 1.0};
  work.link = 1.0;
  EXPECT_NEAR(PowerOf(m, work), 1000, 1e-9);
}

TEST(Power, OfADecodeStepIsWhatItReadsAndMultiplies) {
  const Service s = ServiceOf(DenseModel(), {.chips = 1});
  StepLoad<double> load;
  load.decode = 10;
  load.context = 2000;
  const auto times = ForwardSeconds(s.machine, s.serve.worker, PriorCoefficients(), load, false);
  const auto work = WorkOf(s.machine, s.serve.worker, load, times);
  const Lowered& w = s.serve.worker;
  double bytes = w.head.weight_bytes + 10 * 2000 * w.attentions[0].bytes_per_context_token;
  for (std::size_t i = 0; i < w.product_count; ++i) bytes += w.products[i].weight_bytes;
  EXPECT_NEAR(work.memory, bytes / s.machine.bandwidth, 1e-12);
  EXPECT_LT(work.memory, Total(times));  // Nothing is read faster than it can be.
  EXPECT_GT(work.kernels, 0.0);
  EXPECT_EQ(work.link, 0.0);
}

TEST(Power, RisesWithTheLoadAndStaysBetweenIdleAndTdp) {
  const auto c = PriorCoefficients();
  for (const auto& model : {DenseModel(), RoutedModel(), RecurrentModel()}) {
    const Service s = ServiceOf(model, {.chips = 8});
    double last = 0.0;
    for (const double users : {1.0, 8.0, 64.0, 256.0}) {
      const double watts = Power(s, c, users);
      EXPECT_GT(watts, 190.0);
      EXPECT_LE(watts, 1000.0);
      EXPECT_GE(watts, last - 1.0) << users;
      last = watts;
    }
  }
}

TEST(Power, OfTwoPoolsLiesBetweenThem) {
  Service s = ServiceOf(DenseModel(), {.chips = 4});
  s.disaggregated = true;
  s.prefill = s.serve;
  const double both = Power(s, PriorCoefficients(), 64);
  EXPECT_GT(both, 190.0);
  EXPECT_LE(both, 1000.0);
  // More prefill chips for the same work draw less each.
  s.prefill.workers = 8;
  EXPECT_LT(Power(s, PriorCoefficients(), 64), both);
}

TEST(Power, TakesTheSameWorkWithDerivatives) {
  using D = Dual<2>;
  const Service s = ServiceOf(DenseModel(), {.chips = 1});
  Coefficients<D> c;
  const auto priors = PriorCoefficients();
  for (std::size_t i = 0; i < kCoefficients; ++i) c[i] = D(priors[i]);
  c[kWeightRead] = D::Variable(priors[kWeightRead], 0);
  Service tdp = s;
  tdp.machine.tdp_w = 1000;
  const Load load{8, 1024, 1024};
  const D watts = MeanPower(tdp, c, load, MeanField(tdp, c, load));
  EXPECT_NEAR(watts.value, Power(s, priors, 8), 1e-6);
  EXPECT_TRUE(std::isfinite(watts.slope[0]));
}

}  // namespace
}  // namespace roofscape::perf
