#include "model/calibrate/model.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "model/calibrate/linear.h"
#include "model/perf/mean_power.h"

namespace roofscape::calibrate {
namespace {

std::size_t ModeOf(const Case& c) {
  return c.service.disaggregated || c.kinds[kSpeculationKind].starts_with("unknown(") ? 1 : 0;
}

std::size_t ScalePlace(std::size_t output, std::size_t mode, Domain domain) {
  return (output * 2 + mode) * 3 + static_cast<std::size_t>(domain);
}

double OutputSeconds(const Case& c) { return std::max(c.load.output - 1.0, 1.0); }

/// What the formulas miss at one place: of log TPOT and log TTFT.
struct Anchor {
  Site site;
  std::array<double, 2> errors = {};
};

/// Least squares of c0 + c1 x + c2 x^2, with a little ridge for points that lie together.
std::array<double, 3> Parabola(const std::vector<double>& x, const std::vector<double>& y) {
  SymmetricMatrix a(3);
  std::array<double, 3> c = {};
  for (std::size_t k = 0; k < x.size(); ++k) {
    const double powers[3] = {1.0, x[k], x[k] * x[k]};
    for (std::size_t i = 0; i < 3; ++i) {
      c[i] += powers[i] * y[k];
      for (std::size_t j = 0; j <= i; ++j) a.At(i, j) += powers[i] * powers[j];
    }
  }
  for (std::size_t i = 0; i < 3; ++i) a.At(i, i) += 1e-6;
  if (!a.Factor()) return {c[0] / static_cast<double>(x.size()), 0.0, 0.0};
  a.Solve(c);
  return c;
}

/// A curve of more than three rows becomes three anchors on the parabola through its errors: noise
/// is smoothed, and a model file keeps what was fitted, not rows.
void AddCurve(const std::vector<Anchor>& rows, std::vector<Anchor>& anchors) {
  if (rows.size() <= 3) {
    anchors.insert(anchors.end(), rows.begin(), rows.end());
    return;
  }
  std::vector<double> x;
  for (const Anchor& a : rows) x.push_back(static_cast<double>(a.site.sizes[kSlotsSize]));
  const auto [low, high] = std::minmax_element(x.begin(), x.end());
  const double places[3] = {*low, 0.5 * (*low + *high), *high};
  std::array<std::array<double, 3>, 2> c;
  for (std::size_t o = 0; o < 2; ++o) {
    std::vector<double> y;
    for (const Anchor& a : rows) y.push_back(a.errors[o]);
    c[o] = Parabola(x, y);
  }
  for (const double place : places) {
    Anchor a = rows[0];
    a.site.sizes[kSlotsSize] = static_cast<float>(place);
    for (std::size_t o = 0; o < 2; ++o) {
      a.errors[o] = c[o][0] + c[o][1] * place + c[o][2] * place * place;
    }
    anchors.push_back(a);
  }
}

/// Of both sets of coefficients the one that a case takes.
std::span<const double> SetOf(std::span<const double> fitted, const Case& c) {
  return fitted.subspan(c.service.disaggregated ? perf::kFitted : 0, perf::kFitted);
}

/// The numbers of a fit that trusts rows of each kind so many times as much as they say.
std::vector<double> FitTrusting(double aggregated, double disaggregated,
                                std::span<const Case> cases, std::span<const char> used) {
  std::vector<Case> weighed(cases.begin(), cases.end());
  for (Case& c : weighed) c.trust *= c.service.disaggregated ? disaggregated : aggregated;
  return FitCoefficients(weighed, used, FitOptions{}).fitted;
}

/// Two sets. Disaggregated rows were run by other stacks and hide the most: believed like others,
/// they made a chip that was left out 17 % too fast, so that they count a twentieth for what is
/// aggregated. For what is disaggregated these count whole and the others, which wait for other
/// things, less. That fit begins with the priors, too: begun with the first set it takes no less
/// time, and ends where unseen TTFT is predicted worse.
std::vector<double> FitBoth(std::span<const Case> cases, std::span<const char> used) {
  std::vector<double> both = FitTrusting(1.0, 0.05, cases, used);
  const std::vector<double> second = FitTrusting(0.3, 1.0, cases, used);
  both.insert(both.end(), second.begin(), second.end());
  return both;
}

std::vector<Anchor> Anchors(std::span<const Case> cases, std::span<const char> used,
                            std::span<const double> fitted, Names& names) {
  std::map<std::array<std::int32_t, kKinds>, std::vector<Anchor>> curves;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    if (!used[i] || cases[i].tpot_s <= 0.0 || cases[i].ttft_s <= 0.0) continue;
    const LogErrors e = ErrorsOf(cases[i], SetOf(fitted, cases[i]));
    const Site site = names.Add(cases[i]);
    curves[site.kinds].push_back({site, {e.tpot, e.ttft}});
  }
  std::vector<Anchor> anchors;
  for (const auto& [kinds, rows] : curves) AddCurve(rows, anchors);
  return anchors;
}

}  // namespace

