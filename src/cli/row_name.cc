#include "cli/row_name.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/core/text.h"

namespace roofscape::cli {

std::vector<Column> SystemColumns() {
  return {{"chip", Align::kLeft},
          {"engine", Align::kLeft},
          {"prec.", Align::kLeft},
          {"spec.", Align::kLeft}};
}

std::vector<std::string> SystemCells(const std::string& chip, const std::string& engine,
                                     const std::string& precision, const std::string& speculative) {
  std::vector<std::string> cells = {chip, engine, precision, speculative};
  for (std::string& cell : cells) {
    if (cell.empty()) cell = "-";
  }
  return cells;
}

std::vector<std::string> SystemCells(const spec::Deployment& deployment) {
  return SystemCells(deployment.chip, deployment.engine, deployment.precision,
                     deployment.speculative);
}

std::string SharedName(const std::string& model, const analysis::RowSeriesKey& key) {
  return WithoutControls(fmt::format("{}{}{}, {}, {} window{}", model, model.empty() ? "" : ", ",
                                     spec::ShapeName(key.workload), key.protocol, key.window,
                                     key.way == "measured" ? "" : ", " + key.way));
}

std::string ShortRun(const std::string& run) {
  const std::vector<std::string> parts = Split(run, '/');
  const auto at = std::find(parts.begin(), parts.end(), "runs");
  if (at == parts.end() || at + 1 == parts.end()) return parts.empty() ? run : parts.back();
  const auto attempts = at + 2 < parts.end() && *(at + 2) == "attempts" && at + 3 < parts.end();
  return attempts ? *(at + 1) + "/" + *(at + 3) : *(at + 1);
}

}  // namespace roofscape::cli
