#include "cli/compare_text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

namespace roofscape::cli {
namespace {

std::string Change(double change) { return fmt::format("{:+.1f} %", change * 100); }

std::string Band(const std::optional<double>& low, const std::optional<double>& high) {
  return low && high ? fmt::format("{} .. {}", Change(*low), Change(*high)) : "-";
}

std::string WordsOf(analysis::Finding finding) {
  switch (finding) {
    case analysis::Finding::kBetter: return "better";
    case analysis::Finding::kWorse: return "worse";
    case analysis::Finding::kNoDifference: return "no difference";
    case analysis::Finding::kCannotShow: return "cannot be shown";
    case analysis::Finding::kHint: return "a hint";
  }
  return "";
}

/// What one may say of B after this comparison.
std::string Conclusion(const analysis::Comparison& c) {
  const std::string change = c.change ? Change(*c.change) : "-";
  switch (c.finding) {
    case analysis::Finding::kBetter:
      return fmt::format("B is better: {} over all matches ({}).", change, Band(c.low, c.high));
    case analysis::Finding::kWorse:
      return fmt::format("B is worse: {} over all matches ({}).", change, Band(c.low, c.high));
    case analysis::Finding::kNoDifference:
      return fmt::format("No difference: {} over all matches ({}).", change, Band(c.low, c.high));
    case analysis::Finding::kHint:
      return fmt::format(
          "B differs by {} over all matches, more than re-runs of one configuration usually do; "
          "only repeats decide it (bench --repeat 5).",
          change);
    case analysis::Finding::kCannotShow: break;
  }
  return fmt::format(
      "B differs by {} over all matches; repeats would decide it (bench --repeat 5).", change);
}

Json Nullable(const std::optional<double>& value) { return value ? Json(*value) : Json(nullptr); }

}  // namespace

std::string ComparisonText(const ComparedSides& sides, const Style& style) {
  const analysis::Comparison& c = sides.comparison;
  std::string out = fmt::format("{}\nA: {}, {} points\nB: {}, {} points\n\n",
                                Bold(fmt::format("{} [{}]", c.metric.name, c.metric.unit), style),
                                sides.name_a, sides.a.size(), sides.name_b, sides.b.size());
  Table table({{sides.matched_by == "load" ? "load" : "at"},
               {"A"},
               {"B"},
               {"change"},
               {"95 % interval"},
               {"B is", Align::kLeft}});
  for (const analysis::Match& match : c.matches) {
    table.AddRow({FormatNumber(match.at), FormatNumber(match.value_a), FormatNumber(match.value_b),
                  Change(match.change), Band(match.low, match.high), WordsOf(match.finding)});
  }
  out += table.ToText(style);
  out += "\n" + Wrap(Conclusion(c), style.width, 0) + "\n";
  if (c.floor) {
    out +=
        Wrap(fmt::format("Without repeats, differences under {:.1f} % cannot be shown: so much do "
                         "re-runs of one configuration differ.",
                         *c.floor * 100),
             style.width, 0) +
        "\n";
  }
  if (!c.differs.empty()) {
    out += WrapUnder("The sides differ in: ", fmt::format("{}", fmt::join(c.differs, ", ")),
                     style.width) +
           "\n";
  }
  if (c.only_a + c.only_b > 0) {
    out += fmt::format("Without a counterpart: {} points of A, {} of B\n", c.only_a, c.only_b);
  }
  return out;
}

Json ComparisonJson(const ComparedSides& sides) {
  const analysis::Comparison& c = sides.comparison;
  Json matches = Json::array();
  for (const analysis::Match& match : c.matches) {
    matches.push_back({{"at", match.at},
                       {"a", match.value_a},
                       {"b", match.value_b},
                       {"points_a", match.a.size()},
                       {"points_b", match.b.size()},
                       {"change", match.change},
                       {"low", Nullable(match.low)},
                       {"high", Nullable(match.high)},
                       {"finding", analysis::Name(match.finding)}});
  }
  return {{"a", sides.name_a},
          {"b", sides.name_b},
          {"metric", c.metric.name},
          {"unit", c.metric.unit},
          {"matched_by", sides.matched_by},
          {"matches", std::move(matches)},
          {"change", Nullable(c.change)},
          {"low", Nullable(c.low)},
          {"high", Nullable(c.high)},
          {"floor", Nullable(c.floor)},
          {"finding", analysis::Name(c.finding)},
          {"differs", Json(c.differs)},
          {"only_a", c.only_a},
          {"only_b", c.only_b}};
}

}  // namespace roofscape::cli
