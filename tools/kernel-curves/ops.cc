#include "ops.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "reader.h"

namespace roofscape::kernel_curves {
namespace {

using perf::KernelEngine;
using perf::KernelKey;
using perf::KernelOp;
using perf::KernelPoint;
using perf::KernelPrecision;
using perf::Roofs;

RowReader ReadGemm(const Context& context) {
  const Columned table(context);
  return [=, dtype = table["gemm_dtype"], m = table["m"], n = table["n"],
          k = table["k"]](const Row& row) {
    const auto precision = WeightPrecision(row.Text(dtype));
    if (!precision) return;
    const perf::GemmShape shape = {row.Number(m), row.Number(n), row.Number(k)};
    // One row past a whole tile is as often in the tables as the tile, but not in an engine, which
    // pads its batches.
    const bool past_tile = shape.m > 16 && std::fmod(shape.m, 16) == 1;
    table.Add(row, {KernelOp::kGemm, context.engine, *precision, 0},
              Locate(shape, *precision, context.roofs), table.Seconds(row),
              Hash(row.Text(n), Hash(row.Text(k))), past_tile ? 0.25f : 1);
  };
}

/// Models whose experts have two matrices where the table does not say it: Nemotron 3's.
bool IsNongated(double hidden, double inter, std::string_view kernel) {
  return kernel.find("nongated") != std::string_view::npos || (hidden == 2688 && inter == 1856) ||
         (hidden == 1024 && inter == 2688) || (hidden == 2048 && inter == 5120) ||
         (hidden == 8192 && inter == 5120);
}

std::optional<perf::Routing> RoutingOf(std::string_view name) {
  static const std::map<std::string_view, perf::Routing> kNames = {
      {"balanced", perf::Routing::kBalanced},
      {"uniform", perf::Routing::kBalanced},
      {"power_law_1.01", perf::Routing::kPowerLaw101},
      {"power_law_1.2", perf::Routing::kPowerLaw120},
      {"power_law_1.01_eplb", perf::Routing::kPowerLaw101Eplb},
      {"power_law_1.2_eplb", perf::Routing::kPowerLaw120Eplb},
  };
  const auto found = kNames.find(name);
  return found == kNames.end() ? std::nullopt : std::optional(found->second);
}

RowReader ReadMoe(const Context& context, perf::MoeInput input) {
  const Columned table(context);
  return [=, dtype = table["moe_dtype"], tokens = table["num_tokens"],
          hidden = table["hidden_size"], inter = table["inter_size"], top_k = table["topk"],
          experts = table["num_experts"], slots = table["num_slots"], tp = table["moe_tp_size"],
          ep = table["moe_ep_size"], distribution = table["distribution"]](const Row& row) {
    const auto precision = WeightPrecision(row.Text(dtype));
    const auto routing = RoutingOf(row.Text(distribution));
    if (!precision || !routing) return;
    perf::MoeShape shape;
    shape.tokens = row.Number(tokens);
    shape.hidden = row.Number(hidden);
    shape.inter = row.Number(inter);
    shape.top_k = row.Number(top_k);
    shape.experts = std::max(row.Number(experts), row.Number(slots));  // With replicas.
    shape.tp = row.Number(tp);
    shape.ep = row.Number(ep);
    shape.routing = *routing;
    shape.input = input;
    shape.gated = !IsNongated(shape.hidden, shape.inter, row.Text(table.kernel_source));
    std::uint64_t site = 0;
    for (const int column : {hidden, inter, top_k, experts}) site = Hash(row.Text(column), site);
    table.Add(row,
              {KernelOp::kMoe, context.engine, *precision,
               perf::MoeVariant(*routing, shape.gated, input)},
              Locate(shape, *precision, context.roofs), table.Seconds(row), site);
  };
}

RowReader ReadPrefill(const Context& context) {
  const Columned table(context);
  return [=, batch = table["batch_size"], tokens = table["isl"], heads = table["num_heads"],
          kv_heads = table["num_key_value_heads"], head_dim = table["head_dim"],
          window = table["window_size"], compute = table["attn_dtype"],
          cache = table["kv_cache_dtype"], step = table["step"]](const Row& row) {
    const KernelPrecision precision = AttentionPrecision(row.Text(compute), row.Text(cache));
    perf::PrefillShape shape;
    shape.batch = row.Number(batch);
    shape.tokens = row.Number(tokens);
    shape.prefix = row.Number(step);
    shape.heads = row.Number(heads);
    shape.kv_heads = row.Number(kv_heads);
    shape.head_dim = row.Number(head_dim);
    shape.window = row.Number(window);
    const auto variant = perf::AttentionVariant(static_cast<int>(shape.head_dim), shape.window > 0);
    table.Add(row, {KernelOp::kPrefillAttention, context.engine, precision, variant},
              Locate(shape, precision, context.roofs), table.Seconds(row),
              Hash(row.Text(heads), Hash(row.Text(kv_heads))));
  };
}

RowReader ReadDecode(const Context& context) {
  const Columned table(context);
  return [=, batch = table["batch_size"], heads = table["num_heads"],
          kv_heads = table["num_key_value_heads"], head_dim = table["head_dim"],
          window = table["window_size"], compute = table["attn_dtype"],
          cache = table["kv_cache_dtype"], step = table["step"]](const Row& row) {
    const KernelPrecision precision = AttentionPrecision(row.Text(compute), row.Text(cache));
    perf::DecodeShape shape;
    shape.batch = row.Number(batch);
    shape.context = row.Number(step) + 1;
    shape.heads = row.Number(heads);
    shape.kv_heads = row.Number(kv_heads);
    shape.head_dim = row.Number(head_dim);
    shape.window = row.Number(window);
    const auto variant = perf::AttentionVariant(static_cast<int>(shape.head_dim), shape.window > 0);
    table.Add(row, {KernelOp::kDecodeAttention, context.engine, precision, variant},
              Locate(shape, precision, context.roofs), table.Seconds(row),
              Hash(row.Text(heads), Hash(row.Text(kv_heads))));
  };
}

RowReader ReadMla(const Context& context, bool decode, bool module) {
  const Columned table(context);
  return [=, batch = table["batch_size"], tokens = table["isl"], heads = table["num_heads"],
          compute = table["mla_dtype"], cache = table["kv_cache_dtype"], gemm = table["gemm_type"],
          step = table["step"]](const Row& row) {
    const KernelPrecision precision = AttentionPrecision(row.Text(compute), row.Text(cache));
    const auto projections =
        module ? WeightPrecision(row.Text(gemm)) : std::optional(KernelPrecision::kBf16);
    if (!projections) return;
    KernelKey key = {KernelOp::kMlaPrefill, context.engine, precision, 0};
    if (module) key.variant = perf::ModuleVariant(*projections);
    KernelPoint point;
    if (decode) {
      key.op = module ? KernelOp::kMlaDecodeModule : KernelOp::kMlaDecode;
      // The standalone tables name the tokens before the new one, the modules' with it.
      const double context_tokens = row.Number(step) + (module ? 0 : 1);
      point = Locate(perf::MlaDecodeShape{row.Number(batch), context_tokens, row.Number(heads),
                                          module, *projections},
                     precision, context.roofs);
    } else {
      key.op = module ? KernelOp::kMlaPrefillModule : KernelOp::kMlaPrefill;
      point = Locate(perf::MlaPrefillShape{row.Number(batch), row.Number(tokens), row.Number(step),
                                           row.Number(heads), module, *projections},
                     precision, context.roofs);
    }
    table.Add(row, key, point, table.Seconds(row), Hash(row.Text(batch), Hash(row.Text(heads))));
  };
}

RowReader ReadMlaBmm(const Context& context) {
  const Columned table(context);
  return [=, tokens = table["num_tokens"], heads = table["num_heads"],
          dtype = table["bmm_dtype"]](const Row& row) {
    const auto precision = WeightPrecision(row.Text(dtype));
    if (!precision) return;
    const bool in = row.Text(table.op_name) == "mla_gen_pre";
    const KernelKey key = {in ? KernelOp::kMlaBmmIn : KernelOp::kMlaBmmOut, context.engine,
                           *precision, 0};
    table.Add(
        row, key,
        Locate(perf::MlaBmmShape{row.Number(tokens), row.Number(heads)}, *precision, context.roofs),
        table.Seconds(row), Hash(row.Text(tokens)));
  };
}

RowReader ReadRecurrent(const Context& context, perf::Recurrence kind) {
  const Columned table(context);
  const bool mamba = kind == perf::Recurrence::kMamba2;
  return [=, phase = table["phase"], batch = table["batch_size"], tokens = table["seq_len"],
          key_heads = table[mamba ? "n_groups" : "num_k_heads"],
          value_heads = table[mamba ? "nheads" : "num_v_heads"],
          key_dim = table[mamba ? "d_state" : "head_k_dim"],
          value_dim = table[mamba ? "head_dim" : "head_v_dim"]](const Row& row) {
    const bool decode = row.Text(phase) == "generation";
    if (!decode && row.Text(phase) != "context") return;  // Verifying drafts: few rows, not kept.
    perf::RecurrentShape shape;
    shape.batch = row.Number(batch);
    shape.tokens = decode ? 1 : row.Number(tokens);
    shape.key_heads = row.Number(key_heads);
    shape.value_heads = row.Number(value_heads);
    shape.key_dim = row.Number(key_dim);
    shape.value_dim = row.Number(value_dim);
    shape.convolution = row.Text(table.kernel_source).find("conv1d") != std::string_view::npos;
    KernelKey key = {decode ? KernelOp::kRecurrentDecode : KernelOp::kRecurrentPrefill,
                     context.engine, KernelPrecision::kBf16, perf::RecurrentVariant(kind, decode)};
    if (shape.convolution) key.op = KernelOp::kRecurrentConvolution;
    table.Add(row, key, Locate(shape, key.precision, context.roofs), table.Seconds(row),
              Hash(row.Text(key_heads), Hash(row.Text(value_heads))));
  };
}

RowReader ReadOwnAllReduce(const Context& context) {
  const Columned table(context);
  return [=, elements = table["message_size"], gpus = table["num_gpus"]](const Row& row) {
    const bool eager = row.Text(table.kernel_source).ends_with("_eager");
    const KernelKey key = {eager ? KernelOp::kAllReduceEager : KernelOp::kAllReduceGraph,
                           context.engine, KernelPrecision::kBf16, 0};
    const perf::CollectiveShape shape = {perf::CollectiveKind::kAllReduce, 2 * row.Number(elements),
                                         row.Number(gpus)};
    table.Add(row, key, Locate(shape, key.precision, context.roofs), table.Seconds(row),
              Hash(row.Text(elements)));
  };
}

RowReader ReadNccl(const Context& context) {
  const Columned table(context);
  return [=, elements = table["message_size"], gpus = table["num_gpus"],
          dtype = table["nccl_dtype"]](const Row& row) {
    using perf::CollectiveKind;
    static const std::map<std::string_view, std::pair<KernelOp, CollectiveKind>> kOps = {
        {"all_reduce", {KernelOp::kNcclAllReduce, CollectiveKind::kAllReduce}},
        {"all_gather", {KernelOp::kNcclAllGather, CollectiveKind::kAllGather}},
        {"reduce_scatter", {KernelOp::kNcclReduceScatter, CollectiveKind::kReduceScatter}},
        {"alltoall", {KernelOp::kNcclAllToAll, CollectiveKind::kAllToAll}}};
    const auto op = kOps.find(row.Text(table.op_name));
    if (op == kOps.end()) return;
    const KernelKey key = {op->second.first, KernelEngine::kNccl, KernelPrecision::kBf16, 0};
    const double bytes = (row.Text(dtype) == "int8" ? 1 : 2) * row.Number(elements);
    const perf::CollectiveShape shape = {op->second.second, bytes, row.Number(gpus)};
    table.Add(row, key, Locate(shape, key.precision, context.roofs), table.Seconds(row),
              Hash(row.Text(elements)));
  };
}

RowReader ReadDeepEp(const Context& context, bool low_latency) {
  const Columned table(context);
  return [=, nodes = table["node_num"], hidden = table["hidden_size"], tokens = table["num_token"],
          top_k = table["num_topk"], experts = table["num_experts"],
          dispatch = table[low_latency ? "dispatch_avg_t_us" : "dispatch_transmit_us"],
          combine = table[low_latency ? "combine_avg_t_us" : "combine_transmit_us"],
          dispatch_more = low_latency ? -1 : table["dispatch_notify_us"],
          combine_more = low_latency ? -1 : table["combine_notify_us"]](const Row& row) {
    const auto variant = perf::ExchangeVariant(low_latency ? perf::Exchange::kDeepEpLowLatency
                                                           : perf::Exchange::kDeepEpNormal);
    perf::ExchangeShape shape = {row.Number(tokens), row.Number(hidden), row.Number(top_k),
                                 8 * row.Number(nodes), 1};
    const std::uint64_t site =
        Hash(row.Text(hidden), Hash(row.Text(top_k), Hash(row.Text(experts))));
    table.Add(row, {KernelOp::kDispatch, context.engine, KernelPrecision::kFp8Block, variant},
              Locate(shape, KernelPrecision::kFp8Block, context.roofs),
              1e-6 * (row.Number(dispatch) + row.Number(dispatch_more)), site);
    shape.element_bytes = 2;
    table.Add(row, {KernelOp::kCombine, context.engine, KernelPrecision::kBf16, variant},
              Locate(shape, KernelPrecision::kBf16, context.roofs),
              1e-6 * (row.Number(combine) + row.Number(combine_more)), site);
  };
}

RowReader ReadNvlinkExchange(const Context& context) {
  const Columned table(context);
  return [=, tokens = table["num_tokens"], hidden = table["hidden_size"], top_k = table["topk"],
          ranks = table["moe_ep_size"], dtype = table["moe_dtype"]](const Row& row) {
    const auto precision = WeightPrecision(row.Text(dtype));
    if (!precision) return;
    const std::string_view name = row.Text(table.op_name);
    KernelKey key = {KernelOp::kDispatch, context.engine, *precision,
                     perf::ExchangeVariant(row.Text(table.kernel_source) == "NVLinkOneSided"
                                               ? perf::Exchange::kNvlinkOneSided
                                               : perf::Exchange::kNvlinkTwoSided)};
    perf::ExchangeShape shape = {row.Number(tokens), row.Number(hidden), row.Number(top_k),
                                 row.Number(ranks), perf::ActivationBytes(*precision)};
    if (name == "alltoall_prepare") {
      key.op = KernelOp::kExchangePrepare;
      shape.element_bytes = 0;
    } else if (name == "alltoall_combine") {
      key.op = KernelOp::kCombine;
      shape.element_bytes = 2;
    } else if (name != "alltoall_dispatch") {
      return;  // The combine of low precision: a flag of its own, not kept.
    }
    table.Add(row, key, Locate(shape, *precision, context.roofs), table.Seconds(row),
              Hash(row.Text(tokens)));
  };
}

std::vector<float> Log2Of(std::initializer_list<double> values) {
  std::vector<float> knots;
  for (const double value : values) knots.push_back(std::log2(static_cast<float>(value)));
  return knots;
}

/// First, first + step, ... to last, already log2.
std::vector<float> Every(float first, float last, float step) {
  std::vector<float> knots;
  for (float knot = first; knot <= last + 0.001f; knot += step) knots.push_back(knot);
  return knots;
}

std::vector<float> WeightKnots() {
  return Log2Of({32, 64, 128, 256, 512, 768, 1024, 1536, 2048, 2560, 3072, 4096, 5120, 6144, 8192,
                 12288, 16384, 65536});
}

}  // namespace

void Samples::Add(const KernelKey& key, Sample sample, std::uint64_t identity) {
  auto& samples = by_key_[key];
  const auto [at, is_new] = seen_[key].try_emplace(identity, samples.size());
  if (is_new) {
    samples.push_back(sample);
  } else if (sample.time_s < samples[at->second].time_s) {
    samples[at->second] = sample;
  }
}

RowReader MakeRowReader(std::string_view table, KernelEngine engine, const Columns& columns,
                        const Roofs& roofs, Samples& samples) {
  const Context context = {engine, columns, roofs, samples};
  if (table == "gemm_perf") return ReadGemm(context);
  if (table == "moe_perf") return ReadMoe(context, perf::MoeInput::kAllTokens);
  if (table == "wideep_moe_perf" || table == "wideep_context_moe_perf") {
    return ReadMoe(context, perf::MoeInput::kOwnTokens);
  }
  if (table == "wideep_generation_moe_perf") {
    return ReadMoe(context, perf::MoeInput::kOwnTokensPadded);
  }
  if (table == "context_attention_perf") return ReadPrefill(context);
  if (table == "generation_attention_perf") return ReadDecode(context);
  if (table == "context_mla_perf") return ReadMla(context, false, false);
  if (table == "generation_mla_perf") return ReadMla(context, true, false);
  if (table == "mla_context_module_perf") return ReadMla(context, false, true);
  if (table == "mla_generation_module_perf") return ReadMla(context, true, true);
  if (table == "mla_bmm_perf") return ReadMlaBmm(context);
  if (table == "gdn_perf") return ReadRecurrent(context, perf::Recurrence::kGatedDeltaNet);
  if (table == "kda_perf") return ReadRecurrent(context, perf::Recurrence::kKimiDelta);
  if (table == "mamba2_perf") return ReadRecurrent(context, perf::Recurrence::kMamba2);
  if (RowReader sparse = ReadSparse(table, context)) return sparse;
  if (table == "custom_allreduce_perf") return ReadOwnAllReduce(context);
  if (table == "nccl_perf") return ReadNccl(context);
  if (table == "wideep_deepep_ll_perf") return ReadDeepEp(context, true);
  if (table == "wideep_deepep_normal_perf") return ReadDeepEp(context, false);
  if (table == "trtllm_alltoall_perf") return ReadNvlinkExchange(context);
  return nullptr;
}

std::vector<std::vector<float>> KnotsOf(const KernelKey& key) {
  switch (key.op) {
    case KernelOp::kGemm:
      return {Log2Of({1,   2,   4,   8,   16,   32,   48,   64,   96,    128,  160,
                      192, 256, 512, 768, 1024, 2048, 4096, 8192, 16384, 32768}),
              WeightKnots(), WeightKnots()};
    case KernelOp::kMoe:
      return {Log2Of({0.004, 0.03, 0.125, 0.5, 1, 2, 4, 16, 32, 64, 128, 256, 1024, 4096}),
              Every(0, 10, 1.5f), Every(16, 27, 1.5f), Every(0, 8, 4)};
    case KernelOp::kPrefillAttention:
      return {Every(4, 14, 1), Every(0, 14, 1.5f), Every(0, 6, 3), Log2Of({128, 1024, 8192})};
    case KernelOp::kDecodeAttention:
      return {Every(5, 17, 1), Every(0, 14, 1), Every(0, 6, 1.5f), Every(0, 12, 4)};
    case KernelOp::kMlaPrefill:
    case KernelOp::kMlaPrefillModule: return {Every(0, 17, 1), Every(0, 8, 1), Every(0, 7, 1)};
    case KernelOp::kMlaDecode:
    case KernelOp::kMlaDecodeModule: return {Every(0, 17, 1), Every(0, 10, 1), Every(0, 7, 1)};
    case KernelOp::kMlaBmmIn:
    case KernelOp::kMlaBmmOut: return {Every(0, 18, 1), Every(0, 7, 1)};
    case KernelOp::kRecurrentConvolution:
    case KernelOp::kRecurrentPrefill:
    case KernelOp::kRecurrentDecode: return {Every(0, 17, 1), Every(0, 10, 1), Every(0, 8, 1)};
    case KernelOp::kSparsePrefillModule:
      return {Log2Of({1, 4, 16, 64, 256, 1024, 4096, 16384}), Every(0, 10, 2), Log2Of({1, 8, 32}),
              Log2Of({1, 5, 9, 17, 33, 65, 129, 513})};
    case KernelOp::kSparseDecodeModule:
      return {Every(0, 18, 2), Every(0, 10, 1), Log2Of({1, 8, 32})};
    case KernelOp::kAllReduceGraph:
    case KernelOp::kAllReduceEager:
    case KernelOp::kNcclAllReduce:
    case KernelOp::kNcclAllGather:
    case KernelOp::kNcclReduceScatter:
    case KernelOp::kNcclAllToAll: return {Every(6, 32, 1), Every(1, 6, 1)};
    case KernelOp::kDispatch:
    case KernelOp::kCombine:
    case KernelOp::kExchangePrepare:
      return {Every(0, 17, 1), Log2Of({2048, 4096, 7168}), Log2Of({1, 2, 4, 8, 16}),
              Every(1, 6, 1)};
  }
  return {};
}

}  // namespace roofscape::kernel_curves
