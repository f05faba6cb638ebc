#include "model/calibrate/open_loop.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "model/perf/mean_power.h"

namespace roofscape::calibrate {
namespace {

double GroupsOf(const perf::Service& s) { return s.serve.workers * perf::Streams(s.serve.worker); }

}  // namespace

double LengthVariation(double low) { return (1.0 - low) / (1.0 + low) / std::sqrt(3.0); }

void OpenLoop::Correct(const Case& c, const Model& model, const OwnChip& own,
                       perf::StationState& state, double ttft_factor) {
  const Prediction p = c.own ? own.Predict(c) : model.Predict(c);
  if (c.own) {
    // What shares a pass depends on how many there are: a service of its own for each state.
    state = perf::ServingState(own.Learned(c).service, coefficients_, c.load);
  } else {
    if (!c.service.disaggregated) state.before_s *= ttft_factor;
    state.after_s *= model.FactorsOf(c).tpot;
  }
  before_deviation_.push_back(Deviation(p.ttft_s));
  after_deviation_.push_back(Deviation(p.tpot_s));
  domain_ = p.domain;
}

Result<OpenLoop> OpenLoop::Make(CaseAt case_at, const Model& model, const OwnChip& own,
                                double variation, double sequences) {
  OpenLoop out;
  out.case_at_ = std::move(case_at);
  out.own_ = own;
  RS_ASSIGN_OR_RETURN(const Case lone, out.case_at_(1.0));
  out.coefficients_ = lone.own ? *own.Learned(lone).own : model.CoefficientsOf(lone);
  const double limit = sequences * GroupsOf(lone.service);
  out.service_ =
      perf::MakeOpenService(lone.service, out.coefficients_, lone.load, variation, limit);
  // A lone request's TTFT is the predicted one.
  const double ttft = model.Predict(lone).ttft_s.value;
  const double factor = ttft / out.service_.serve.states.front().before_s;
  for (perf::StationState& state : out.service_.serve.states) {
    RS_ASSIGN_OR_RETURN(const Case c, out.case_at_(state.requests));
    out.Correct(c, model, own, state, factor);
  }
  if (out.service_.prefill) {
    const double prompt = out.service_.prefill->states.front().before_s;
    out.service_.beside_s = std::max(ttft - prompt, 0.0);
  }
  out.capacity_ = {perf::CapacityRps(out.service_), perf::CapacityRps(out.Shifted(kNormal80)),
                   perf::CapacityRps(out.Shifted(-kNormal80))};
  return out;
}

/// All times longer by so many standard deviations.
perf::OpenService OpenLoop::Shifted(double deviations) const {
  perf::OpenService out = service_;
  for (std::size_t i = 0; i < out.serve.states.size(); ++i) {
    out.serve.states[i].before_s *= std::exp(deviations * before_deviation_[i]);
    out.serve.states[i].after_s *= std::exp(deviations * after_deviation_[i]);
  }
  out.beside_s *= std::exp(deviations * before_deviation_.front());
  if (!out.prefill) return out;
  for (perf::StationState& state : out.prefill->states) {
    state.before_s *= std::exp(deviations * before_deviation_.front());
  }
  return out;
}

Result<std::optional<OpenPrediction>> OpenLoop::At(double rate_rps) const {
  RS_ASSIGN_OR_RETURN(const Case lone, case_at_(1.0));
  const double output = lone.load.output;
  const auto point = perf::OpenLoopAt(service_, rate_rps, output);
  if (!point) return std::optional<OpenPrediction>();
  const auto slow = perf::OpenLoopAt(Shifted(kNormal80), rate_rps, output);
  const auto fast = perf::OpenLoopAt(Shifted(-kNormal80), rate_rps, output);
  const double none = std::numeric_limits<double>::infinity();
  OpenPrediction out;
  out.rate_rps = rate_rps;
  out.point = *point;
  out.prediction.domain = domain_;
  out.prediction.ttft_s = {point->ttft_s, fast->ttft_s, slow ? slow->ttft_s : none};
  out.prediction.tpot_s = {point->tpot_s, fast->tpot_s, slow ? slow->tpot_s : none};
  const double tokens = rate_rps * (lone.load.input + output) / lone.chips;
  out.prediction.tput_per_chip = {tokens, tokens, tokens};

  const double busy = 1.0 - point->idle;
  const double groups = GroupsOf(lone.service);
  RS_ASSIGN_OR_RETURN(const Case made, case_at_(std::max(point->serving / busy, 1.0)));
  const Case c = made.own ? own_.Learned(made) : made;
  perf::Point<double> steady;
  steady.ttft = point->ttft_s;
  steady.tpot = point->tpot_s;
  steady.decoding = rate_rps / groups * point->tpot_s * output / busy;
  out.why = Explain(c, coefficients_, steady);
  out.why.admitted = service_.serve.states.back().requests / groups;
  out.why.cache *= point->serving / groups / std::max(steady.decoding, 1e-9);
  if (out.why.chip_w) {
    const double idle = perf::PowerShares{}.idle * c.service.machine.tdp_w;
    out.why.chip_w = busy * *out.why.chip_w + point->idle * idle;
  }
  return std::optional<OpenPrediction>(std::move(out));
}

}  // namespace roofscape::calibrate
