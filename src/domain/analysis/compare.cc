#include "domain/analysis/compare.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/stats/batch_means.h"
#include "domain/analysis/noise.h"

namespace roofscape::analysis {
namespace {

using Rows = std::span<const spec::Row>;

constexpr std::array<std::string_view, 5> kNames = {"better", "worse", "no difference",
                                                    "cannot be shown", "hint"};
constexpr double kConfidence = 0.95;

/// What is read of a set by name, each with all values that occur.
std::map<std::string, std::set<std::string>> Facts(Rows rows) {
  std::map<std::string, std::set<std::string>> facts;
  for (const spec::Row& row : rows) {
    const spec::Deployment& d = row.deployment;
    spec::Workload workload = row.workload;
    facts["protocol"].insert(row.protocol);
    facts["window"].insert(row.window);
    facts["shape"].insert(spec::ShapeName(workload));
    facts["prompt rule"].insert(fmt::format("{}, {}, {}", spec::Name(workload.prompt_form),
                                            workload.ignore_eos ? "end ignored" : "end heard",
                                            workload.prompt_cache ? "cache on" : "cache off"));
    facts["way"].insert(row.way);
    facts["model"].insert(d.model);
    facts["precision"].insert(d.precision);
    facts["engine"].insert(d.engine);
    facts["engine_version"].insert(d.engine_version);
    facts["chip"].insert(d.chip);
    facts["speculative"].insert(d.speculative);
    facts["layout"].insert(LayoutName(d));
  }
  return facts;
}

std::string Listed(const std::set<std::string>& values) {
  std::vector<std::string> named;
  for (const std::string& value : values) named.push_back(value.empty() ? "unknown" : value);
  return fmt::format("{}", fmt::join(named, " and "));
}

/// How a user picks one of the values.
std::string ChooseOne(std::string_view name, const std::set<std::string>& values) {
  constexpr std::array<std::string_view, 7> kFlags = {
      "model", "chip", "engine", "precision", "speculative", "protocol", "shape"};
  if (std::find(kFlags.begin(), kFlags.end(), name) == kFlags.end()) {
    return "choose rows of one, e.g. by their days with --since and --until";
  }
  std::string value = *values.rbegin();
  // "8192*0.8/1024*0.8": the flag takes the lengths alone.
  for (std::size_t at; name == "shape" && (at = value.find('*')) != std::string::npos;) {
    value.erase(at, std::min(value.find('/', at), value.size()) - at);
  }
  return fmt::format("choose rows of one, e.g. with --{} {}", name, value);
}

/// `one_system`: each side must be of one model, chip, engine and so on, its layout aside, as rows
/// of one load then count as repeats.
Result<std::vector<std::string>> Differences(Rows a, Rows b, bool one_system) {
  if (a.empty() || b.empty()) return Error{ErrorCode::kNotFound, "one side has no points"};
  const auto fa = Facts(a);
  const auto fb = Facts(b);
  std::vector<std::string> differs;
  for (const auto& [name, values] : fa) {
    const std::set<std::string>& others = fb.at(name);
    const bool must_agree =
        name == "protocol" || name == "window" || name == "shape" || name == "prompt rule";
    std::set<std::string> all = values;
    all.insert(others.begin(), others.end());
    if (must_agree && all.size() > 1) {
      return Error{ErrorCode::kInvalidArgument,
                   fmt::format("the two sides are not of one {} but of {}: their figures do not "
                               "compare; {}",
                               name, Listed(all), ChooseOne(name, all))};
    }
    if (one_system && name != "layout" && (values.size() > 1 || others.size() > 1)) {
      const std::set<std::string>& several = values.size() > 1 ? values : others;
      return Error{ErrorCode::kInvalidArgument,
                   fmt::format("one side is not of one {} but of {}; {}", name, Listed(several),
                               ChooseOne(name, several))};
    }
    if (values != others) differs.push_back(name);
  }
  return differs;
}

double LoadOf(const spec::Row& row) {
  return row.concurrency > 0 ? static_cast<double>(row.concurrency) : row.rate_rps.value_or(0.0);
}

/// Open and closed loops are no match even where their numbers are alike, nor are layouts where the
/// two sides share any: two layouts at one load are no repeats of each other.
using Load = std::tuple<bool, double, std::string>;

std::map<Load, std::vector<std::size_t>> ByLoad(Rows rows, const RowAxis& metric, bool by_layout) {
  std::map<Load, std::vector<std::size_t>> loads;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto value = metric.value(rows[i]);
    if (!TakesPart(rows[i]) || !value || !(*value > 0) || LoadOf(rows[i]) <= 0) continue;
    const std::string layout = by_layout ? LayoutName(rows[i].deployment) : "";
    loads[{rows[i].concurrency > 0, LoadOf(rows[i]), layout}].push_back(i);
  }
  return loads;
}

/// Whether layouts take part in the match: where the sides share any. Where they share none, each
/// must have one.
Result<bool> MatchByLayout(Rows a, Rows b) {
  std::set<std::string> in_a, in_b;
  for (const spec::Row& row : a) in_a.insert(LayoutName(row.deployment));
  for (const spec::Row& row : b) in_b.insert(LayoutName(row.deployment));
  for (const std::string& layout : in_a) {
    if (in_b.contains(layout)) return true;
  }
  if (in_a.size() == 1 && in_b.size() == 1) return false;
  return Error{ErrorCode::kInvalidArgument,
               "the sides share no layout of their chips and one has several; compare at an "
               "interactivity, or choose rows of one layout"};
}

Finding Judge(double change, std::optional<double> low, std::optional<double> high,
              std::optional<double> floor, spec::Direction direction) {
  if (low && high) {
    if (*low <= 0 && *high >= 0) return Finding::kNoDifference;
    const bool up = *low > 0;
    return up == (direction == spec::Direction::kHigherIsBetter) ? Finding::kBetter
                                                                 : Finding::kWorse;
  }
  return floor && std::abs(change) > *floor ? Finding::kHint : Finding::kCannotShow;
}

/// Mean difference of logarithms with what its interval needs.
struct LogDifference {
  double mean = 0.0;
  double variance = 0.0;  // Of the mean.
  double degrees = 0.0;   // 0: no repeats.
};

/// Welch's degrees of freedom of a sum of independent means: (sum v)^2 / sum(v^2 / (n - 1)).
LogDifference Difference(const LogMean& a, const LogMean& b) {
  LogDifference out;
  out.mean = b.mean - a.mean;
  if (a.count < 2 || b.count < 2) return out;
  double squares = 0.0;
  for (const LogMean& side : {a, b}) {
    const auto n = static_cast<double>(side.count);
    const double v = side.sigma * side.sigma / n;
    out.variance += v;
    squares += v * v / (n - 1);
  }
  const auto all = static_cast<double>(a.count + b.count - 2);
  out.degrees = squares > 0 ? out.variance * out.variance / squares : all;
  return out;
}

void SetInterval(const LogDifference& difference, std::optional<double>& low,
                 std::optional<double>& high) {
  if (difference.degrees <= 0) return;
  const double half = stats::StudentQuantile(difference.degrees, (1 + kConfidence) / 2) *
                      std::sqrt(difference.variance);
  low = std::expm1(difference.mean - half);
  high = std::expm1(difference.mean + half);
}

LogMean MeanOf(Rows rows, const std::vector<std::size_t>& places, const RowAxis& metric) {
  std::vector<double> values;
  for (const std::size_t i : places) values.push_back(*metric.value(rows[i]));
  return LogMeanOf(values);
}

/// Over all matches: the mean of independent differences.
void SetOverall(const std::vector<LogDifference>& differences, Comparison& out) {
  const auto n = static_cast<double>(differences.size());
  LogDifference all;
  double squares = 0.0;
  bool repeats = true;
  for (const LogDifference& d : differences) {
    all.mean += d.mean / n;
    repeats &= d.degrees > 0;
    const double v = d.variance / (n * n);
    all.variance += v;
    if (d.degrees > 0) {
      squares += v * v / d.degrees;
      all.degrees += d.degrees;
    }
  }
  if (squares > 0) all.degrees = all.variance * all.variance / squares;
  if (!repeats) all.degrees = 0;
  out.change = std::expm1(all.mean);
  SetInterval(all, out.low, out.high);
  out.finding = Judge(*out.change, out.low, out.high, out.floor, out.metric.direction);
}

}  // namespace

