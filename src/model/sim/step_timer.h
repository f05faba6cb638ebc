// The time of an engine's step: the one place where the simulator meets the performance model.
//
// A StepModel says what a step takes; StepTimer remembers its answers by bucket, so that a formula
// of a microsecond costs nanoseconds. An answer depends on its bucket alone, never on what was
// asked before: a simulation gives the same on any machine and thread. Decode steps are exact in
// the batch and interpolated between grid points of the context, 8 an octave; what prompts add is
// taken in the middle of buckets 3 % wide in tokens and 6 % in what they look back at.
//
// Loads are of one attention group. Thread safety: a StepModel is const; a StepTimer belongs to one
// thread.

#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "model/perf/mean_field.h"

namespace roofscape::sim {

class StepModel {
 public:
  virtual ~StepModel() = default;

  /// Seconds of a step in which `decode` sequences with a mean context get their next token.
  virtual double DecodeSeconds(double decode, double context) const = 0;

  /// Seconds that `prefill` prompt tokens with `pairs` (query, key) pairs add to such a step; with
  /// decode 0: a step of their own.
  virtual double PromptSeconds(double decode, double context, double prefill,
                               double pairs) const = 0;
};

/// By perf::ForwardSeconds. Prompts in a step of decodes cost what the mean field says
/// (perf::PromptsAdd): between sharing the step and stopping it, by the engine's fitted kMix.
class PerfStepModel final : public StepModel {
 public:
  PerfStepModel(const perf::Machine& machine, const perf::Lowered& worker,
                const perf::Coefficients<double>& coefficients, double drafts);

  double DecodeSeconds(double decode, double context) const override;
  double PromptSeconds(double decode, double context, double prefill, double pairs) const override;

 private:
  perf::StepLoad<double> LoadOf(double decode, double context, double prefill, double pairs) const;
  double Forward(double decode, double context, double prefill, double pairs, bool prefills) const;

  perf::Machine machine_;
  perf::Lowered worker_;
  perf::Coefficients<double> coefficients_;
  double drafts_;
};

/// Another model's steps, each longer by a factor that depends on its batch.
class ScaledStepModel final : public StepModel {
 public:
  /// `factors`: of batches of 1, 2, 4, ... sequences; between them it is interpolated in the
  /// logarithms, beyond the last it stays. Steps without a sequence take the first. REQUIRES: not
  /// empty, all above 0.
  ScaledStepModel(std::shared_ptr<const StepModel> inner, std::span<const double> factors);

  double DecodeSeconds(double decode, double context) const override;
  double PromptSeconds(double decode, double context, double prefill, double pairs) const override;

 private:
  double FactorAt(double decode) const;

  std::shared_ptr<const StepModel> inner_;
  std::vector<double> logarithms_;
};

class StepTimer {
 public:
  /// `copies`: attention groups of a worker, among which its load is spread evenly.
  StepTimer(std::shared_ptr<const StepModel> model, double copies);

  /// Of a whole worker: its sequences, their mean context.
  double DecodeSeconds(std::int64_t decode, double context);
  double PromptSeconds(std::int64_t decode, double context, double prefill, double pairs);

 private:
  struct Entry {
    std::uint64_t key = 0;  // 0: empty.
    double seconds = 0.0;
  };

  double AtGrid(std::int64_t decode, std::int64_t cell);

  std::shared_ptr<const StepModel> model_;
  double copies_;
  std::vector<Entry> decodes_;
  std::vector<Entry> prompts_;
};

}  // namespace roofscape::sim
