#include "model/codesign/plan.h"

#include <cmath>

namespace roofscape::codesign {
namespace {

/// Ten digits of a number: what differs by rounding alone is alike.
double TenDigits(double value) { return value > 0.0 ? std::round(std::log(value) * 1e10) : -1e300; }

}  // namespace

std::int64_t ChipsOf(const Space& space, const Plan& plan) {
  const auto& workers = space.families[plan.family].workers;
  std::int64_t chips = plan.serve_workers * workers[plan.serve].chips;
  if (plan.prefill != kNoPrefill) {
    chips += plan.prefill_workers * workers[static_cast<std::size_t>(plan.prefill)].chips;
  }
  return chips;
}

perf::Service ServiceOf(const Space& space, const Plan& plan) {
  const Family& family = space.families[plan.family];
  perf::Service service;
  service.machine = family.machine;
  service.token_budget = family.token_budget;
  service.speculation.drafts = space.drafts;
  service.serve = {family.workers[plan.serve].lowered, static_cast<double>(plan.serve_workers)};
  if (plan.prefill != kNoPrefill) {
    service.disaggregated = true;
    service.prefill = {family.workers[static_cast<std::size_t>(plan.prefill)].lowered,
                       static_cast<double>(plan.prefill_workers)};
  }
  perf::SetEngine(family.engine, service);
  return service;
}

bool HoldsAll(const perf::Service& service, const perf::Coefficients<double>& c,
              const perf::Load& load) {
  if (!service.disaggregated) return true;
  const double batches = service.serve.workers * perf::Streams(service.serve.worker);
  return load.concurrency <= batches * perf::AdmittedSequences(service, c, load);
}

double ValueOf(const Family& family, std::int64_t chips, const perf::Load& load, double ttft_s,
               double tpot_s) {
  const double e2e = ttft_s + tpot_s * (load.output - 1.0);
  return load.concurrency * (load.input + load.output) / e2e /
         (static_cast<double>(chips) * family.weight);
}

Option Evaluate(const Space& space, const Plan& plan, double concurrency) {
  const Family& family = space.families[plan.family];
  perf::Load load = space.lengths;
  load.concurrency = concurrency;
  const auto point = perf::MeanField(ServiceOf(space, plan), family.coefficients, load);
  return {plan, concurrency, point.ttft, point.tpot,
          ValueOf(family, ChipsOf(space, plan), load, point.ttft, point.tpot)};
}

bool Better(const Space& space, const Option& a, const Option& b) {
  const auto key = [&](const Option& o) {
    const Plan& p = o.plan;
    return std::tuple(-TenDigits(o.value), ChipsOf(space, p), p.family, p.serve, p.prefill,
                      p.serve_workers, p.prefill_workers, o.concurrency);
  };
  return key(a) < key(b);
}

}  // namespace roofscape::codesign
