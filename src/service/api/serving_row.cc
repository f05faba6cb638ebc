#include "service/api/serving_row.h"

namespace roofscape::api {
namespace {

std::optional<double> Degree(const std::optional<std::int64_t>& degree) {
  return degree ? std::optional(static_cast<double>(*degree)) : std::nullopt;
}

calibrate::RowPool PoolOf(const spec::Role& role) {
  calibrate::RowPool pool;
  pool.workers = static_cast<double>(role.workers);
  pool.tp = Degree(role.tp);
  pool.ep = Degree(role.ep);
  pool.pp = Degree(role.pp);
  pool.dp = Degree(role.dp);
  // Attention that is data parallel to an untold degree: a copy a chip.
  if (!pool.dp && role.dp_attention.value_or(false)) {
    pool.dp = static_cast<double>(role.chips_per_worker);
    pool.tp.reset();
  }
  return pool;
}

}  // namespace

std::optional<calibrate::ServingRow> ServingRowOf(const spec::Row& row) {
  const spec::Deployment& d = row.deployment;
  calibrate::ServingRow out;
  out.chip = d.chip;
  out.model = d.model;
  out.engine = d.engine == "tensorrt-llm" ? "trtllm" : d.engine;
  out.precision = d.precision;
  out.speculative = d.speculative.empty() ? "none" : d.speculative;
  out.input = static_cast<double>(row.workload.input.tokens);
  out.output = static_cast<double>(row.workload.output.tokens);
  const auto chips = spec::ChipCount(d);
  if (!chips || d.chip.empty() || out.input < 1 || out.output < 2) return std::nullopt;
  out.chips = static_cast<double>(*chips);
  for (const spec::Role& role : d.roles) {
    if (d.roles.size() == 1) out.serve = PoolOf(role);
    if (role.name == "prefill") out.prefill = PoolOf(role);
    if (role.name == "decode") out.decode = PoolOf(role);
  }
  out.disaggregated = d.roles.size() == 2;
  if (d.roles.size() > 2) return std::nullopt;
  return out;
}

}  // namespace roofscape::api
