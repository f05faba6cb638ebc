#include "cli/report_input.h"

#include <fmt/format.h>

#include "results/report/point_detail.h"

namespace roofscape::cli {

std::vector<report::PointDetail> LoadDetails(store::Store& store,
                                             const std::vector<spec::RunResult>& runs,
                                             std::vector<std::string>& warnings) {
  std::vector<report::PointDetail> details;
  for (std::size_t r = 0; r < runs.size(); ++r) {
    for (std::size_t i = 0; i < runs[r].points.size(); ++i) {
      const spec::PointResult& point = runs[r].points[i];
      const auto log = store.LoadLog({runs[r].id, point.index});
      if (!log) {
        warnings.push_back(fmt::format("run {}: point {}: no distributions: {}", runs[r].id,
                                       point.index, log.error().message));
        continue;
      }
      if (log->requests.empty()) continue;
      report::PointDetail detail = report::DetailOf(*log, point);
      detail.run = r;
      detail.point = i;
      details.push_back(std::move(detail));
    }
  }
  return details;
}

}  // namespace roofscape::cli
