#include "model/calibrate/model.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace roofscape::calibrate {
namespace {

constexpr double kNormal80 = 1.2815515655446004;  // Half of the 80 % interval of a normal.

std::size_t ModeOf(const Case& c) {
  return c.service.disaggregated || c.kinds[kSpeculationKind].starts_with("unknown(") ? 1 : 0;
}

std::size_t ScalePlace(std::size_t output, std::size_t mode, Domain domain) {
  return (output * 2 + mode) * 3 + static_cast<std::size_t>(domain);
}

Figure FigureOf(double logarithm, double deviation) {
  return {std::exp(logarithm), std::exp(logarithm - kNormal80 * deviation),
          std::exp(logarithm + kNormal80 * deviation)};
}

double OutputSeconds(const Case& c) { return std::max(c.load.output - 1.0, 1.0); }

/// Rows of one place are one anchor: the mean of their errors.
struct Anchor {
  Site site;
  double errors[2] = {};
  double counts[2] = {};
};

std::vector<Anchor> Anchors(std::span<const Case> cases, std::span<const char> used,
                            std::span<const double> fitted, Names& names) {
  std::map<std::vector<std::int64_t>, std::size_t> places;
  std::vector<Anchor> anchors;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    if (!used[i]) continue;
    const Site site = names.Add(cases[i]);
    std::vector<std::int64_t> key(site.kinds.begin(), site.kinds.end());
    for (const float size : site.sizes) key.push_back(std::llround(size * 64.0F));
    const auto [place, added] = places.try_emplace(key, anchors.size());
    if (added) anchors.push_back({site, {}, {}});
    Anchor& a = anchors[place->second];
    const LogErrors e = ErrorsOf(cases[i], fitted);
    const double values[2] = {e.tpot, e.ttft};
    const bool measured[2] = {cases[i].tpot_s > 0.0, cases[i].ttft_s > 0.0};
    for (int o = 0; o < 2; ++o) {
      a.errors[o] += measured[o] ? values[o] : 0.0;
      a.counts[o] += measured[o] ? 1.0 : 0.0;
    }
  }
  for (Anchor& a : anchors) {
    for (int o = 0; o < 2; ++o) a.errors[o] /= std::max(a.counts[o], 1.0);
  }
  return anchors;
}

}  // namespace

std::string_view Name(Domain domain) {
  switch (domain) {
    case Domain::kKnown: return "known";
    case Domain::kPartly: return "partly known";
    case Domain::kUnknown: return "unknown";
  }
  return "";
}

double WholeWindowTput(const Case& c, double ttft_s, double tpot_s) {
  // Shares of the window that ramp and tail leave, from the rows that publish both.
  const double k = c.setting.protocol != perf::kBurstProtocol               ? 1.0
                   : c.service.disaggregated && c.load.concurrency >= 512.0 ? 0.957
                                                                            : 0.976;
  const double e2e = ttft_s + tpot_s * OutputSeconds(c);
  return k * c.load.concurrency * (c.load.input + c.load.output) / e2e / c.chips;
}

Model Model::Calibrate(std::span<const Case> cases, std::span<const char> used) {
  Model model;
  model.fitted_ = FitCoefficients(cases, used, FitOptions{}).fitted;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    if (!used[i]) continue;
    ++model.rows_;
    model.curves_.insert(cases[i].kinds[kCurveKind]);
  }
  for (const Anchor& a : Anchors(cases, used, model.fitted_, model.names_)) {
    model.sites_.push_back(a.site);
    for (std::size_t o = 0; o < kOutputs; ++o) model.errors_[o].push_back(a.errors[o]);
  }
  model.scales_.fill(1.0);
  model.BuildResiduals();
  model.ScaleIntervals(cases, used);
  return model;
}

void Model::BuildResiduals() {
  residuals_.clear();
  for (std::size_t o = 0; o < kOutputs; ++o) {
    residuals_.emplace_back(DefaultCovariance(o == 1), sites_, errors_[o]);
  }
}

