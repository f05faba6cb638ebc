#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "domain/catalog/read.h"

namespace roofscape::catalog {
namespace {

/// Reads a table of optional numbers.
void ReadMemory(ObjectReader& reader, Memory& memory) {
  reader.Optional("type", memory.type);
  reader.Optional("physical_gb", memory.physical_gb);
  reader.Optional("usable_gb", memory.usable_gb);
  reader.Optional("bandwidth_tb_s", memory.bandwidth_tb_s);
}

void ReadDense(ObjectReader& reader, DensePeaks& dense) {
  reader.Optional("bf16_tflops", dense.bf16_tflops);
  reader.Optional("fp8_tflops", dense.fp8_tflops);
  reader.Optional("fp4_tflops", dense.fp4_tflops);
  reader.Optional("int8_tops", dense.int8_tops);
}

void ReadOnChip(ObjectReader& reader, OnChip& on_chip) {
  reader.Optional("l2_mb", on_chip.l2_mb);
  reader.Optional("scratchpad_mb", on_chip.scratchpad_mb);
  reader.Optional("tensor_mb", on_chip.tensor_mb);
  reader.Optional("registers_mb", on_chip.registers_mb);
  reader.Optional("bandwidth_tb_s", on_chip.bandwidth_tb_s);
}

void ReadReached(ObjectReader& reader, Reached& reached) {
  reader.Optional("bf16_gemm_tflops", reached.bf16_gemm_tflops);
  reader.Optional("fp8_gemm_tflops", reached.fp8_gemm_tflops);
  reader.Optional("fp4_gemm_tflops", reached.fp4_gemm_tflops);
  reader.Optional("all_reduce_gb_s", reached.all_reduce_gb_s);
  reader.Optional("all_gather_gb_s", reached.all_gather_gb_s);
  reader.Optional("all_to_all_gb_s", reached.all_to_all_gb_s);
  reader.Optional("one_shot_all_reduce_us", reached.one_shot_all_reduce_us);
  reader.Optional("decode_attention_fraction", reached.decode_attention_fraction);
  reader.Optional("launch_us", reached.launch_us);
  reader.Optional("peer_gb_s", reached.peer_gb_s);
}

ReadRate ReadReadRate(ObjectReader& reader) {
  ReadRate rate;
  reader.Optional("threads", rate.threads);
  reader.Required("set_mb", rate.set_mb);
  reader.Required("gb_s", rate.gb_s);
  return rate;
}

MatrixRate ReadMatrixRate(ObjectReader& reader) {
  MatrixRate rate;
  reader.Required("type", rate.type);
  reader.Optional("library", rate.library);
  reader.Optional("threads", rate.threads);
  reader.Required("m", rate.m);
  reader.Required("n", rate.n);
  reader.Required("k", rate.k);
  reader.Required("set_mb", rate.set_mb);
  reader.Required("gflops", rate.gflops);
  return rate;
}

AttentionRate ReadAttentionRate(ObjectReader& reader) {
  AttentionRate rate;
  reader.Optional("library", rate.library);
  reader.Optional("threads", rate.threads);
  reader.Required("queries", rate.queries);
  reader.Required("keys", rate.keys);
  reader.Required("heads", rate.heads);
  reader.Required("kv_heads", rate.kv_heads);
  reader.Required("head_dim", rate.head_dim);
  reader.Required("gflops", rate.gflops);
  return rate;
}

void ReadRangeTable(ObjectReader& reader, const std::string& table, const Json& fields,
                    std::map<std::string, Range>& out) {
  if (!fields.is_object()) return;
  for (const auto& field : fields.items()) {
    std::vector<double> bounds;
    reader.Optional(field.key(), bounds);
    if (bounds.size() != 2) {
      reader.Fail(field.key(), "must be a list of two numbers, the lower first");
      return;
    }
    out[fmt::format("{}.{}", table, field.key())] = {bounds[0], bounds[1]};
  }
}

/// [range.TABLE] FIELD = [low, high], for any numbers of the chip.
void ReadRanges(ObjectReader& reader, const Document& document, std::map<std::string, Range>& out) {
  auto tables = reader.Child("range");
  if (!tables) return;
  const Json& range = document.value()["range"];
  if (range.is_object()) {
    for (const auto& table : range.items()) {
      if (auto child = tables->Child(table.key())) {
        ReadRangeTable(*child, table.key(), table.value(), out);
        tables->Merge(*child);
      }
    }
  }
  reader.Merge(*tables);
}

}  // namespace

Result<Chip> ReadChip(const Document& document) {
  Chip chip;
  ObjectReader reader(document);
  chip.entry = ReadEntry(reader, document);
  reader.Required("vendor", chip.vendor);
  reader.Optional("architecture", chip.architecture);
  ReadChoice(reader, "status", {"shipping", "announced"}, chip.status);
  reader.ReadInside("memory", [&](ObjectReader& child) { ReadMemory(child, chip.memory); });
  reader.ReadInside("dense", [&](ObjectReader& child) { ReadDense(child, chip.dense); });
  reader.ReadInside("on_chip", [&](ObjectReader& child) { ReadOnChip(child, chip.on_chip); });
  reader.ReadInside("links", [&](ObjectReader& child) {
    child.Optional("scale_up", chip.links.scale_up);
    child.Optional("scale_out", chip.links.scale_out);
  });
  reader.ReadInside("host", [&](ObjectReader& child) {
    child.Optional("memory_gb", chip.host.memory_gb);
    child.Optional("link_gb_s", chip.host.link_gb_s);
  });
  reader.ReadInside("power", [&](ObjectReader& child) { child.Optional("tdp_w", chip.tdp_w); });
  reader.ReadInside("reached", [&](ObjectReader& child) { ReadReached(child, chip.reached); });
  chip.reads = reader.ReadEach("read", ReadReadRate);
  chip.products = reader.ReadEach("matrix", ReadMatrixRate);
  chip.attentions = reader.ReadEach("attention", ReadAttentionRate);
  ReadRanges(reader, document, chip.ranges);
  RS_RETURN_IF_ERROR(reader.Finish());
  return chip;
}

}  // namespace roofscape::catalog
