#include "cli/calibrated_estimator.h"

#include <array>
#include <string_view>

namespace roofscape::cli {
namespace {

calibrate::RowPool PoolOf(const codesign::Worker& worker, std::optional<double> workers) {
  const perf::Layout& l = worker.lowered.layout;
  return {workers, l.chips / l.pp / l.dp, l.ep, l.dp, l.pp};
}

codesign::Band BandOf(const calibrate::Figure& f) { return {f.value, f.low80, f.high80}; }

}  // namespace

std::string EngineWord(perf::EngineClass engine) {
  constexpr std::array<std::string_view, perf::kEngineClasses> kWords = {"other", "vllm", "sglang",
                                                                         "trtllm"};
  return std::string(kWords[engine]);
}

Result<codesign::Estimate> CalibratedEstimator::Of(const codesign::Space& space,
                                                   const codesign::Plan& plan, double concurrency) {
  const codesign::Family& family = space.families[plan.family];
  calibrate::ServingRow row;
  row.chip = family.chip;
  row.model = model_;
  row.engine = EngineWord(family.engine);
  row.precision = family.precision;
  row.speculative = space.drafts > 0.0 ? "mtp" : "none";
  row.input = input_;
  row.output = output_;
  row.concurrency = concurrency;
  const codesign::Worker& serve = family.workers[plan.serve];
  if (plan.prefill == codesign::kNoPrefill) {
    // Replicas share the users evenly: each is one deployment of its own.
    row.serve = PoolOf(serve, std::nullopt);
    row.concurrency /= static_cast<double>(plan.serve_workers);
  } else {
    row.disaggregated = true;
    row.decode = PoolOf(serve, static_cast<double>(plan.serve_workers));
    row.prefill = PoolOf(family.workers[static_cast<std::size_t>(plan.prefill)],
                         static_cast<double>(plan.prefill_workers));
  }
  RS_ASSIGN_OR_RETURN(calibrate::Case c, calibrate::MakeCase(catalog_, row, &book_));
  c.service.unlimited_cache = false;
  c.service.token_budget = family.token_budget;
  c.service.speculation.drafts = space.drafts;
  const calibrate::Prediction p = fitted_.Predict(c);
  return codesign::Estimate{BandOf(p.ttft_s), BandOf(p.tpot_s), BandOf(p.tput_per_chip),
                            std::string(Name(p.domain))};
}

}  // namespace roofscape::cli
