#include "model/perf/open_loop.h"

#include <algorithm>
#include <cmath>

namespace roofscape::perf {
namespace {

double Residence(const StationState& s) { return s.before_s + s.after_s; }

/// Unnormalised sums over the chain, and the probability of the state it stands at.
class Births {
 public:
  Births(double rate_rps, double groups) : rate_(rate_rps), groups_(groups) {}

  /// One more in service. An arrival that finds the state before moves to this one, so that its
  /// probability is the weight of this state's times in the mean over requests.
  void Step(const StationState& s) {
    before_ += at_ * s.before_s;
    after_ += at_ * s.after_s;
    at_ *= rate_ * Residence(s) / s.requests;
    mass_ += at_;
    serving_ += at_ * s.requests;
    idle_ += at_ * std::max(1.0 - s.requests / groups_, 0.0);
    if (at_ > 1e200) Scale(1e-200);
  }

  /// Nobody comes who would not be far out in the tail: `next` states are less likely.
  bool Over(const StationState& next) const {
    return at_ < 1e-13 * mass_ && rate_ * Residence(next) < 0.99 * next.requests;
  }

  /// All states in which others wait behind a full station. `used`: rate over capacity, below 1.
  void Wait(const StationState& full, double used, double share) {
    const double behind = at_ * used / (1.0 - used);
    before_ += (at_ + behind) * full.before_s;
    after_ += (at_ + behind) * full.after_s;
    mass_ += behind;
    serving_ += behind * full.requests;
    idle_ += behind * std::max(1.0 - full.requests / groups_, 0.0);
    waiting_ = share * behind / (1.0 - used);
  }

  StationPoint Point() const {
    return {waiting_ / (mass_ * rate_), before_ / mass_, after_ / mass_, serving_ / mass_,
            idle_ / mass_};
  }

 private:
  void Scale(double factor) {
    for (double* sum : {&at_, &mass_, &before_, &after_, &serving_, &idle_}) *sum *= factor;
  }

