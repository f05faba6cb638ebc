#include "domain/catalog/chip_toml.h"

#include <fmt/format.h>

#include "domain/catalog/toml_lines.h"

namespace roofscape::catalog {
namespace {

/// A table, left out where none of its fields is known.
class Table {
 public:
  Table(std::string_view head, TomlLines& lines) : head_(head), lines_(&lines) {}
  ~Table() {
    if (!fields_.text().empty()) lines_->Raw(fmt::format("\n[{}]\n{}", head_, Trimmed()));
  }
  Table(const Table&) = delete;
  Table& operator=(const Table&) = delete;

  template <class T>
  Table& Add(std::string_view name, const T& value) {
    fields_.Add(name, value);
    return *this;
  }

 private:
  std::string Trimmed() const { return fields_.text().substr(0, fields_.text().size() - 1); }

  std::string_view head_;
  TomlLines* lines_;
  TomlLines fields_;
};

void AddTables(const Chip& chip, TomlLines& lines) {
  Table("memory", lines)
      .Add("type", chip.memory.type)
      .Add("physical_gb", chip.memory.physical_gb)
      .Add("usable_gb", chip.memory.usable_gb)
      .Add("bandwidth_tb_s", chip.memory.bandwidth_tb_s);
  Table("dense", lines)
      .Add("bf16_tflops", chip.dense.bf16_tflops)
      .Add("fp8_tflops", chip.dense.fp8_tflops)
      .Add("fp4_tflops", chip.dense.fp4_tflops)
      .Add("int8_tops", chip.dense.int8_tops);
  Table("on_chip", lines)
      .Add("l2_mb", chip.on_chip.l2_mb)
      .Add("scratchpad_mb", chip.on_chip.scratchpad_mb)
      .Add("tensor_mb", chip.on_chip.tensor_mb)
      .Add("registers_mb", chip.on_chip.registers_mb)
      .Add("bandwidth_tb_s", chip.on_chip.bandwidth_tb_s);
  Table("links", lines).Add("scale_up", chip.links.scale_up).Add("scale_out", chip.links.scale_out);
  Table("host", lines).Add("memory_gb", chip.host.memory_gb).Add("link_gb_s", chip.host.link_gb_s);
  Table("power", lines).Add("tdp_w", chip.tdp_w);
  const Reached& reached = chip.reached;
  Table("reached", lines)
      .Add("bf16_gemm_tflops", reached.bf16_gemm_tflops)
      .Add("fp8_gemm_tflops", reached.fp8_gemm_tflops)
      .Add("fp4_gemm_tflops", reached.fp4_gemm_tflops)
      .Add("all_reduce_gb_s", reached.all_reduce_gb_s)
      .Add("all_gather_gb_s", reached.all_gather_gb_s)
      .Add("all_to_all_gb_s", reached.all_to_all_gb_s)
      .Add("one_shot_all_reduce_us", reached.one_shot_all_reduce_us)
      .Add("decode_attention_fraction", reached.decode_attention_fraction)
      .Add("launch_us", reached.launch_us)
      .Add("peer_gb_s", reached.peer_gb_s);
}

/// [range.TABLE] for each field that has one; the map has those of a table side by side.
void AddRanges(const Chip& chip, TomlLines& lines) {
  std::string last;
  for (const auto& [field, range] : chip.ranges) {
    const std::size_t dot = field.find('.');
    const std::string table = field.substr(0, dot);
    if (table != last) lines.Head(fmt::format("[range.{}]", table));
    last = table;
    lines.Raw(fmt::format("{} = [{}, {}]", field.substr(dot + 1), range.low, range.high));
  }
}

/// Rows of one line each: there are hundreds.
void AddRates(const Chip& chip, TomlLines& lines) {
  if (!chip.reads.empty()) lines.Head("read = [");
  for (const ReadRate& r : chip.reads) {
    lines.Raw(
        fmt::format("  {{ threads = {}, set_mb = {}, gb_s = {} }},", r.threads, r.set_mb, r.gb_s));
  }
  if (!chip.reads.empty()) lines.Raw("]");
  if (!chip.products.empty()) lines.Head("matrix = [");
  for (const MatrixRate& p : chip.products) {
    const std::string library =
        p.library.empty() ? "" : fmt::format(" library = {},", Quoted(p.library));
    lines.Raw(
        fmt::format("  {{ type = {},{} threads = {}, m = {}, n = {}, k = {}, set_mb = {}, "
                    "gflops = {} }},",
                    Quoted(p.type), library, p.threads, p.m, p.n, p.k, p.set_mb, p.gflops));
  }
  if (!chip.products.empty()) lines.Raw("]");
  if (!chip.attentions.empty()) lines.Head("attention = [");
  for (const AttentionRate& a : chip.attentions) {
    const std::string library =
        a.library.empty() ? "" : fmt::format(" library = {},", Quoted(a.library));
    lines.Raw(fmt::format(
        "  {{{} threads = {}, queries = {}, keys = {}, heads = {}, kv_heads = {}, "
        "head_dim = {}, gflops = {} }},",
        library, a.threads, a.queries, a.keys, a.heads, a.kv_heads, a.head_dim, a.gflops));
  }
  if (!chip.attentions.empty()) lines.Raw("]");
}

}  // namespace

std::string ToToml(const Chip& chip) {
  TomlLines lines;
  lines.Add("id", chip.entry.id);
  lines.Add("name", chip.entry.name);
  lines.Add("vendor", chip.vendor);
  lines.Add("architecture", chip.architecture);
  lines.Add("status", chip.status);
  lines.Raw(fmt::format("aliases = {}", Quoted(chip.entry.aliases)));
  if (chip.entry.collected) {
    lines.Raw(fmt::format("collected = {}", chip.entry.collected->ToIso()));
  }
  lines.Add("note", chip.entry.note);
  AddRates(chip, lines);  // Before the first table, or they would be inside it.
  AddTables(chip, lines);
  AddRanges(chip, lines);
  for (const Source& source : chip.entry.sources) lines.Add(source);
  return lines.text();
}

}  // namespace roofscape::catalog
