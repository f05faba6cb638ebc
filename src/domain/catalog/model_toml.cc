#include "domain/catalog/model_toml.h"

#include <fmt/format.h>

#include "domain/catalog/toml_lines.h"

namespace roofscape::catalog {
namespace {

void AddHeads(const MixerLayers& m, TomlLines& lines) {
  switch (m.mixer) {
    case Mixer::kGqa: lines.Add("q_heads", m.q_heads); return lines.Add("kv_heads", m.kv_heads);
    case Mixer::kMla:
    case Mixer::kCompressed: return lines.Add("q_heads", m.q_heads);
    case Mixer::kGatedDeltaNet:
      lines.Add("k_heads", m.q_heads);
      return lines.Add("v_heads", m.kv_heads);
    case Mixer::kKimiDelta:
    case Mixer::kMamba2: return lines.Add("heads", m.q_heads);
  }
}

std::string IndexerLine(const Indexer& indexer) {
  std::string text = fmt::format("indexer = {{ heads = {}, head_dim = {}, top_k = {}",
                                 indexer.heads, indexer.head_dim, indexer.top_k);
  if (indexer.block) text += fmt::format(", block_tokens = {}", *indexer.block);
  if (indexer.layers) text += fmt::format(", layers = {}", *indexer.layers);
  return text + " }";
}

void AddMixer(const MixerLayers& m, TomlLines& lines) {
  lines.Head("[[mixer]]");
  lines.Add("kind", Name(m.mixer));
  lines.Add("layers", m.layers);
  lines.Add("place", m.place);
  AddHeads(m, lines);
  if (m.mixer != Mixer::kMla) lines.Add("head_dim", m.head_dim);
  lines.Add("q_lora", m.q_lora);
  lines.Add("kv_lora", m.kv_lora);
  lines.Add("qk_nope", m.qk_nope);
  lines.Add("qk_rope", m.qk_rope);
  lines.Add("v_head_dim", m.v_head_dim);
  lines.Add("o_groups", m.o_groups);
  lines.Add("o_lora", m.o_lora);
  lines.Add("window_tokens", m.window);
  lines.Add("chunk_tokens", m.chunk);
  lines.Add("compress_tokens", m.compress);
  lines.Add("state", m.state);
  lines.Add("groups", m.groups);
  lines.Add("conv", m.conv);
  lines.AddIf("output_gate", m.output_gate);
  lines.AddIf("shared_kv", m.shared_kv);
  lines.AddIf("qk_norm", m.qk_norm);
  lines.AddIf("qk_norm_whole", m.qk_norm_whole);
  lines.AddIf("sink", m.sink);
  if (m.indexer) lines.Raw(IndexerLine(*m.indexer));
}

void AddFfn(const FfnLayers& f, TomlLines& lines) {
  lines.Head("[[ffn]]");
  lines.Add("kind", f.routed ? "routed" : "dense");
  lines.Add("layers", f.layers);
  lines.Add("place", f.place);
  lines.Add("width", f.width);
  if (!f.gated) lines.Raw("gated = false");
  if (!f.routed) return;
  lines.Add("experts", f.experts);
  lines.Add("top_k", f.top_k);
  if (f.shared_experts != 0) lines.Add("shared_experts", f.shared_experts);
  lines.Add("shared_width", f.shared_width);
  lines.Add("latent", f.latent);
}

}  // namespace

std::string ToToml(const Model& model) {
  TomlLines lines;
  lines.Add("id", model.entry.id);
  lines.Add("name", model.entry.name);
  lines.Add("maker", model.maker);
  lines.Add("hugging_face", model.hugging_face);
  lines.Raw(fmt::format("aliases = {}", Quoted(model.entry.aliases)));
  if (model.entry.collected) {
    lines.Raw(fmt::format("collected = {}", model.entry.collected->ToIso()));
  }
  lines.Add("note", model.entry.note);
  lines.Raw("");
  lines.Add("precision", model.precision);
  lines.Add("layers", model.layers);
  lines.Add("hidden", model.hidden);
  lines.Add("vocab", model.vocab);
  lines.Add("context_tokens", model.context_tokens);
  lines.AddIf("tied_embeddings", model.tied_embeddings);
  lines.Add("mtp_layers", model.mtp_layers);
  lines.Add("residual_streams", model.residual_streams);
  if (model.total_b || model.active_b || !model.count_note.empty()) {
    lines.Head("[parameters]");
    lines.Add("total_b", model.total_b);
    lines.Add("active_b", model.active_b);
    lines.Add("note", model.count_note);
  }
  for (const MixerLayers& m : model.mixers) AddMixer(m, lines);
  for (const FfnLayers& f : model.ffns) AddFfn(f, lines);
  for (const Source& source : model.entry.sources) lines.Add(source);
  return lines.text();
}

}  // namespace roofscape::catalog
