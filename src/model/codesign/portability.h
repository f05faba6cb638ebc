// What it costs to move a model that was shaped for one machine to another. Q(m, x) is the most
// that machine x gives with model m over all layouts, at a speed for a user; m*_x the model that
// gives most on x among equally good ones; the loss of moving from x to y is
//
//   1 - Q(m*_x, y) / Q(m*_y, y)
//
// 0 on the diagonal, never below. Values are the mean field's: most machines have no measured rows.
//
// Thread safety: Portability: one thread, for its book of kernel times; searches start threads.

#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/core/result.h"
#include "model/codesign/layout_choice.h"
#include "model/codesign/wafer_plan.h"

namespace roofscape::codesign {

/// A machine to run on: chips and what joins them, or wafers.
struct Target {
  std::string name;
  ChipOption chip;
  EngineOption engine;
  std::string precision;  // As Wish::precisions.
  /// Kernels take so many times what their curves or rooflines say, sums over links apart.
  double kernel_time = 1.0;
  std::optional<WaferSite> wafer;
};

/// What a model gives on a machine at one speed.
struct Served {
  double value = 0.0;            // Tokens for each unit of what is spent.
  double low = 0.0, high = 0.0;  // Of wafers, else as the value.
  double tpot_s = 0.0;
  std::string plan;          // "tp 4, 96 in flight", "17 wafers, 120 users"
  std::optional<Kept> kept;  // Missing: wafers.
};
using ServedAt = std::vector<std::optional<Served>>;  // By speed; missing: not reached.

/// Losses at one speed: [x * machines + y]; missing where x or y has no best model, 1 where x's
/// does not run on y. REQUIRES: values[model][machine] at that speed.
struct Losses {
  std::vector<std::optional<std::size_t>> best;  // m*_x: the model, by machine.
  std::vector<std::optional<double>> loss;
};
Losses LossesOf(const std::vector<std::vector<ServedAt>>& values, std::size_t speed);

/// How kernels are thought of.
struct Kernels {
  /// 0: as curves and fits have them; else every kernel reaches this share of its roofline.
  double utilisation = 0.0;
};

class Portability {
 public:
  /// `common`: lengths, loads and coefficients. All must outlive it; `book` may be null.
  Portability(const Wish& common, std::span<const Target> targets, std::vector<double> speeds_tps,
              double ttft_limit_s, const SearchOptions& options, perf::KernelBook* book)
      : common_(common),
        targets_(targets),
        speeds_tps_(std::move(speeds_tps)),
        ttft_limit_s_(ttft_limit_s),
        options_(options),
        book_(book) {}

  /// The best of a model on a target at each speed.
  Result<ServedAt> BestOf(const catalog::Model& model, std::size_t target,
                          const perf::Travel& travel, const Kernels& kernels);
  /// The same in the legal layout nearest to one kept from elsewhere.
  Result<ServedAt> KeptOn(const catalog::Model& model, std::size_t target, const Kept& kept);

  std::uint64_t evaluated() const { return evaluated_; }

 private:
  Result<Space> SpaceOf(const catalog::Model& model, const Target& target,
                        const perf::Travel& travel, const Kernels& kernels);
  Result<ServedAt> OnWafers(const catalog::Model& model, const Target& target) const;

  const Wish& common_;
  std::span<const Target> targets_;
  std::vector<double> speeds_tps_;
  double ttft_limit_s_;
  const SearchOptions& options_;
  perf::KernelBook* book_;
  std::uint64_t evaluated_ = 0;
};

/// Coefficients of kernels that all reach a share of their roofline; launches, host and links as
/// they were.
perf::Coefficients<double> AtUtilisation(perf::Coefficients<double> c, double utilisation);

/// Coefficients of kernels that take so many times as long, curves and rooflines alike.
perf::Coefficients<double> Slower(perf::Coefficients<double> c, double times);

}  // namespace roofscape::codesign
