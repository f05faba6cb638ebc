// The model that the benchmarks of co-design serve, made by hand: so many layers with so many
// routed experts each, of which a token takes a sixteenth; the more experts, the narrower each.
//
// Thread safety: pure function.

#pragma once

#include <cstdint>

#include "domain/catalog/model.h"

namespace roofscape::codesign {

inline catalog::Model RoutedModel(std::int64_t layers, std::int64_t experts) {
  catalog::Model model;
  model.entry.id = "routed";
  model.precision = "fp8";
  model.layers = layers;
  model.hidden = 6144;
  model.vocab = 128000;
  catalog::MixerLayers mixer;
  mixer.mixer = catalog::Mixer::kMla;
  mixer.layers = layers;
  mixer.q_heads = 64;
  mixer.q_lora = 1536;
  mixer.kv_lora = 512;
  mixer.qk_nope = 128;
  mixer.qk_rope = 64;
  mixer.v_head_dim = 128;
  model.mixers = {mixer};
  catalog::FfnLayers ffn;
  ffn.routed = true;
  ffn.layers = layers;
  ffn.width = 2048 * 128 / experts;
  ffn.experts = experts;
  ffn.top_k = experts / 16;
  ffn.shared_experts = 1;
  model.ffns = {ffn};
  return model;
}

}  // namespace roofscape::codesign
