#include "model/perf/testing/test_machines.h"

#include <vector>

#include "base/core/check.h"

namespace roofscape::perf {

Machine TestMachine() {
  Machine m;
  m.chip = "test-chip";
  m.flops = {1e15, 2e15, 4e15};
  m.bandwidth = 4e12;
  m.memory = 100e9;
  m.link_bandwidth = 400e9;
  m.domain_chips = 8.0;
  return m;
}

std::shared_ptr<const Links> TestLinks(catalog::Topology topology, double bytes_per_s) {
  catalog::Fabric fabric;
  fabric.topology = topology;
  const bool torus = topology == catalog::Topology::kTorus;
  fabric.chips = torus ? 16 : 8;
  if (torus) {
    fabric.shape = {4, 4};
    fabric.wrap_multiple_chips = 4;
  }
  fabric.chip_gb_s = bytes_per_s / 1e9;
  auto links = std::make_shared<Links>();
  auto made = MakeFabric(fabric, nullptr, static_cast<int>(*fabric.chips));
  RS_CHECK(made);
  links->fabric = *std::move(made);
  if (torus) SetOwnSlices(links->fabric);
  links->params = DefaultParams(fabric, nullptr).params;
  return links;
}

catalog::Model DenseModel() {
  catalog::Model model;
  model.entry.id = "dense";
  model.layers = 32;
  model.hidden = 4096;
  model.vocab = 128000;
  catalog::MixerLayers mixer;
  mixer.layers = 32;
  mixer.q_heads = 32;
  mixer.kv_heads = 8;
  mixer.head_dim = 128;
  model.mixers = {mixer};
  catalog::FfnLayers ffn;
  ffn.layers = 32;
  ffn.width = 14336;
  model.ffns = {ffn};
  return model;
}

catalog::Model RoutedModel() {
  catalog::Model model = DenseModel();
  model.entry.id = "routed";
  catalog::MixerLayers& mixer = model.mixers[0];
  mixer.mixer = catalog::Mixer::kMla;
  mixer.q_lora = 1536;
  mixer.kv_lora = 512;
  mixer.qk_nope = 128;
  mixer.qk_rope = 64;
  mixer.v_head_dim = 128;
  catalog::FfnLayers& ffn = model.ffns[0];
  ffn.routed = true;
  ffn.width = 2048;
  ffn.experts = 64;
  ffn.top_k = 8;
  ffn.shared_experts = 1;
  return model;
}

catalog::Model RecurrentModel() {
  catalog::Model model = DenseModel();
  model.entry.id = "recurrent";
  model.mixers[0].layers = 8;
  catalog::MixerLayers state = model.mixers[0];
  state.mixer = catalog::Mixer::kGatedDeltaNet;
  state.layers = 24;
  model.mixers.push_back(state);
  return model;
}

Service ServiceOf(const catalog::Model& model, const Layout& layout, const Formats& formats) {
  Service s;
  s.machine = TestMachine();
  auto worker = Lower(model, layout, formats);
  RS_CHECK(worker);
  s.serve = {*worker, 1.0};
  return s;
}

Coefficients<double> PriorCoefficients() {
  return CoefficientsFor(std::vector<double>(kFitted, 0.0), Setting{});
}

}  // namespace roofscape::perf
