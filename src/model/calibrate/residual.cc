#include "model/calibrate/residual.h"

#include <algorithm>
#include <cmath>

#include "model/calibrate/linear.h"

namespace roofscape::calibrate {
namespace {

constexpr std::size_t kNeighbours = 64;
constexpr double kLeast = 1e-6;  // Less covariance is none.

constexpr std::uint32_t Mask(std::initializer_list<Kind> kinds) {
  std::uint32_t mask = 0;
  for (const Kind k : kinds) mask |= 1U << k;
  return mask;
}

std::uint32_t Agreement(const Site& a, const Site& b) {
  std::uint32_t mask = 0;
  for (std::size_t k = 0; k < kKinds; ++k) {
    mask |= static_cast<std::uint32_t>(a.kinds[k] >= 0 && a.kinds[k] == b.kinds[k]) << k;
  }
  return mask;
}

/// Squared distance in lengths.
double Distance(const Covariance& c, const Site& a, const Site& b) {
  double sum = 0.0;
  for (std::size_t i = 0; i < kSizes; ++i) {
    const double d = static_cast<double>(a.sizes[i] - b.sizes[i]) / c.lengths[i];
    sum += d * d;
  }
  return sum;
}

double Covary(const Covariance& c, const Site& a, const Site& b) {
  const std::uint32_t agree = Agreement(a, b);
  double distance = -1.0;
  double scale = 0.0;
  double decay = 0.0;  // Terms of one scale stand together: one exponential for all of them.
  double sum = 0.0;
  for (const Term& t : c.terms) {
    if ((agree & t.same) != t.same) continue;
    if (distance < 0.0) distance = Distance(c, a, b);
    if (t.scale != scale) {
      scale = t.scale;
      decay = std::exp(-0.5 * distance / (scale * scale));
    }
    sum += t.variance * decay;
  }
  return sum;
}

double PriorVariance(const Covariance& c) {
  double sum = 0.0;
  for (const Term& t : c.terms) sum += t.variance;
  return sum;
}

}  // namespace

Site Names::Add(const Case& c) {
  for (std::size_t k = 0; k < kKinds; ++k) Append(k, c.kinds[k]);
  return SiteOf(c);
}

Site Names::SiteOf(const Case& c) const {
  Site site;
  for (std::size_t i = 0; i < kSizes; ++i) site.sizes[i] = static_cast<float>(c.sizes[i]);
  for (std::size_t k = 0; k < kKinds; ++k) {
    const auto found = numbers_[k].find(c.kinds[k]);
    site.kinds[k] = found == numbers_[k].end() ? -1 : found->second;
  }
  return site;
}

std::vector<std::string> Names::List(std::size_t kind) const {
  std::vector<std::string> list(numbers_[kind].size());
  for (const auto& [name, number] : numbers_[kind]) list[static_cast<std::size_t>(number)] = name;
  return list;
}

void Names::Append(std::size_t kind, const std::string& name) {
  numbers_[kind].try_emplace(name, static_cast<std::int32_t>(numbers_[kind].size()));
}

Covariance DefaultCovariance(bool ttft) {
  Covariance c;
  const double s = ttft ? 4.0 : 1.0;
  const auto same = [](std::initializer_list<Kind> kinds) {
    return Mask(kinds) | Mask({kModeKind});
  };
  c.terms = {
      {same({kEngineKind, kProtocolKind}), 0.0024 * s, 2.0},
      {same({kModelKind, kPrecisionKind}), 0.010 * s, 2.0},
      {same({kEngineKind, kGenerationKind, kShapeKind, kPrecisionKind}), 0.010 * s, 1.5},
      {same({kEngineKind, kModelKind, kPrecisionKind}), 0.020 * s, 1.5},
      {same({kChipKind, kModelKind, kPrecisionKind}), 0.006 * s, 1.5},
      {same({kEngineKind, kGenerationKind, kModelKind, kPrecisionKind, kSpeculationKind}), 0.02 * s,
       1.0},
      {same({kEngineKind, kChipKind, kModelKind, kPrecisionKind, kSpeculationKind}), 0.02 * s, 1.0},
      {same({kEngineKind, kChipKind, kModelKind, kPrecisionKind, kBatchKind}), 0.008 * s, 1.0},
  };
  //           slots input output chips ranks copies workers prefill
  c.lengths = {2.0, 1.5, 1.5, 1.2, 1.2, 1.2, 1.5, 1.5};
  c.noise = 0.0012 * s;
  return c;
}

Residual::Residual(Covariance covariance, std::vector<Site> sites, std::vector<double> errors)
    : covariance_(std::move(covariance)),
      sites_(std::move(sites)),
      errors_(std::move(errors)),
      noise_(sites_.size(), covariance_.noise) {
  Remember();
  WeighOutliers();
}

Residual::Residual(Covariance covariance, std::vector<Site> sites, std::vector<double> errors,
                   std::vector<double> noise)
    : covariance_(std::move(covariance)),
      sites_(std::move(sites)),
      errors_(std::move(errors)),
      noise_(std::move(noise)) {}

void Residual::Remember() {
  remembered_.clear();
  remembered_.reserve(sites_.size() * (sites_.size() + 1) / 2);
  for (std::size_t i = 0; i < sites_.size(); ++i) {
    for (std::size_t j = 0; j <= i; ++j) {
      remembered_.push_back(Covary(covariance_, sites_[i], sites_[j]));
    }
  }
}

void Residual::Forget() { std::vector<double>().swap(remembered_); }

double Residual::Between(std::size_t i, std::size_t j) const {
  if (remembered_.empty()) return Covary(covariance_, sites_[i], sites_[j]);
  const std::size_t row = std::max(i, j);
  return remembered_[row * (row + 1) / 2 + std::min(i, j)];
}

Correction Residual::At(const Site& site, const std::function<bool(std::size_t)>& allowed) const {
  Near near;
  near.reserve(sites_.size());
  for (std::size_t i = 0; i < sites_.size(); ++i) {
    if (allowed && !allowed(i)) continue;
    const double k = Covary(covariance_, site, sites_[i]);
    if (k > kLeast) near.emplace_back(-k, i);
  }
  return From(near);
}

/// By the nearest of `near`, which it sorts.
Correction Residual::From(Near& near) const {
  const std::size_t n = std::min(near.size(), kNeighbours);
  std::partial_sort(near.begin(), near.begin() + static_cast<std::ptrdiff_t>(n), near.end());
  SymmetricMatrix a(n);
  std::vector<double> k(n);
  std::vector<double> y(n);
  for (std::size_t i = 0; i < n; ++i) {
    k[i] = -near[i].first;
    y[i] = errors_[near[i].second];
    for (std::size_t j = 0; j < i; ++j) {
      a.At(i, j) = Between(near[i].second, near[j].second);
    }
    a.At(i, i) = PriorVariance(covariance_) + noise_[near[i].second];
  }
  Correction out{0.0, PriorVariance(covariance_) + covariance_.noise};
  if (n == 0 || !a.Factor()) return out;
  a.SolveLower(k);
  a.SolveLower(y);
  for (std::size_t i = 0; i < n; ++i) {
    out.mean += k[i] * y[i];
    out.variance -= k[i] * k[i];
  }
  out.variance = std::max(out.variance, covariance_.noise);
  return out;
}

void Residual::WeighOutliers() {
  std::vector<double> updated = noise_;
  Near near;
  for (std::size_t i = 0; i < sites_.size(); ++i) {
    near.clear();
    for (std::size_t j = 0; j < sites_.size(); ++j) {
      const double k = Between(i, j);
      if (j != i && k > kLeast) near.emplace_back(-k, j);
    }
    const Correction c = From(near);
    const double r = errors_[i] - c.mean;
    const double excess = r * r / (4.0 * c.variance);
    if (excess > 1.0) updated[i] = covariance_.noise + r * r;
  }
  noise_ = std::move(updated);
}

}  // namespace roofscape::calibrate
