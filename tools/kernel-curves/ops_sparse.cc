#include <string>

#include "model/perf/sparse_shape.h"
#include "reader.h"

namespace roofscape::kernel_curves {
namespace {

using perf::KernelKey;
using perf::KernelOp;
using perf::SparseBlock;

/// Which of the measured blocks a row of `table` is about.
std::optional<SparseBlock> BlockOf(std::string_view table, std::string_view model,
                                   std::string_view op_name) {
  const bool pro = model.find("V4-Pro") != std::string_view::npos;
  if (table.starts_with("dsv4_csa")) {
    return pro ? SparseBlock::kCsaDeepSeekV4Pro : SparseBlock::kCsaDeepSeekV4Flash;
  }
  if (table.starts_with("dsv4_hca")) {
    return pro ? SparseBlock::kHcaDeepSeekV4Pro : SparseBlock::kHcaDeepSeekV4Flash;
  }
  if (table.starts_with("msa")) return SparseBlock::kMsaMiniMaxM3;
  if (model.find("DeepSeek-V3.2") != std::string_view::npos) return SparseBlock::kDsaDeepSeekV32;
  if (model.find("GLM-5") == std::string_view::npos) return std::nullopt;
  return op_name.ends_with("skip_indexer") ? SparseBlock::kDsaGlm5ReusedIndex
                                           : SparseBlock::kDsaGlm5;
}

bool IsTable(std::string_view table, std::string_view phase) {
  for (const std::string_view family : {"dsa", "dsv4_csa", "dsv4_hca", "msa"}) {
    if (table == std::string(family) + "_" + std::string(phase) + "_module_perf") return true;
  }
  return false;
}

}  // namespace

RowReader ReadSparse(std::string_view table, const Context& context) {
  const bool decode = IsTable(table, "generation");
  if (!decode && !IsTable(table, "context")) return nullptr;
  const Columned columned(context);
  return [=, name = std::string(table), batch = columned["batch_size"], tokens = columned["isl"],
          heads = columned["num_heads"], model = columned["model"], compute = columned["mla_dtype"],
          cache = columned["kv_cache_dtype"], gemm = columned["gemm_type"],
          step = columned["step"]](const Row& row) {
    const auto block = BlockOf(name, row.Text(model), row.Text(columned.op_name));
    const auto projections = WeightPrecision(row.Text(gemm));
    if (!block || !projections) return;
    const KernelKey key = {decode ? KernelOp::kSparseDecodeModule : KernelOp::kSparsePrefillModule,
                           columned.context.engine,
                           AttentionPrecision(row.Text(compute), row.Text(cache)),
                           perf::SparseVariant(*block, *projections)};
    perf::KernelPoint point;
    if (decode) {
      point = Locate(perf::SparseDecodeShape{*block, row.Number(batch), row.Number(step),
                                             row.Number(heads), *projections},
                     key.precision, columned.context.roofs);
    } else {
      point = Locate(perf::SparsePrefillShape{*block, row.Number(batch), row.Number(tokens),
                                              row.Number(step), row.Number(heads), *projections},
                     key.precision, columned.context.roofs);
    }
    columned.Add(row, key, point, columned.Seconds(row),
                 Hash(row.Text(batch), Hash(row.Text(heads))));
  };
}

}  // namespace roofscape::kernel_curves