std::string_view Name(Finding finding) { return kNames[static_cast<std::size_t>(finding)]; }

Result<Comparison> CompareByLoad(Rows a, Rows b, const RowAxis& metric) {
  Comparison out;
  out.metric = metric;
  RS_ASSIGN_OR_RETURN(out.differs, Differences(a, b, true));
  if (const auto floor = FloorOf(metric.name)) out.floor = floor->p95;
  RS_ASSIGN_OR_RETURN(const bool by_layout, MatchByLayout(a, b));
  auto loads_a = ByLoad(a, metric, by_layout);
  auto loads_b = ByLoad(b, metric, by_layout);
  std::vector<LogDifference> differences;
  for (auto& [load, places] : loads_a) {
    const auto other = loads_b.find(load);
    if (other == loads_b.end()) {
      ++out.only_a;
      continue;
    }
    const LogMean mean_a = MeanOf(a, places, metric);
    const LogMean mean_b = MeanOf(b, other->second, metric);
    const LogDifference difference = Difference(mean_a, mean_b);
    Match match;
    match.at = std::get<1>(load);
    match.layout = std::get<2>(load);
    match.a = places;
    match.b = other->second;
    match.value_a = std::exp(mean_a.mean);
    match.value_b = std::exp(mean_b.mean);
    match.change = std::expm1(difference.mean);
    SetInterval(difference, match.low, match.high);
    match.finding = Judge(match.change, match.low, match.high, out.floor, metric.direction);
    out.matches.push_back(std::move(match));
    differences.push_back(difference);
  }
  out.only_b = loads_b.size() - out.matches.size();
  if (out.matches.empty()) {
    return Error{ErrorCode::kNotFound,
                 fmt::format("no load was measured on both sides with a {}; compare at an "
                             "interactivity instead",
                             metric.name)};
  }
  SetOverall(differences, out);
  return out;
}

