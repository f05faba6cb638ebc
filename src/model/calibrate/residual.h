// What the formulas miss, learned from the rows: a smooth correction of log TTFT and log TPOT,
// shrunk to nothing where no row is near (kriging, that is a Gaussian process on the nearest rows).
//
// Rows are alike by names (engine, chip, model, precision, ...) and near by sizes; the covariance
// is a sum of terms, each over rows that share certain names: what an engine does wrong on every
// model, what one model does on one chip, and so on. So an unknown chip or model keeps the broad
// terms and an interval as wide as the lost ones.
//
// Ownership: plain values. Thread safety: const functions may run in parallel.

#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "model/calibrate/case.h"

namespace roofscape::calibrate {

/// A place in the space of rows: names as numbers.
struct Site {
  std::array<float, kSizes> sizes = {};
  std::array<std::int32_t, kKinds> kinds = {};
};

/// Numbers of names, the same for all sites of a residual.
class Names {
 public:
  /// The place of a case; names that are new get numbers.
  Site Add(const Case& c);
  /// The same, where a new name is -1: like nothing else.
  Site SiteOf(const Case& c) const;

  /// Of one kind, in the order of their numbers.
  std::vector<std::string> List(std::size_t kind) const;
  /// Gives the next number of a kind to a name.
  void Append(std::size_t kind, const std::string& name);

 private:
  std::array<std::map<std::string, std::int32_t>, kKinds> numbers_;
};

/// One term of the covariance: rows that agree in `same` (a mask of kinds) covary by
/// variance x exp(-sum over sizes ((a - b) / (scale x length))^2 / 2).
struct Term {
  std::uint32_t same = 0;
  double variance = 0.0;
  double scale = 1.0;
};

struct Covariance {
  std::vector<Term> terms;
  std::array<double, kSizes> lengths = {};  // In octaves.
  double noise = 0.0;                       // Variance of a single row.
};

/// Covariances found by cross-validation on the open rows; `ttft` else TPOT.
Covariance DefaultCovariance(bool ttft);

struct Correction {
  double mean = 0.0;      // To be subtracted from log(predicted / measured).
  double variance = 0.0;  // Of the row to be predicted, noise included.
};

class Residual {
 public:
  /// Learns how much each row is to be believed: an outlier among its neighbours counts less.
  Residual(Covariance covariance, std::vector<Site> sites, std::vector<double> errors);
  /// The same with what an earlier one learned, `noise` the variance of each row.
  Residual(Covariance covariance, std::vector<Site> sites, std::vector<double> errors,
           std::vector<double> noise);

  const std::vector<double>& noise() const { return noise_; }
  /// From the nearest sites that `allowed` lets through (null: all).
  Correction At(const Site& site, const std::function<bool(std::size_t)>& allowed) const;

  /// Keeps how all sites covary by twos, 8 bytes a pair, while At is asked thousands of times.
  void Remember();
  void Forget();

 private:
  using Near = std::vector<std::pair<double, std::size_t>>;  // Minus the covariance, and the place.

  void WeighOutliers();
  double Between(std::size_t i, std::size_t j) const;
  Correction From(Near& near) const;

  Covariance covariance_;
  std::vector<Site> sites_;
  std::vector<double> errors_;
  std::vector<double> noise_;       // Variance of each row: outliers count less.
  std::vector<double> remembered_;  // The lower triangle by rows, or empty.
};

}  // namespace roofscape::calibrate
