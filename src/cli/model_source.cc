#include "cli/model_source.h"

#include <string_view>

#include <nlohmann/json.hpp>

#include "base/core/document.h"
#include "cli/write_file.h"

namespace roofscape::cli {

Result<calibrate::Model> LoadModel(const std::string& path) {
  if (path.empty()) return calibrate::Model::Shipped();
  RS_ASSIGN_OR_RETURN(const std::string text, ReadFlagFile("--params", path));
  RS_ASSIGN_OR_RETURN(const Document document, ParseJson(text, path));
  auto model = calibrate::Model::FromJson(document.value());
  if (!model) return model.error().In(path);
  return model;
}

Result<std::unique_ptr<Kernels>> LoadKernels(perf::Routing routing) {
  auto curves = perf::KernelCurves::Parse(perf::EmbeddedKernelCurves());
  if (!curves) return curves.error().In("the kernel times of this program");
  return std::make_unique<Kernels>(std::move(*curves), routing);
}

CaseOptions CasesWithout(const std::vector<std::string>& parts) {
  CaseOptions cases;
  for (const std::string& part : parts) {
    if (part == "curves") cases.kernel_curves = false;
    if (part == "cache-limit") cases.cache_limit = false;
    if (part == "imbalance") cases.without.imbalance = true;
    if (part == "host-cost") cases.without.host = true;
    if (part == "reached-peaks") {
      cases.without.reach = true;
      cases.kernel_curves = false;  // They hold what was reached.
    }
  }
  return cases;
}

Result<CalibrationRows> LoadCalibrationRows(const std::string& path,
                                            const catalog::Catalog& catalog,
                                            const CaseOptions& options) {
  std::unique_ptr<Kernels> kernels;
  if (options.kernel_curves) {
    RS_ASSIGN_OR_RETURN(kernels,
                        LoadKernels(options.without.imbalance ? perf::Routing::kBalanced
                                                              : perf::Routing::kPowerLaw101));
  }
  perf::KernelBook* const book = kernels ? &kernels->book : nullptr;
  RS_ASSIGN_OR_RETURN(const std::string text, ReadFlagFile("ROWS", path));
  auto rows = calibrate::ParseServingRows(text);
  if (!rows) return rows.error().In(path);
  CalibrationRows out;
  out.bad = rows->bad;
  for (std::size_t i = 0; i < rows->rows.size(); ++i) {
    auto made = calibrate::MakeCase(catalog, rows->rows[i], book);
    if (!made) {
      out.bad.push_back({rows->rows[i].index, made.error().message});
      continue;
    }
    made->row = i;
    made->service.unlimited_cache |= !options.cache_limit;
    made->setting.without = options.without;
    out.cases.push_back(std::move(*made));
  }
  out.rows = std::move(*rows);
  if (out.cases.empty()) {
    return Error{ErrorCode::kInvalidArgument,
                 path + ": no row can be predicted; the first reason: " +
                     (out.bad.empty() ? std::string("the file has no rows") : out.bad[0].reason)};
  }
  return out;
}

}  // namespace roofscape::cli