std::string_view Name(Domain domain) {
  switch (domain) {
    case Domain::kKnown: return "known";
    case Domain::kPartly: return "partly known";
    case Domain::kUnknown: return "unknown";
    case Domain::kProbed: return "probed";
    case Domain::kAnchored: return "probed, one point measured";
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
  model.fitted_ = FitBoth(cases, used);
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
  for (std::size_t o = 0; o < kOutputs; ++o) {
    model.residuals_.emplace_back(DefaultCovariance(o == 1), model.sites_, model.errors_[o]);
  }
  model.ScaleIntervals(cases, used);
  for (Residual& residual : model.residuals_) residual.Forget();
  return model;
}

/// Widens or narrows the intervals so that four of five rows lie inside, each predicted without its
/// curve (known), without its model or without its chip (partly known).
void Model::ScaleIntervals(std::span<const Case> cases, std::span<const char> used) {
  std::array<std::vector<double>, kOutputs * kModes * kDomains> ratios;
  // Every third row tells the quantile as well as all do, in a third of the time.
  for (std::size_t i = 0; i < cases.size(); i += 3) {
    if (!used[i]) continue;
    const Site site = names_.SiteOf(cases[i]);
    const LogErrors e = ErrorsOf(cases[i], SetOf(fitted_, cases[i]));
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
  // The coefficients have seen what these rows were predicted without. Chosen so that about four of
  // five open rows lie inside when they are fitted anew without it; what hides most of what ran
  // moves the most.
  constexpr double kUnseen[kOutputs][kModes] = {{1.4, 1.4}, {1.4, 2.0}};
  for (std::size_t o = 0; o < kOutputs; ++o) {
    for (std::size_t m = 0; m < kModes; ++m) {
      scales_[ScalePlace(o, m, Domain::kPartly)] *= kUnseen[o][m];
    }
  }
  for (std::size_t o = 0; o < kOutputs; ++o) {
    for (std::size_t m = 0; m < kModes; ++m) {
      // Nothing near: twice as wide as what is partly known.
      scales_[ScalePlace(o, m, Domain::kUnknown)] =
          2.0 * scales_[ScalePlace(o, m, Domain::kPartly)];
    }
  }
}

Domain Model::DomainOf(const Site& site) const {
  bool chip = false;
  bool generation = false;
  bool model = false;
  for (const Site& s : sites_) {
    const bool same_chip = s.kinds[kChipKind] == site.kinds[kChipKind];
    const bool same_model = s.kinds[kModelKind] == site.kinds[kModelKind];
    if (same_chip && same_model && s.kinds[kEngineKind] == site.kinds[kEngineKind]) {
      return Domain::kKnown;
    }
    chip |= same_chip;
    generation |= s.kinds[kGenerationKind] == site.kinds[kGenerationKind];
    model |= same_model;
  }
  // Another maker's chip, or a generation that was never measured, is unlike all that was.
  if (!chip && !generation) return Domain::kUnknown;
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

perf::Coefficients<double> Model::CoefficientsOf(const Case& c) const {
  return perf::CoefficientsFor(SetOf(fitted_, c), c.setting);
}

bool Model::Fitted(const Case& c) const { return curves_.contains(c.kinds[kCurveKind]); }

Explanation Model::Explain(const Case& c) const { return calibrate::Explain(c, CoefficientsOf(c)); }

namespace {

/// What a power cap leaves of the clock in a pass.
double ClockOf(const perf::Machine& m, const perf::Lowered& w,
               const perf::Coefficients<double>& coefficients, const perf::StepLoad<double>& load,
               bool prefill) {
  const auto full = perf::FullClockSeconds(m, w, coefficients, load, prefill);
  return perf::ClockUnderCap(m, w, load, full).share;
}

}  // namespace

Explanation Explain(const Case& c, const perf::Coefficients<double>& coefficients) {
  const perf::Point<double> point = perf::MeanField(c.service, coefficients, c.load);
  Explanation out = Explain(c, coefficients, point);
  out.formula_tpot_s = point.tpot;
  return out;
}

Explanation Explain(const Case& c, const perf::Coefficients<double>& coefficients,
                    const perf::Point<double>& point) {
  const perf::Machine& machine = c.service.machine;
  const perf::Lowered& worker = c.service.serve.worker;
  const perf::Lowered& prefills = c.service.disaggregated ? c.service.prefill.worker : worker;
  Explanation out;
  out.decoding = point.decoding;
  out.admitted = perf::AdmittedSequences(c.service, coefficients, c.load);
  const auto step = perf::DecodeLoad(c.service, c.load, point.decoding);
  out.decode = perf::ForwardSeconds(machine, worker, coefficients, step, false);
  auto prompt = perf::PromptLoad<double>(c.load, 1.0);
  prompt.copies = 1.0;
  out.prefill = perf::ForwardSeconds(machine, prefills, coefficients, prompt, true);
  out.gained = perf::TokensAStep(c.service, coefficients);
  if (machine.power_cap_w > 0.0) {
    out.decode_clock = ClockOf(machine, worker, coefficients, step, /*prefill=*/false);
    out.prompt_clock = ClockOf(machine, prefills, coefficients, prompt, /*prefill=*/true);
  }
  out.memory = machine.memory;
  out.weights = worker.weight_bytes;
  out.cache_room = perf::CacheBytes(c.service, worker, coefficients);
  const double held = c.load.input + 0.5 * c.load.output;
  out.cache = point.decoding * (held * worker.cache_bytes_per_token +
                                worker.windowed_bytes_per_sequence + worker.recurrent.state_bytes);
  if (machine.tdp_w > 0.0) out.chip_w = perf::MeanPower(c.service, coefficients, c.load, point);
  return out;
}

void Model::ExpectMany() {
  for (Residual& residual : residuals_) residual.Remember();
}

Model::Factors Model::FactorsOf(const Case& c) const {
  const Site site = names_.SiteOf(c);
  const auto factor = [&](std::size_t output) {
    return std::exp(-residuals_[output].At(site, nullptr).mean);
  };
  return {factor(1), factor(0)};
}

Prediction Model::Predict(const Case& c, const Ablation& parts) const {
  const std::vector<double> priors(perf::kFitted, 0.0);
  const auto coefficients =
      parts.fitted ? CoefficientsOf(c) : perf::CoefficientsFor(priors, c.setting);
  const auto point = perf::MeanField(c.service, coefficients, c.load);
  const Site site = names_.SiteOf(c);
  const std::size_t mode = ModeOf(c);
  Prediction out;
  out.domain = DomainOf(site);
  Correction tpot = Corrected(0, site, out.domain, mode);
  Correction ttft = Corrected(1, site, out.domain, mode);
  if (!parts.residual) tpot.mean = ttft.mean = 0.0;
  out.tpot_s = FigureOfLog(std::log(point.tpot) - tpot.mean, std::sqrt(tpot.variance));
  out.ttft_s = FigureOfLog(std::log(point.ttft) - ttft.mean, std::sqrt(ttft.variance));
  // Throughput moves with E2E, of which each time is a share.
  const double decode = out.tpot_s.value * OutputSeconds(c);
  const double share = decode / (decode + out.ttft_s.value);
  const double variance =
      share * share * tpot.variance + (1.0 - share) * (1.0 - share) * ttft.variance;
  out.tput_per_chip = FigureOfLog(std::log(WholeWindowTput(c, out.ttft_s.value, out.tpot_s.value)),
                                  std::sqrt(variance));
  return out;
}

}  // namespace roofscape::calibrate
