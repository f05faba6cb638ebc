#include "model/calibrate/validate.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <tuple>

namespace roofscape::calibrate {
namespace {

/// Linear interpolation at rank (n - 1) p; `sorted` is not empty.
double Quantile(const std::vector<double>& sorted, double p) {
  const double rank = static_cast<double>(sorted.size() - 1) * p;
  const auto low = static_cast<std::size_t>(rank);
  const std::size_t high = std::min(low + 1, sorted.size() - 1);
  return sorted[low] + (rank - static_cast<double>(low)) * (sorted[high] - sorted[low]);
}

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return Quantile(values, 0.5);
}

/// Collects one figure of many rows.
class Errors {
 public:
  void Add(const Figure& predicted, double measured) {
    if (measured <= 0.0) return;
    signed_.push_back(predicted.value / measured - 1.0);
    inside_ += predicted.low80 <= measured && measured <= predicted.high80;
  }

  ErrorSummary Summary() const {
    ErrorSummary s;
    s.rows = signed_.size();
    if (signed_.empty()) return s;
    std::vector<double> absolute;
    for (const double e : signed_) absolute.push_back(std::abs(e));
    std::sort(absolute.begin(), absolute.end());
    double sum = 0.0;
    for (const double e : absolute) sum += e;
    s.median = Quantile(absolute, 0.5);
    s.p75 = Quantile(absolute, 0.75);
    s.p90 = Quantile(absolute, 0.9);
    s.mean = sum / static_cast<double>(absolute.size());
    s.bias = Median(signed_);
    s.coverage80 = static_cast<double>(inside_) / static_cast<double>(absolute.size());
    return s;
  }

 private:
  std::vector<double> signed_;
  std::size_t inside_ = 0;
};

struct Group {
  Errors tpot, ttft, tput;
};

/// Aggregated, disaggregated, and with a "?" those that hide whether they draft.
std::string ModeName(const Case& c) {
  std::string name = c.kinds[kModeKind];
  if (c.kinds[kSpeculationKind] == "unknown(none or mtp)") name += " ?";
  return name;
}

std::string SetupKey(const Case& c) {
  std::string key;
  for (const Kind k : {kChipKind, kModelKind, kEngineKind, kPrecisionKind, kModeKind}) {
    key += c.kinds[k] + "|";
  }
  return key + fmt::format("{}|{}", c.load.input, c.load.output);
}

double MeasuredTput(const Judged& j) {
  return j.measured_tput.value_or(WholeWindowTput(*j.row, j.row->ttft_s, j.row->tpot_s));
}

/// The regret of one group at a target, if there is a choice to make.
std::optional<double> RegretOf(const std::vector<const Judged*>& group, double target) {
  const Judged* chosen = nullptr;
  double best = 0.0;
  std::set<std::string> layouts;
  for (const Judged* j : group) {
    const bool reaches = 1.0 / j->row->tpot_s >= target;
    if (reaches) {
      best = std::max(best, MeasuredTput(*j));
      layouts.insert(j->row->kinds[kCurveKind]);
    }
    const bool promised = 1.0 / j->prediction.tpot_s.value >= target;
    if (promised &&
        (!chosen || j->prediction.tput_per_chip.value > chosen->prediction.tput_per_chip.value)) {
      chosen = j;
    }
  }
  if (layouts.size() < 2 || !chosen) return {};
  // The choice is a layout: what counts is the best that was measured of it at the target.
  double got = 0.0;
  for (const Judged* j : group) {
    const bool same = j->row->kinds[kCurveKind] == chosen->row->kinds[kCurveKind];
    if (same && 1.0 / j->row->tpot_s >= target) got = std::max(got, MeasuredTput(*j));
  }
  return 1.0 - got / best;
}

std::vector<std::vector<char>> FoldsByKind(std::span<const Case> cases, Kind kind) {
  std::map<std::string, std::size_t> numbers;
  for (const Case& c : cases) numbers.try_emplace(c.kinds[kind], 0);
  std::size_t next = 0;
  for (auto& [name, number] : numbers) number = next++;
  std::vector<std::vector<char>> folds(numbers.size(), std::vector<char>(cases.size(), 0));
  for (std::size_t i = 0; i < cases.size(); ++i) folds[numbers[cases[i].kinds[kind]]][i] = 1;
  return folds;
}

std::vector<std::vector<char>> CurveFolds(std::span<const Case> cases) {
  constexpr std::size_t kFolds = 10;
  std::map<std::string, std::size_t> numbers;
  for (const Case& c : cases) numbers.try_emplace(c.kinds[kCurveKind], 0);
  std::size_t next = 0;
  // 7,919 is prime to every number of curves that matters: neighbours in name part ways.
  for (auto& [name, number] : numbers) number = next++ * 7919 % kFolds;
  std::vector<std::vector<char>> folds(kFolds, std::vector<char>(cases.size(), 0));
  for (std::size_t i = 0; i < cases.size(); ++i) folds[numbers[cases[i].kinds[kCurveKind]]][i] = 1;
  return folds;
}

std::vector<std::vector<char>> TimeFold(std::span<const Case> cases,
                                        std::span<const ServingRow> rows) {
  std::vector<std::string> dates;
  for (const Case& c : cases) {
    if (!rows[c.row].date.empty()) dates.push_back(rows[c.row].date);
  }
  if (dates.empty()) return {};
  std::sort(dates.begin(), dates.end());
  const std::string& from = dates[dates.size() * 4 / 5];
  std::vector<char> later(cases.size(), 0);
  for (std::size_t i = 0; i < cases.size(); ++i) later[i] = rows[cases[i].row].date >= from;
  return {later};
}

}  // namespace