Result<Comparison> CompareAt(Rows a, Rows b, const RowAxis& x, const RowAxis& metric,
                             std::span<const double> targets) {
  Comparison out;
  out.metric = metric;
  RS_ASSIGN_OR_RETURN(out.differs, Differences(a, b, false));
  if (const auto floor = FloorOf(metric.name)) out.floor = floor->p95;
  const auto read = [&](Rows rows, double target) -> std::optional<std::size_t> {
    std::optional<std::size_t> best;
    for (const RowSeries& series : GroupIntoSeries(rows)) {
      const RowFrontier frontier = FrontierOf(rows, series.rows, x, metric);
      const auto step = StepAt(frontier, x, metric, target);
      if (!step) continue;
      const std::size_t row = frontier.points[*step].row;
      const bool up = metric.direction == spec::Direction::kHigherIsBetter;
      if (!best || (up ? *metric.value(rows[row]) > *metric.value(rows[*best])
                       : *metric.value(rows[row]) < *metric.value(rows[*best]))) {
        best = row;
      }
    }
    return best;
  };
  std::vector<LogDifference> differences;
  for (const double target : targets) {
    const auto in_a = read(a, target);
    const auto in_b = read(b, target);
    if (!in_a) ++out.only_b;
    if (!in_b) ++out.only_a;
    if (!in_a || !in_b) continue;
    Match match;
    match.at = target;
    match.a = {*in_a};
    match.b = {*in_b};
    match.value_a = *metric.value(a[*in_a]);
    match.value_b = *metric.value(b[*in_b]);
    if (!(match.value_a > 0) || !(match.value_b > 0)) continue;
    match.change = match.value_b / match.value_a - 1;
    match.finding = Judge(match.change, {}, {}, out.floor, metric.direction);
    differences.push_back({std::log(match.value_b / match.value_a), 0, 0});
    out.matches.push_back(std::move(match));
  }
  if (out.matches.empty()) {
    return Error{ErrorCode::kNotFound, "no target is met on both sides; choose lower ones"};
  }
  SetOverall(differences, out);
  return out;
}

std::string PooledOver(std::span<const spec::Row> rows) {
  using Field = std::string spec::Deployment::*;
  constexpr std::pair<const char*, Field> kFields[] = {
      {"model", &spec::Deployment::model},
      {"chip", &spec::Deployment::chip},
      {"engine", &spec::Deployment::engine},
      {"precision", &spec::Deployment::precision},
      {"speculative", &spec::Deployment::speculative}};
  std::string out;
  for (const auto& [name, field] : kFields) {
    std::set<std::string> values;
    for (const spec::Row& row : rows) values.insert(row.deployment.*field);
    if (values.size() < 2) continue;
    out += fmt::format("{}{} {}", out.empty() ? "" : "; ", name, fmt::join(values, ", "));
  }
  return out;
}

}  // namespace roofscape::analysis
