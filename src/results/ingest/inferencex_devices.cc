#include "results/ingest/inferencex_devices.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "domain/spec/metric_registry.h"

namespace roofscape::ingest::inferencex {
namespace {

constexpr double kLittle = 0.976;       // Theirs on average: ramp and tail are inside the window.
constexpr double kSumTolerance = 2e-3;  // Rates are published with all digits.
constexpr double kMeanLength = 0.9;     // Lengths are uniform in 0.8-1.0 of the nominal ones.
/// A count as published stands unless another one explains the row better by this factor.
constexpr double kClearly = 1.4;

struct Candidate {
  std::int64_t prefill = 0;  // All chips of an aggregated row.
  std::int64_t decode = 0;

  std::int64_t all() const { return prefill + decode; }
};

double E2eSeconds(const Record& record) {
  static const std::array kPlaces = {*spec::MetricPlace("e2e_mean_s"),
                                     *spec::MetricPlace("e2e_p50_s")};
  for (const std::size_t place : kPlaces) {
    if (record.metrics[place] > 0.0) return record.metrics[place];
  }
  return kMissing;
}

/// What the deployment's throughput should be by Little's law, or by the row's own total.
double ExpectedTotal(const Record& record, bool agentic) {
  if (record.at(Rate::kTotal) > 0.0) return record.at(Rate::kTotal) / kLittle;
  if (agentic || record.at(Count::kConcurrency) <= 0 || record.at(Count::kInput) <= 0 ||
      record.at(Count::kOutput) <= 0) {
    return kMissing;
  }
  const auto tokens = static_cast<double>(record.at(Count::kInput) + record.at(Count::kOutput));
  return static_cast<double>(record.at(Count::kConcurrency)) * kMeanLength * tokens /
         E2eSeconds(record);
}

std::int64_t Times(std::initializer_list<std::int64_t> factors) {
  constexpr std::int64_t kMost = 1'000'000;
  std::int64_t product = 1;
  for (const std::int64_t factor : factors) {
    // What is not told is 1; a product that large is no deployment and must not overflow.
    product = std::min(kMost, product * std::clamp<std::int64_t>(factor, 1, kMost));
  }
  return product;
}

std::int64_t PrefillRanks(const Record& r) {
  return Times({r.at(Count::kPrefillTp), r.at(Count::kPrefillPp), r.at(Count::kPrefillCp),
                r.at(Count::kPrefillWorkers)});
}

std::int64_t DecodeRanks(const Record& r) {
  return Times({r.at(Count::kDecodeTp), r.at(Count::kDecodePp), r.at(Count::kDecodeCp),
                r.at(Count::kDecodeWorkers)});
}

class Judge {
 public:
  Judge(const Record& record, bool agentic)
      : record_(record), expected_(ExpectedTotal(record, agentic)) {}

  std::optional<double> Little(const Candidate& c) const {
    const double k = record_.at(Rate::kTotalPerChip) * static_cast<double>(c.all()) / expected_;
    return std::isfinite(k) && k > 0.0 ? std::optional<double>(k) : std::nullopt;
  }

  /// By what factor the row misses Little's law with this count; 1 where that cannot be known.
  double Miss(const Candidate& c) const {
    const auto k = Little(c);
    return k ? std::exp(std::abs(std::log(*k / kLittle))) : 1.0;
  }

  bool Balanced(const Candidate& c) const {
    const double in = record_.at(Rate::kInputPerChip);
    const double out = record_.at(Rate::kOutputPerChip);
    const double all = record_.at(Rate::kTotalPerChip) * static_cast<double>(c.all());
    if (std::isnan(in) || std::isnan(out)) return true;
    const double sum = in * static_cast<double>(c.prefill) + out * static_cast<double>(c.decode);
    return std::abs(sum - all) <= kSumTolerance * all;
  }