std::vector<GroupErrors> Summarize(std::span<const Judged> judged) {
  std::map<std::pair<int, std::string>, Group> groups;
  for (const Judged& j : judged) {
    const Case& c = *j.row;
    const std::string names[] = {ModeName(c), c.kinds[kChipKind], c.kinds[kModelKind],
                                 c.kinds[kEngineKind], c.kinds[kPrecisionKind]};
    for (int by = -1; by < 5; ++by) {
      const std::string name = by < 0 ? "all rows" : names[by];
      Group& g = groups[{by, name}];
      g.tpot.Add(j.prediction.tpot_s, c.tpot_s);
      g.ttft.Add(j.prediction.ttft_s, c.ttft_s);
      g.tput.Add(j.prediction.tput_per_chip, j.measured_tput.value_or(0.0));
    }
  }
  constexpr const char* kBy[] = {"all", "mode", "chip", "model", "engine", "precision"};
  std::vector<GroupErrors> out;
  for (const auto& [key, g] : groups) {
    out.push_back(
        {kBy[key.first + 1], key.second, g.tpot.Summary(), g.ttft.Summary(), g.tput.Summary()});
  }
  return out;
}

RepeatOracle RepeatErrors(std::span<const Case> cases) {
  std::map<std::string, std::vector<const Case*>> repeats;
  for (const Case& c : cases) {
    if (c.tpot_s <= 0.0 || c.ttft_s <= 0.0 || c.service.disaggregated) continue;
    repeats[c.kinds[kCurveKind] +
            fmt::format("|{}|{}", c.load.concurrency, c.kinds[kSpeculationKind])]
        .push_back(&c);
  }
  Errors tpot;
  Errors ttft;
  for (const auto& [key, rows] : repeats) {
    if (rows.size() < 2) continue;
    std::vector<double> tpots;
    std::vector<double> ttfts;
    for (const Case* c : rows) {
      tpots.push_back(c->tpot_s);
      ttfts.push_back(c->ttft_s);
    }
    const double tpot_median = Median(tpots);
    const double ttft_median = Median(ttfts);
    for (const Case* c : rows) {
      tpot.Add({tpot_median, 0.0, 0.0}, c->tpot_s);
      ttft.Add({ttft_median, 0.0, 0.0}, c->ttft_s);
    }
  }
  return {tpot.Summary(), ttft.Summary()};
}

std::vector<Regret> Regrets(std::span<const Judged> judged, std::span<const double> targets) {
  std::map<std::string, std::vector<const Judged*>> groups;
  for (const Judged& j : judged) {
    if (j.row->tpot_s > 0.0 && j.row->ttft_s > 0.0) groups[SetupKey(*j.row)].push_back(&j);
  }
  std::vector<Regret> out;
  for (const double target : targets) {
    std::vector<double> regrets;
    for (const auto& [key, group] : groups) {
      if (const auto regret = RegretOf(group, target)) regrets.push_back(*regret);
    }
    Regret r{target, regrets.size(), 0.0, 0.0};
    if (!regrets.empty()) {
      std::sort(regrets.begin(), regrets.end());
      r.median = Quantile(regrets, 0.5);
      r.p90 = Quantile(regrets, 0.9);
    }
    out.push_back(r);
  }
  return out;
}

std::string_view Name(Holdout holdout) {
  switch (holdout) {
    case Holdout::kCurves: return "curves";
    case Holdout::kModels: return "models";
    case Holdout::kChips: return "chips";
    case Holdout::kTime: return "time";
  }
  return "";
}

Result<Holdout> ParseHoldout(std::string_view name) {
  for (const Holdout h : {Holdout::kCurves, Holdout::kModels, Holdout::kChips, Holdout::kTime}) {
    if (name == Name(h)) return h;
  }
  return Error{ErrorCode::kInvalidArgument,
               fmt::format("'{}' cannot be held out; curves, models, chips and time can", name)};
}

std::vector<std::vector<char>> Folds(std::span<const Case> cases, std::span<const ServingRow> rows,
                                     Holdout holdout) {
  switch (holdout) {
    case Holdout::kCurves: return CurveFolds(cases);
    case Holdout::kModels: return FoldsByKind(cases, kModelKind);
    case Holdout::kChips: return FoldsByKind(cases, kChipKind);
    case Holdout::kTime: return TimeFold(cases, rows);
  }
  return {};
}

std::vector<Judged> CrossValidate(std::span<const Case> cases, std::span<const ServingRow> rows,
                                  Holdout holdout, const Ablation& parts) {
  std::vector<Judged> judged;
  for (const std::vector<char>& held : Folds(cases, rows, holdout)) {
    std::vector<char> used(cases.size());
    for (std::size_t i = 0; i < cases.size(); ++i) used[i] = !held[i];
    const Model model = Model::Calibrate(cases, used);
    for (std::size_t i = 0; i < cases.size(); ++i) {
      if (!held[i]) continue;
      judged.push_back(
          {&cases[i], rows[cases[i].row].tput_per_chip, model.Predict(cases[i], parts)});
    }
  }
  return judged;
}

}  // namespace roofscape::calibrate