  double rate_;
  double groups_;
  double at_ = 1.0;
  double mass_ = 1.0;
  double idle_ = 1.0;
  double before_ = 0.0;
  double after_ = 0.0;
  double serving_ = 0.0;
  double waiting_ = 0.0;
};

/// Prompts of one worker after another share a step where several wait, so that a prefill side
/// completes more the more it has.
Station PrefillStation(const Service& s, const Coefficients<double>& c, const Load& load) {
  const Lowered& w = s.prefill.worker;
  const double servers = s.prefill.workers * Streams(w);
  const double together = PromptsAStep(s.token_budget, load.Fresh(), 1e9);
  Station station;
  for (const double n : StateGrid(std::floor(servers * together))) {
    const double batch = std::max(n / servers, 1.0);
    station.states.push_back({n, PrefillSeconds(s.machine, w, c, load, batch), 0.0});
  }
  station.wait_share = 0.5;  // Prompts of one length.
  return station;
}

/// Until the first token of a request that comes while others decode: the rest of the step that
/// runs, then a step with its prompt and those that came meanwhile. Steps with prompts are longer,
/// so that more arrivals see them. Where nobody decodes its prompt is alone. An engine that looks
/// for prompts after so many steps only lets those beyond the half pass, too.
double FirstToken(const Service& s, const Coefficients<double>& c, const Load& load,
                  const Point<double>& p) {
  const Lowered& w = s.serve.worker;
  const StepLoad<double> decode = DecodeLoad(s, load, p.decoding);
  const double step = Total(ForwardSeconds(s.machine, w, c, decode, false));
  const double gained = TokensAStep(s, c);
  const double prompts = p.decoding * gained / load.output;  // A step.
  const double each = (p.tpot - step / gained) * gained / prompts;
  const double mean = step + prompts * each;
  const double residual = 0.5 * (mean + prompts * each * each / mean);
  const double meanwhile = prompts * 2.0 * residual / mean;
  const double looks = std::max(c[kPoll] - 0.5, 0.0) * step;
  const double pass = (s.prompts_first ? 0.0 : step) + each * (1.0 + meanwhile);
  const double shared = looks + residual + pass;
  const double alone = PrefillSeconds(s.machine, w, c, load, 1.0, 1.0);
  const double others = std::clamp(p.decoding * (1.0 - 1.0 / load.concurrency), 0.0, 1.0);
  const double front = c[kFront] * (load.concurrency / s.serve.workers);
  return c[kRequest] + c[kPromptToken] * load.input + front + FetchSeconds(s, w, load) + alone +
         others * (shared - alone);
}

}  // namespace

double CapacityRps(const Station& station) {
  const StationState& full = station.states.back();
  return full.requests / Residence(full);
}

std::optional<StationPoint> StationAt(const Station& station, double rate_rps) {
  const double used = rate_rps / CapacityRps(station);
  if (!(used < 1.0)) return std::nullopt;
  Births chain(rate_rps, station.groups);
  StationState now = station.states.front();
  chain.Step(now);
  for (std::size_t i = 1; i < station.states.size(); ++i) {
    const StationState& to = station.states[i];
    const double steps = to.requests - now.requests;
    const double before = (to.before_s - now.before_s) / steps;
    const double after = (to.after_s - now.after_s) / steps;
    const StationState from = now;
    for (double k = 1.0; k <= steps; k += 1.0) {
      now = {from.requests + k, from.before_s + k * before, from.after_s + k * after};
      if (chain.Over(now)) return chain.Point();
      chain.Step(now);
    }
    now = to;
  }
  chain.Wait(now, used, station.wait_share);
  return chain.Point();
}

double CapacityRps(const OpenService& service) {
  const double serve = CapacityRps(service.serve);
  return service.prefill ? std::min(serve, CapacityRps(*service.prefill)) : serve;
}

std::optional<OpenPoint> OpenLoopAt(const OpenService& service, double rate_rps, double output) {
  const auto serve = StationAt(service.serve, rate_rps);
  if (!serve) return std::nullopt;
  OpenPoint p;
  p.waits_s = serve->waits_s;
  p.ttft_s = service.beside_s + serve->waits_s + serve->before_s;
  p.tpot_s = serve->after_s / std::max(output - 1.0, 1.0);
  p.serving = serve->serving;
  p.idle = serve->idle;
  if (service.prefill) {
    const auto prefill = StationAt(*service.prefill, rate_rps);
    if (!prefill) return std::nullopt;
    p.waits_s += prefill->waits_s;
    p.ttft_s += prefill->waits_s + prefill->before_s;
  }
  p.in_flight = rate_rps * (p.ttft_s + serve->after_s);
  return p;
}

std::vector<double> StateGrid(double most) {
  std::vector<double> grid = {1.0};
  for (double octave = 2.0; grid.back() < most; octave *= 2.0) {
    grid.push_back(std::min(octave, most));
    const double between = 1.5 * octave;
    if (octave < most) grid.push_back(std::min(between, most));
  }
  return grid;
}

double MostInService(const Service& s, const Coefficients<double>& c, const Load& load,
                     double limit) {
  const double groups = s.serve.workers * Streams(s.serve.worker);
  return std::max(std::floor(std::min(groups * AdmittedSequences(s, c, load), limit)), 1.0);
}

StationState ServingState(const Service& s, const Coefficients<double>& c, const Load& load) {
  Coefficients<double> steady = c;
  steady[kBurst] = 0.0;
  const Point<double> p = MeanField(s, steady, load);
  const double after = p.tpot * std::max(load.output - 1.0, 1.0);
  return {load.concurrency, s.serial ? p.ttft : FirstToken(s, c, load, p), after};
}

OpenService MakeOpenService(const Service& s, const Coefficients<double>& c, const Load& load,
                            double variation, double limit) {
  OpenService out;
  out.serve.wait_share = 0.5 * (1.0 + variation * variation);
  const double groups = s.serve.workers * Streams(s.serve.worker);
  out.serve.groups = groups;
  for (const double n : StateGrid(MostInService(s, c, load, limit))) {
    if (!s.disaggregated) {
      Load there = load;
      there.concurrency = n;
      out.serve.states.push_back(ServingState(s, c, there));
      continue;
    }
    const StepLoad<double> step = DecodeLoad(s, load, std::max(n / groups, 1.0));
    const double seconds = Total(ForwardSeconds(s.machine, s.serve.worker, c, step, false));
    const double tpot = seconds / TokensAStep(s, c);
    // Admitted where a step ends, and decoding from the next such moment after its cache has come.
    const double rest = 0.5 * seconds * std::min((n - 1.0) / groups, 1.0);
    out.serve.states.push_back({n, rest, rest + tpot * std::max(load.output - 1.0, 1.0)});
  }
  if (!s.disaggregated) return out;
  out.prefill = PrefillStation(s, c, load);
  out.beside_s = c[kRequest] + c[kPromptToken] * load.input + c[kTransfer] +
                 FetchSeconds(s, s.prefill.worker, load);
  return out;
}

}  // namespace roofscape::perf
