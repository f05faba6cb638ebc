#include "results/report/page.h"

#include <algorithm>

#include "base/core/check.h"
#include "results/report/numbers.h"

namespace roofscape::report {

Page MakePage(const ReportInput& input) {
  Page page;
  page.input = &input;
  page.window = input.window;
  bool any_point = false;
  bool any_steady = false;
  page.chips_known = !input.runs.empty();
  for (const spec::RunResult& run : input.runs) {
    if (!spec::ChipCount(run.plan.deployment)) page.chips_known = false;
    for (const spec::PointResult& point : run.points) {
      any_point = true;
      any_steady = any_steady || point.Primary() != nullptr;
    }
  }
  page.no_steady_point = any_point && !any_steady;
  if (page.no_steady_point) page.window = analysis::WindowKind::kWhole;
  const auto axes = analysis::ChooseAxes(input.runs, "", "");
  RS_CHECK(bool(axes));  // The default metrics exist.
  analysis::Query query;
  query.axes = *axes;
  query.window = page.window;
  page.frontier = analysis::ComputeFrontier(input.runs, query);
  return page;
}

MarkShape ShapeOf(const std::string& way) {
  if (way == "simulated") return MarkShape::kSquare;
  if (way == "predicted") return MarkShape::kDiamond;
  return MarkShape::kCircle;
}

std::string Distinct(const std::vector<std::string>& values) {
  std::vector<std::string> seen;
  std::string out;
  for (const std::string& value : values) {
    if (value.empty() || std::find(seen.begin(), seen.end(), value) != seen.end()) continue;
    out += (seen.empty() ? "" : ", ") + value;
    seen.push_back(value);
  }
  return seen.empty() ? kMissing : out;
}

std::string Minute(WallTime time) {
  std::string iso = time.ToIso().substr(0, 16);
  std::replace(iso.begin(), iso.end(), 'T', ' ');
  return iso + " UTC";
}

}  // namespace roofscape::report
