#include "model/sim/wafer_step.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "base/core/check.h"

namespace roofscape::sim {
namespace {

double Middle(const perf::Bounds& bounds) { return std::sqrt(bounds.low * bounds.high); }

constexpr double kFilled = 0.9;  // Of the memory: the rest is code, buffers and what does not fit.

}  // namespace

WaferStepModel::WaferStepModel(const perf::Wafer& wafer, const perf::WaferLoad& load)
    : wafer_(wafer), load_(load) {
  RS_CHECK(wafer.flops.low > 0.0 && load.flops_per_token > 0.0 && load.layers > 0);
}

double WaferStepModel::DecodeSeconds(double decode, double /*context*/) const {
  const int users = std::max(1, static_cast<int>(std::lround(decode)));
  return users / Middle(perf::WaferTokensPerSecond(wafer_, load_, users));
}

double WaferStepModel::PromptSeconds(double decode, double /*context*/, double prefill,
                                     double /*pairs*/) const {
  const double work = prefill * load_.flops_per_token / (load_.wafers * Middle(wafer_.flops));
  const double way = decode > 0.0 ? 0.0 : 1.0 / Middle(WaferUserTokensPerSecond(wafer_, load_));
  return work + way;
}

Result<WaferDeployment> MakeWaferCluster(const perf::Wafer& wafer, const perf::Lowered& whole,
                                         double active_parameters, std::optional<int> wafers,
                                         const EnginePolicy& policy) {
  RS_RETURN_IF_ERROR(Validate(policy));
  if (!(wafer.flops.low > 0.0)) {
    return Error{ErrorCode::kInvalidArgument,
                 "the wafer's arithmetic is not known: give dense.bf16_tflops, or a range of it, "
                 "in a catalog file"};
  }
  WaferDeployment out;
  out.wafers = wafers.value_or(perf::WafersFor(wafer, whole.weight_bytes).likely);
  const double room = kFilled * out.wafers * wafer.memory_bytes - whole.weight_bytes;
  const double block =
      std::max(whole.cache_bytes_per_token * static_cast<double>(policy.block_tokens), 1.0);
  if (room < block) {
    return Error{ErrorCode::kInvalidArgument,
                 fmt::format("{} wafers do not hold the weights, {:.0f} GB, beside a cache: use {} "
                             "or more, or a narrower --precision",
                             out.wafers, whole.weight_bytes / 1e9,
                             perf::WafersFor(wafer, whole.weight_bytes + block).likely)};
  }
  perf::WaferLoad load;
  load.layers = static_cast<int>(std::lround(whole.layers));
  load.weight_bytes = whole.weight_bytes;
  load.flops_per_token = 2.0 * active_parameters;
  load.wafers = out.wafers;
  // From wafer to wafer no source gives a time: between nothing and that of one more layer.
  load.crossing_s = {wafer.layer_s.low * 1e-2, wafer.layer_s.high};
  Cluster& cluster = out.cluster;
  cluster.policy = policy;
  cluster.serve.step = std::make_shared<WaferStepModel>(wafer, load);
  cluster.serve.blocks = static_cast<std::int64_t>(std::min(room / block, 1e15));
  cluster.chunk_tokens = policy.block_tokens;
  RS_RETURN_IF_ERROR(Validate(cluster));
  return out;
}

}  // namespace roofscape::sim