/// Widens or narrows the intervals so that four of five rows lie inside, each predicted without its
/// curve (known), without its model or without its chip (partly known).
void Model::ScaleIntervals(std::span<const Case> cases, std::span<const char> used) {
  std::array<std::vector<double>, kOutputs * kModes * kDomains> ratios;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    if (!used[i]) continue;
    const Site site = names_.SiteOf(cases[i]);
    const LogErrors e = ErrorsOf(cases[i], fitted_);
    const double errors[kOutputs] = {e.tpot, e.ttft};
    const std::size_t mode = ModeOf(cases[i]);
    const struct {
      Kind without;
      Domain domain;
    } tries[] = {
        {kCurveKind, Domain::kKnown}, {kModelKind, Domain::kPartly}, {kChipKind, Domain::kPartly}};
    for (const auto& [without, domain] : tries) {
      const auto allowed = [&, kind = without](std::size_t j) {
        return sites_[j].kinds[kind] != site.kinds[kind];
      };
      for (std::size_t o = 0; o < kOutputs; ++o) {
        const Correction c = residuals_[o].At(site, allowed);
        ratios[ScalePlace(o, mode, domain)].push_back(std::abs(errors[o] - c.mean) /
                                                      std::sqrt(c.variance));
      }
    }
  }
  for (std::size_t i = 0; i < ratios.size(); ++i) {
    auto& r = ratios[i];
    if (r.size() < 20) continue;
    const auto place = r.begin() + static_cast<std::ptrdiff_t>(0.8 * static_cast<double>(r.size()));
    std::nth_element(r.begin(), place, r.end());
    scales_[i] = *place / kNormal80;
  }
  // The coefficients have seen what these rows were predicted without. Fitted anew without it, the
  // open rows' errors spread 1.2 to 2 times as far.
  constexpr double kUnseen = 1.7;
  for (std::size_t o = 0; o < kOutputs; ++o) {
    for (std::size_t m = 0; m < kModes; ++m) scales_[ScalePlace(o, m, Domain::kPartly)] *= kUnseen;
  }
  for (std::size_t o = 0; o < kOutputs; ++o) {
    for (std::size_t m = 0; m < kModes; ++m) {
      // Nothing near: what is partly known, and half as much again.
      scales_[ScalePlace(o, m, Domain::kUnknown)] =
          1.5 * scales_[ScalePlace(o, m, Domain::kPartly)];
    }
  }
}

Domain Model::DomainOf(const Site& site) const {
  bool chip = false;
  bool model = false;
  for (const Site& s : sites_) {
    const bool same_chip = s.kinds[kChipKind] == site.kinds[kChipKind];
    const bool same_model = s.kinds[kModelKind] == site.kinds[kModelKind];
    if (same_chip && same_model && s.kinds[kEngineKind] == site.kinds[kEngineKind]) {
      return Domain::kKnown;
    }
    chip |= same_chip;
    model |= same_model;
  }
  return chip || model ? Domain::kPartly : Domain::kUnknown;
}

Correction Model::Corrected(std::size_t output, const Site& site, Domain domain,
                            std::size_t mode) const {
  Correction c = residuals_[output].At(site, nullptr);
  const double scale = scales_[ScalePlace(output, mode, domain)];
  c.variance *= scale * scale;
  return c;
}

perf::Coefficients<double> Model::CoefficientsOf(const perf::Setting& setting) const {
  return perf::CoefficientsFor(fitted_, setting);
}

bool Model::Fitted(const Case& c) const { return curves_.contains(c.kinds[kCurveKind]); }

Explanation Model::Explain(const Case& c) const {
  const auto coefficients = CoefficientsOf(c.setting);
  const auto point = perf::MeanField(c.service, coefficients, c.load);
  const perf::Machine& machine = c.service.machine;
  const perf::Lowered& worker = c.service.serve.worker;
  const perf::Lowered& prefills = c.service.disaggregated ? c.service.prefill.worker : worker;
  Explanation out;
  out.decoding = point.decoding;
  out.admitted = perf::AdmittedSequences(c.service, coefficients, c.load);
  out.decode = perf::ForwardSeconds(machine, worker, coefficients,
                                    perf::DecodeLoad(c.service, c.load, point.decoding), false);
  perf::StepLoad<double> prompt;
  prompt.prefill = c.load.input;
  prompt.pairs = 0.5 * c.load.input * c.load.input;
  out.prefill = perf::ForwardSeconds(machine, prefills, coefficients, prompt, true);
  out.memory = machine.memory;
  out.weights = worker.weight_bytes;
  out.cache_room = perf::CacheBytes(machine, worker, coefficients[perf::kMemoryShare]);
  const double held = c.load.input + 0.5 * c.load.output;
  out.cache = point.decoding * (held * worker.cache_bytes_per_token +
                                worker.windowed_bytes_per_sequence + worker.recurrent.state_bytes);
  return out;
}

Prediction Model::Predict(const Case& c, const Ablation& parts) const {
  const std::vector<double> priors(perf::kFitted, 0.0);
  const auto coefficients =
      perf::CoefficientsFor(parts.fitted ? std::span<const double>(fitted_) : priors, c.setting);
  const auto point = perf::MeanField(c.service, coefficients, c.load);
  const Site site = names_.SiteOf(c);
  const std::size_t mode = ModeOf(c);
  Prediction out;
  out.domain = DomainOf(site);
  Correction tpot = Corrected(0, site, out.domain, mode);
  Correction ttft = Corrected(1, site, out.domain, mode);
  if (!parts.residual) tpot.mean = ttft.mean = 0.0;
  out.tpot_s = FigureOf(std::log(point.tpot) - tpot.mean, std::sqrt(tpot.variance));
  out.ttft_s = FigureOf(std::log(point.ttft) - ttft.mean, std::sqrt(ttft.variance));
  // Throughput moves with E2E, of which each time is a share.
  const double decode = out.tpot_s.value * OutputSeconds(c);
  const double share = decode / (decode + out.ttft_s.value);
  const double variance =
      share * share * tpot.variance + (1.0 - share) * (1.0 - share) * ttft.variance;
  out.tput_per_chip = FigureOf(std::log(WholeWindowTput(c, out.ttft_s.value, out.tpot_s.value)),
                               std::sqrt(variance));
  return out;
}

}  // namespace roofscape::calibrate