 private:
  const Record& record_;
  double expected_;
};

/// The roles of `all` chips whose rates add up to the total, if they come out whole.
std::optional<Candidate> Solve(const Record& record, std::int64_t all) {
  const double in = record.at(Rate::kInputPerChip);
  const double out = record.at(Rate::kOutputPerChip);
  const double share = (record.at(Rate::kTotalPerChip) - out) / (in - out);
  const double prefill = share * static_cast<double>(all);
  if (!(prefill >= 0.5) || !(prefill <= static_cast<double>(all) - 0.5)) return std::nullopt;
  const double whole = std::round(prefill);
  if (std::abs(prefill - whole) > kSumTolerance * prefill) return std::nullopt;
  const auto count = static_cast<std::int64_t>(whole);
  return Candidate{count, all - count};
}

bool SumsPerChip(const Record& record) {
  const double sum = record.at(Rate::kInputPerChip) + record.at(Rate::kOutputPerChip);
  const double total = record.at(Rate::kTotalPerChip);
  return std::isnan(sum) || std::abs(sum - total) <= kSumTolerance * total;
}

Chips CountAggregated(const Record& record, const Judge& judge) {
  Chips chips;
  const std::int64_t stated = record.at(Count::kAllChips);
  const std::int64_t published = stated > 0 ? stated : record.at(Count::kPrefillChips);
  const std::int64_t ranks = PrefillRanks(record);
  Candidate best{ranks, 0};
  // Where experts span more ranks than TP has (attention is data parallel), TP x EP is true.
  const std::int64_t spread = Times({ranks, record.at(Count::kPrefillEp)});
  for (const std::int64_t other : {published, published > 0 ? kNoCount : spread}) {
    const Candidate candidate{other, 0};
    if (other > 0 && judge.Miss(candidate) * kClearly < judge.Miss(best)) best = candidate;
  }
  // A count that the launcher wrote needs no guess.
  if (stated > 0) best.prefill = stated;
  chips.all = best.all();
  chips.agree = SumsPerChip(record);
  chips.corrected = published > 0 && published != chips.all;
  chips.little = judge.Little(best);
  return chips;
}

Chips CountRoles(const Record& record, const Judge& judge) {
  const Candidate published{std::max<std::int64_t>(0, record.at(Count::kPrefillChips)),
                            std::max<std::int64_t>(0, record.at(Count::kDecodeChips))};
  const Candidate ranks{PrefillRanks(record), DecodeRanks(record)};
  std::optional<Candidate> solved;
  if (published.prefill == published.decode && published.prefill > 1) {
    solved = Solve(record, published.prefill);
  }
  Chips chips;
  chips.role_local = !SumsPerChip(record);
  std::optional<Candidate> best;
  for (const auto& candidate : {std::optional(published), solved, std::optional(ranks)}) {
    if (!candidate || candidate->all() == 0) continue;
    if (chips.role_local && !judge.Balanced(*candidate)) continue;
    if (!best || judge.Miss(*candidate) * kClearly < judge.Miss(*best)) best = candidate;
  }
  chips.agree = best.has_value();
  if (!best) best = published.all() > 0 ? published : ranks;
  chips.prefill = best->prefill;
  chips.decode = best->decode;
  chips.all = best->all();
  chips.corrected = published.all() > 0 &&
                    (published.prefill != best->prefill || published.decode != best->decode);
  chips.little = judge.Little(*best);
  return chips;
}

/// A count as published, unless experts were counted as chips of their own.
std::int64_t WithoutExperts(std::int64_t published, std::int64_t ranks, std::int64_t experts) {
  return published <= 0 || published == Times({ranks, experts}) ? ranks : published;
}

}  // namespace

Chips CountWithoutRates(const Record& r, bool disaggregated) {
  Chips chips;
  const std::int64_t stated = r.at(Count::kAllChips);
  const std::int64_t published = r.at(Count::kPrefillChips);
  const std::int64_t first = WithoutExperts(published, PrefillRanks(r), r.at(Count::kPrefillEp));
  if (!disaggregated) {
    chips.all = stated > 0 ? stated : first;
    chips.corrected = stated <= 0 && published > 0 && published != first;
    return chips;
  }
  chips.prefill = first;
  chips.decode = WithoutExperts(r.at(Count::kDecodeChips), DecodeRanks(r), r.at(Count::kDecodeEp));
  chips.all = chips.prefill + chips.decode;
  chips.corrected =
      published > 0 && (published != chips.prefill || r.at(Count::kDecodeChips) != chips.decode);
  return chips;
}

Chips CountChips(const Record& record, bool disaggregated, bool agentic) {
  const Judge judge(record, agentic);
  return disaggregated ? CountRoles(record, judge) : CountAggregated(record, judge);
}

}  // namespace roofscape::ingest::inferencex
