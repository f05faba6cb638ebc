#include "model/sim/step_timer.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "base/core/check.h"

namespace roofscape::sim {
namespace {

constexpr std::size_t kEntries = std::size_t{1} << 14;

std::size_t PlaceOf(std::uint64_t key) {
  return static_cast<std::size_t>((key * 0x9e3779b97f4a7c15ULL) >> 50);
}

/// Number of the bucket of a whole number: each its own up to 2^bits, then 2^bits an octave.
std::uint64_t BucketOf(double x, int bits) {
  const auto n = static_cast<std::uint64_t>(std::max(x, 0.0));
  const auto width = static_cast<int>(std::bit_width(n));
  if (width <= bits) return n;
  const int shift = width - bits - 1;
  return ((static_cast<std::uint64_t>(shift) + 1) << bits) +
         ((n >> shift) - (std::uint64_t{1} << bits));
}

/// The middle of a bucket.
double MiddleOf(std::uint64_t bucket, int bits) {
  const std::uint64_t octave = bucket >> bits;
  if (octave == 0) return static_cast<double>(bucket);
  const auto shift = static_cast<int>(octave - 1);
  const std::uint64_t low = ((std::uint64_t{1} << bits) + (bucket & ((1ULL << bits) - 1))) << shift;
  return static_cast<double>(low) + 0.5 * static_cast<double>((1ULL << shift) - 1);
}

constexpr int kGridBits = 3;
constexpr int kTokenBits = 5;
constexpr int kKeyBits = 4;

}  // namespace

PerfStepModel::PerfStepModel(const perf::Machine& machine, const perf::Lowered& worker,
                             const perf::Coefficients<double>& coefficients, double drafts)
    : machine_(machine), worker_(worker), coefficients_(coefficients), drafts_(drafts) {}

perf::StepLoad<double> PerfStepModel::LoadOf(double decode, double context, double prefill,
                                             double pairs) const {
  perf::StepLoad<double> load;
  load.decode = decode;
  load.context = context;
  load.drafts = drafts_;
  load.prefill = prefill;
  load.pairs = pairs;
  return load;
}

double PerfStepModel::Forward(double decode, double context, double prefill, double pairs,
                              bool prefills) const {
  return perf::Total(perf::ForwardSeconds(machine_, worker_, coefficients_,
                                          LoadOf(decode, context, prefill, pairs), prefills));
}

double PerfStepModel::DecodeSeconds(double decode, double context) const {
  return Forward(decode, context, 0.0, 0.0, false);
}

double PerfStepModel::PromptSeconds(double decode, double context, double prefill,
                                    double pairs) const {
  if (decode <= 0.0) return Forward(0.0, 0.0, prefill, pairs, true);
  return perf::PromptsAdd(machine_, worker_, coefficients_, LoadOf(decode, context, prefill, pairs),
                          DecodeSeconds(decode, context));
}

ScaledStepModel::ScaledStepModel(std::shared_ptr<const StepModel> inner,
                                 std::span<const double> factors)
    : inner_(std::move(inner)) {
  RS_CHECK(!factors.empty());
  for (const double factor : factors) {
    RS_CHECK(factor > 0.0);
    logarithms_.push_back(std::log(factor));
  }
}

double ScaledStepModel::FactorAt(double decode) const {
  const double place = std::log2(std::max(decode, 1.0));
  const auto below = std::min(static_cast<std::size_t>(place), logarithms_.size() - 1);
  const std::size_t above = std::min(below + 1, logarithms_.size() - 1);
  const double share = place - static_cast<double>(below);
  return std::exp(logarithms_[below] + share * (logarithms_[above] - logarithms_[below]));
}

double ScaledStepModel::DecodeSeconds(double decode, double context) const {
  return inner_->DecodeSeconds(decode, context) * FactorAt(decode);
}

double ScaledStepModel::PromptSeconds(double decode, double context, double prefill,
                                      double pairs) const {
  return inner_->PromptSeconds(decode, context, prefill, pairs) * FactorAt(decode);
}

StepTimer::StepTimer(std::shared_ptr<const StepModel> model, double copies)
    : model_(std::move(model)), copies_(copies), decodes_(kEntries), prompts_(kEntries) {
  RS_CHECK(model_ != nullptr && copies >= 1.0);
}

double StepTimer::AtGrid(std::int64_t decode, std::int64_t cell) {
  const std::uint64_t key =
      (static_cast<std::uint64_t>(decode) << 16 | static_cast<std::uint64_t>(cell)) + 1;
  Entry& entry = decodes_[PlaceOf(key)];
  if (entry.key != key) {
    // Cell borders: 2^octave (1 + part / 8), from 8 on.
    const double parts = 1 << kGridBits;
    const double border =
        std::ldexp(1.0 + static_cast<double>(cell & ((1 << kGridBits) - 1)) / parts,
                   static_cast<int>(cell >> kGridBits));
    entry = {key, model_->DecodeSeconds(static_cast<double>(decode) / copies_, border)};
  }
  return entry.seconds;
}

double StepTimer::DecodeSeconds(std::int64_t decode, double context) {
  const double x = std::max(context, 1.0);
  int exponent = 0;
  const double fraction = std::frexp(x, &exponent);  // In [0.5, 1).
  const double parts = (2.0 * fraction - 1.0) * (1 << kGridBits);
  const auto part = static_cast<std::int64_t>(parts);
  const std::int64_t cell = ((std::int64_t{exponent} - 1) << kGridBits) + part;
  const double low = AtGrid(decode, cell);
  const double high = AtGrid(decode, cell + 1);
  return low + (high - low) * (parts - static_cast<double>(part));
}

double StepTimer::PromptSeconds(std::int64_t decode, double context, double prefill, double pairs) {
  const std::uint64_t batch = BucketOf(static_cast<double>(decode), kTokenBits);
  const std::uint64_t look = decode > 0 ? BucketOf(context, kKeyBits) : 0;
  const std::uint64_t tokens = BucketOf(prefill, kTokenBits);
  const std::uint64_t keys = BucketOf(pairs / std::max(prefill, 1.0), kKeyBits);
  const std::uint64_t key = (batch << 48 | look << 32 | tokens << 16 | keys) + 1;
  Entry& entry = prompts_[PlaceOf(key)];
  if (entry.key != key) {
    const double middle = MiddleOf(tokens, kTokenBits) / copies_;
    entry = {key,
             model_->PromptSeconds(MiddleOf(batch, kTokenBits) / copies_, MiddleOf(look, kKeyBits),
                                   middle, middle * std::max(MiddleOf(keys, kKeyBits), 0.5))};
  }
  return entry.seconds;
}

}  // namespace roofscape::sim
