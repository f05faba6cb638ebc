#include <array>

#include "domain/catalog/read.h"

namespace roofscape::catalog {
namespace {

constexpr std::array<std::string_view, 6> kMixers = {
    "gqa", "mla", "compressed", "gated-delta-net", "kimi-delta", "mamba2"};

void ReadIndexer(ObjectReader& reader, std::optional<Indexer>& out) {
  auto child = reader.Child("indexer");
  if (!child) return;
  Indexer indexer;
  child->Required("heads", indexer.heads);
  child->Required("head_dim", indexer.head_dim);
  child->Required("top_k", indexer.top_k);
  child->Optional("block_tokens", indexer.block);
  child->Optional("layers", indexer.layers);
  reader.Merge(*child);
  out = indexer;
}

/// What a kind of mixer cannot be without.
void RequireFields(ObjectReader& reader, Mixer mixer) {
  const auto need = [&reader](std::initializer_list<std::string_view> fields) {
    for (const std::string_view field : fields) {
      if (!reader.Has(field)) reader.Fail(field, "is missing for this kind");
    }
  };
  switch (mixer) {
    case Mixer::kGqa: return need({"q_heads", "kv_heads", "head_dim"});
    case Mixer::kMla: return need({"q_heads", "kv_lora", "qk_nope", "qk_rope", "v_head_dim"});
    case Mixer::kCompressed: return need({"q_heads", "head_dim", "q_lora", "window_tokens"});
    case Mixer::kGatedDeltaNet: return need({"k_heads", "v_heads", "head_dim"});
    case Mixer::kKimiDelta: return need({"heads", "head_dim"});
    case Mixer::kMamba2: return need({"heads", "head_dim", "state", "groups"});
  }
}

/// How many heads there are, by the names that the kind gives them.
void ReadHeads(ObjectReader& reader, MixerLayers& out) {
  switch (out.mixer) {
    case Mixer::kGqa:
    case Mixer::kMla:
    case Mixer::kCompressed:
      reader.Optional("q_heads", out.q_heads);
      reader.Optional("kv_heads", out.kv_heads);
      return;
    case Mixer::kGatedDeltaNet:
      reader.Optional("k_heads", out.q_heads);
      reader.Optional("v_heads", out.kv_heads);
      return;
    case Mixer::kKimiDelta:
    case Mixer::kMamba2: reader.Optional("heads", out.q_heads); return;
  }
}

MixerLayers ReadMixer(ObjectReader& reader) {
  MixerLayers out;
  if (!reader.Has("kind")) reader.Fail("kind", "is missing");
  ReadEnum(reader, "kind", kMixers, out.mixer);
  RequireFields(reader, out.mixer);
  reader.Required("layers", out.layers);
  reader.Optional("place", out.place);
  ReadHeads(reader, out);
  reader.Optional("head_dim", out.head_dim);
  reader.Optional("q_lora", out.q_lora);
  reader.Optional("kv_lora", out.kv_lora);
  reader.Optional("qk_nope", out.qk_nope);
  reader.Optional("qk_rope", out.qk_rope);
  reader.Optional("v_head_dim", out.v_head_dim);
  reader.Optional("o_groups", out.o_groups);
  reader.Optional("o_lora", out.o_lora);
  reader.Optional("window_tokens", out.window);
  reader.Optional("chunk_tokens", out.chunk);
  reader.Optional("compress_tokens", out.compress);
  reader.Optional("state", out.state);
  reader.Optional("groups", out.groups);
  reader.Optional("conv", out.conv);
  reader.Optional("output_gate", out.output_gate);
  reader.Optional("shared_kv", out.shared_kv);
  reader.Optional("qk_norm", out.qk_norm);
  reader.Optional("qk_norm_whole", out.qk_norm_whole);
  reader.Optional("sink", out.sink);
  ReadIndexer(reader, out.indexer);
  return out;
}

FfnLayers ReadFfn(ObjectReader& reader) {
  FfnLayers out;
  std::string kind;
  reader.Required("kind", kind);
  ReadChoice(reader, "kind", {"dense", "routed"}, kind);
  out.routed = kind == "routed";
  reader.Required("layers", out.layers);
  reader.Optional("place", out.place);
  reader.Required("width", out.width);
  reader.Optional("gated", out.gated);
  if (out.routed) {
    reader.Required("experts", out.experts);
    reader.Required("top_k", out.top_k);
    reader.Optional("shared_experts", out.shared_experts);
    reader.Optional("shared_width", out.shared_width);
    reader.Optional("latent", out.latent);
  }
  return out;
}

void ReadCounts(ObjectReader& reader, Model& model) {
  reader.ReadInside("parameters", [&](ObjectReader& child) {
    child.Optional("total_b", model.total_b);
    child.Optional("active_b", model.active_b);
    child.Optional("note", model.count_note);
  });
}

}  // namespace

std::string_view Name(Mixer mixer) { return kMixers[static_cast<std::size_t>(mixer)]; }

Result<Model> ReadModel(const Document& document) {
  Model model;
  ObjectReader reader(document);
  model.entry = ReadEntry(reader, document);
  reader.Optional("maker", model.maker);
  reader.Optional("hugging_face", model.hugging_face);
  reader.Optional("precision", model.precision);
  reader.Required("layers", model.layers);
  reader.Required("hidden", model.hidden);
  reader.Required("vocab", model.vocab);
  reader.Required("context_tokens", model.context_tokens);
  reader.Optional("tied_embeddings", model.tied_embeddings);
  reader.Optional("mtp_layers", model.mtp_layers);
  reader.Optional("residual_streams", model.residual_streams);
  ReadCounts(reader, model);
  model.mixers = reader.ReadEach("mixer", ReadMixer);
  model.ffns = reader.ReadEach("ffn", ReadFfn);
  RS_RETURN_IF_ERROR(reader.Finish());
  return model;
}

}  // namespace roofscape::catalog
