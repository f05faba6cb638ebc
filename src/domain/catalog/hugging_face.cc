#include "domain/catalog/hugging_face.h"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <set>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace roofscape::catalog {
namespace {

constexpr std::int64_t kMaxSize = 100'000'000;
constexpr std::int64_t kMaxLayers = 10'000;

/// The fields of a configuration; remembers which were looked at.
class Config {
 public:
  explicit Config(const Json& object) : object_(&object) {}

  const Json* Raw(std::string_view name) {
    used_.insert(std::string(name));
    const auto found = object_->find(std::string(name));
    return found == object_->end() || found->is_null() ? nullptr : &*found;
  }

  /// The first of these fields that is there and holds a count.
  std::optional<std::int64_t> Int(std::initializer_list<std::string_view> names) {
    std::optional<std::int64_t> out;
    for (const std::string_view name : names) {
      const Json* value = Raw(name);
      if (!out && value != nullptr && value->is_number_integer()) out = value->get<std::int64_t>();
    }
    return out;
  }

  bool True(std::string_view name, bool otherwise = false) {
    const Json* value = Raw(name);
    return value != nullptr && value->is_boolean() ? value->get<bool>() : otherwise;
  }

  std::string Text(std::string_view name) {
    const Json* value = Raw(name);
    return value != nullptr && value->is_string() ? value->get<std::string>() : "";
  }

  /// The words of a list of strings.
  std::vector<std::string> Words(std::string_view name) {
    std::vector<std::string> words;
    const Json* value = Raw(name);
    if (value == nullptr || !value->is_array()) return words;
    for (const Json& item : *value) {
      if (item.is_string()) words.push_back(item.get<std::string>());
    }
    return words;
  }

  /// The counts of a list.
  std::vector<std::int64_t> Ints(std::string_view name) {
    std::vector<std::int64_t> out;
    const Json* value = Raw(name);
    if (value == nullptr || !value->is_array()) return out;
    for (const Json& item : *value) {
      if (item.is_number_integer()) out.push_back(item.get<std::int64_t>());
    }
    return out;
  }

  /// Fields that sound like a size and that nobody looked at.
  std::vector<std::string> Unread() const {
    constexpr std::array kSigns = {"num_",    "n_",   "_size",   "_dim", "_heads",  "_rank",
                                   "_layers", "topk", "sliding", "moe_", "linear_", "index_"};
    std::vector<std::string> names;
    for (const auto& [key, value] : object_->items()) {
      const bool counts = value.is_number_integer() || value.is_array();
      const std::string& name = key;
      const bool sign = std::any_of(kSigns.begin(), kSigns.end(), [&](const char* part) {
        return name.find(part) != std::string::npos;
      });
      if (counts && sign && !used_.contains(name)) names.push_back(name);
    }
    return names;
  }

 private:
  const Json* object_;
  std::set<std::string> used_;
};

MixerLayers Mla(Config& config, std::int64_t heads, std::int64_t kv_lora) {
  MixerLayers m;
  m.mixer = Mixer::kMla;
  m.q_heads = heads;
  m.q_lora = config.Int({"q_lora_rank"});
  m.kv_lora = kv_lora;
  m.qk_nope = config.Int({"qk_nope_head_dim"}).value_or(128);
  m.qk_rope = config.Int({"qk_rope_head_dim"}).value_or(64);
  m.v_head_dim = config.Int({"v_head_dim"}).value_or(128);
  config.Int({"head_dim", "qk_head_dim", "num_key_value_heads"});  // Follow from the above.
  return m;
}

MixerLayers Gqa(Config& config, std::int64_t heads, std::int64_t hidden, const std::string& type) {
  MixerLayers m;
  m.mixer = Mixer::kGqa;
  m.q_heads = heads;
  m.kv_heads = config.Int({"num_key_value_heads"}).value_or(heads);
  m.head_dim = config.Int({"head_dim"}).value_or(heads > 0 ? hidden / heads : 0);
  m.output_gate = config.True("attn_output_gate", type.starts_with("qwen3_next"));
  m.qk_norm = config.True("use_qk_norm", type.starts_with("qwen3") || type.starts_with("gemma3"));
  m.qk_norm_whole = config.Text("qk_norm_type") == "per_layer";
  m.sink = type == "gpt_oss";
  return m;
}

void AddIndexer(Config& config, MixerLayers& m) {
  const auto heads = config.Int({"index_n_heads"});
  const auto dim = config.Int({"index_head_dim"});
  const auto top_k = config.Int({"index_topk"});
  if (heads && dim && top_k) m.indexer = Indexer{*heads, *dim, *top_k, {}, {}};
}

/// Layers with a window and layers without, where every one is of the same kind.
std::pair<std::int64_t, std::int64_t> WindowedAndFull(Config& config, const std::string& type,
                                                      std::int64_t layers) {
  const auto pattern = config.Int({"sliding_window_pattern"});
  if (type == "gpt_oss") return {layers - layers / 2, layers / 2};
  if (type.starts_with("gemma3") || pattern) {
    const std::int64_t every = std::max<std::int64_t>(pattern.value_or(6), 1);
    return {layers - layers / every, layers / every};
  }
  if (!config.True("use_sliding_window", true)) return {0, layers};
  return {layers, 0};
}

class Converter {
 public:
  Converter(Config& config, ConvertedModel& out) : config_(&config), out_(&out) {}

  void Mixers() {
    const std::int64_t layers = out_->model.layers;
    type_ = config_->Text("model_type");
    const std::int64_t heads = config_->Int({"num_attention_heads"}).value_or(0);
    const auto kv_lora = config_->Int({"kv_lora_rank"});
    const std::vector<std::int64_t> ratios = config_->Ints("compress_ratios");
    if (!ratios.empty()) return Compressed(ratios, heads);
    MixerLayers full =
        kv_lora ? Mla(*config_, heads, *kv_lora) : Gqa(*config_, heads, out_->model.hidden, type_);
    AddIndexer(*config_, full);
    const std::string pattern = config_->Text("hybrid_override_pattern");
    if (!pattern.empty()) return Hybrid(pattern, full);
    std::vector<std::string> types = config_->Words("layer_types");
    if (const auto every = config_->Int({"full_attention_interval"}); every && types.empty()) {
      for (std::int64_t i = 1; i <= layers; ++i) {
        types.emplace_back(*every > 0 && i % *every == 0 ? "full_attention" : "linear_attention");
      }
    }
    if (!types.empty()) return ByTypes(types, full);
    if (const auto chunk = config_->Int({"attention_chunk_size"})) return Chunked(full, *chunk);
    const auto window = config_->Int({"sliding_window"});
    if (!window) return Add(full, layers);
    const auto [windowed, unbounded] = WindowedAndFull(*config_, type_, layers);
    MixerLayers narrow = full;
    narrow.window = window;
    Add(narrow, windowed);
    Add(full, unbounded);
  }

  void Ffns() {
    Model& model = out_->model;
    if (!model.ffns.empty()) return;
    FfnLayers dense;
    const auto width = config_->Int({"intermediate_size"});
    const auto expert_width = config_->Int({"moe_intermediate_size"});
    const auto dense_width = config_->Int({"intermediate_size_mlp", "dense_intermediate_size"});
    dense.width = dense_width.value_or(width.value_or(0));
    dense.gated = Gated();
    const auto experts = config_->Int({"n_routed_experts", "num_experts", "num_local_experts"});
    const auto top_k = config_->Int({"num_experts_per_tok", "num_experts_per_token", "moe_topk"});
    dense.layers = model.layers;
    if (!experts || *experts < 2) return model.ffns.push_back(dense);
    FfnLayers routed = Routed(*experts, top_k.value_or(0));
    routed.width = expert_width.value_or(width.value_or(0));
    dense.layers = DenseLayers();
    routed.layers = model.layers - dense.layers;
    if (dense.layers > 0) model.ffns.push_back(dense);
    if (routed.layers > 0) model.ffns.push_back(routed);
    if (!top_k) out_->untold.emplace_back("top_k: the configuration does not say how many experts");
  }

 private:
  void Add(MixerLayers m, std::int64_t layers) {
    m.layers = layers;
    if (layers > 0) out_->model.mixers.push_back(std::move(m));
  }

  bool Gated() {
    const std::string act = config_->Text("mlp_hidden_act") + config_->Text("hidden_act");
    return act.find("relu2") == std::string::npos;
  }

  void ByTypes(const std::vector<std::string>& types, const MixerLayers& full) {
    MixerLayers windowed = full;
    windowed.window = config_->Int({"sliding_window"});
    MixerLayers chunked = full;
    chunked.chunk = config_->Int({"attention_chunk_size"});
    const auto count = [&types](std::string_view name) {
      return static_cast<std::int64_t>(std::count(types.begin(), types.end(), name));
    };
    Add(Linear(), count("linear_attention"));
    Add(windowed, count("sliding_attention"));
    Add(chunked, count("chunked_attention"));
    Add(full, count("full_attention"));
    for (const std::string& name : std::set<std::string>(types.begin(), types.end())) {
      if (name != "linear_attention" && name != "sliding_attention" &&
          name != "chunked_attention" && name != "full_attention") {
        out_->untold.push_back(fmt::format("layer_types: '{}' is not known here", name));
      }
    }
  }

  MixerLayers Linear() {
    MixerLayers m;
    m.mixer = Mixer::kGatedDeltaNet;
    m.q_heads = config_->Int({"linear_num_key_heads"}).value_or(0);
    m.kv_heads = config_->Int({"linear_num_value_heads"}).value_or(0);
    m.head_dim = config_->Int({"linear_key_head_dim"}).value_or(0);
    m.v_head_dim = config_->Int({"linear_value_head_dim"});
    m.conv = config_->Int({"linear_conv_kernel_dim"});
    return m;
  }

  /// Llama 4: a list that has 0 where a layer sees everything.
  void Chunked(const MixerLayers& full, std::int64_t chunk) {
    const std::vector<std::int64_t> rope = config_->Ints("no_rope_layers");
    const auto step = config_->Int({"no_rope_layer_interval"}).value_or(4);
    const std::int64_t layers = out_->model.layers;
    const std::int64_t global = rope.empty() ? layers / std::max<std::int64_t>(step, 1)
                                             : std::count(rope.begin(), rope.end(), 0);
    MixerLayers local = full;
    local.chunk = chunk;
    Add(local, layers - global);
    Add(full, global);
  }

  /// DeepSeek V4: one ratio a layer; what goes beyond the layers is the draft layer's.
  void Compressed(std::vector<std::int64_t> ratios, std::int64_t heads) {
    MixerLayers m;
    m.mixer = Mixer::kCompressed;
    m.q_heads = heads;
    m.head_dim = config_->Int({"head_dim"}).value_or(0);
    m.q_lora = config_->Int({"q_lora_rank"}).value_or(0);
    m.qk_rope = config_->Int({"qk_rope_head_dim"});
    m.o_groups = config_->Int({"o_groups"});
    m.o_lora = config_->Int({"o_lora_rank"});
    m.window = config_->Int({"sliding_window"}).value_or(0);
    m.sink = true;
    config_->Int({"num_key_value_heads"});
    MixerLayers sparse = m;
    AddIndexer(*config_, sparse);
    const auto layers = static_cast<std::size_t>(std::max<std::int64_t>(out_->model.layers, 0));
    ratios.resize(std::min(ratios.size(), layers));
    for (const std::int64_t ratio : std::set<std::int64_t>(ratios.begin(), ratios.end())) {
      MixerLayers one = ratio > 0 && ratio <= 4 ? sparse : m;
      if (ratio > 0) one.compress = ratio;
      Add(one, std::count(ratios.begin(), ratios.end(), ratio));
    }
  }

  /// Nemotron-H: M mixes with Mamba2, * with attention, - and E transform.
  void Hybrid(const std::string& pattern, const MixerLayers& full) {
    const auto count = [&pattern](char c) {
      return static_cast<std::int64_t>(std::count(pattern.begin(), pattern.end(), c));
    };
    MixerLayers mamba;
    mamba.mixer = Mixer::kMamba2;
    mamba.q_heads = config_->Int({"mamba_num_heads"}).value_or(0);
    mamba.head_dim = config_->Int({"mamba_head_dim"}).value_or(0);
    mamba.state = config_->Int({"ssm_state_size"}).value_or(0);
    mamba.groups = config_->Int({"n_groups"}).value_or(1);
    mamba.conv = config_->Int({"conv_kernel"});
    Add(mamba, count('M'));
    Add(full, count('*'));
    FfnLayers dense;
    dense.layers = count('-');
    dense.width = config_->Int({"intermediate_size"}).value_or(0);
    dense.gated = Gated();
    if (dense.layers > 0) out_->model.ffns.push_back(dense);
    const auto experts = config_->Int({"n_routed_experts"});
    if (count('E') == 0 || !experts) return;
    FfnLayers routed = Routed(*experts, config_->Int({"num_experts_per_tok"}).value_or(0));
    routed.layers = count('E');
    routed.width = config_->Int({"moe_intermediate_size"}).value_or(dense.width);
    routed.latent = config_->Int({"moe_latent_size"});
    out_->model.ffns.push_back(routed);
  }

  FfnLayers Routed(std::int64_t experts, std::int64_t top_k) {
    FfnLayers routed;
    routed.routed = true;
    routed.experts = experts;
    routed.top_k = top_k;
    routed.gated = Gated();
    routed.shared_width =
        config_->Int({"shared_expert_intermediate_size", "moe_shared_expert_intermediate_size"});
    const bool llama4 = type_.starts_with("llama4");  // Has one and does not say so.
    routed.shared_experts = config_->Int({"n_shared_experts", "num_shared_experts"})
                                .value_or(llama4 || routed.shared_width.value_or(0) > 0 ? 1 : 0);
    if (routed.shared_width.value_or(0) == 0) routed.shared_width.reset();
    return routed;
  }

  std::int64_t DenseLayers() {
    const std::int64_t layers = out_->model.layers;
    const std::vector<std::int64_t> list = config_->Ints("moe_layer_freq");
    if (!list.empty()) return std::count(list.begin(), list.end(), 0);
    if (const auto first = config_->Int({"first_k_dense_replace"})) {
      return std::clamp<std::int64_t>(*first, 0, layers);
    }
    const auto step =
        config_->Int({"interleave_moe_layer_step", "decoder_sparse_step"}).value_or(1);
    const auto only = static_cast<std::int64_t>(config_->Ints("mlp_only_layers").size());
    const std::int64_t routed = step > 0 ? layers / step : layers;
    return std::clamp<std::int64_t>(layers - routed + only, 0, layers);
  }

  Config* config_;
  ConvertedModel* out_;
  std::string type_;
};

std::string Precision(Config& config) {
  std::string type = config.Text("torch_dtype");
  if (type.empty()) type = config.Text("dtype");
  const Json* quantization = config.Raw("quantization_config");
  if (quantization != nullptr && quantization->is_object()) {
    const auto method = quantization->find("quant_method");
    if (method != quantization->end() && method->is_string()) return method->get<std::string>();
  }
  return type == "bfloat16" ? "bf16" : (type == "float16" ? "f16" : type);
}

Result<> ReadSizes(Config& config, const Document& document, Model& model) {
  const std::array sizes = {std::pair("hidden_size", &model.hidden),
                            std::pair("num_hidden_layers", &model.layers),
                            std::pair("vocab_size", &model.vocab),
                            std::pair("num_attention_heads", static_cast<std::int64_t*>(nullptr))};
  for (const auto& [name, out] : sizes) {
    const auto value = config.Int({name});
    if (!value || *value < 1 || *value > kMaxSize) {
      return document.ErrorAt(fmt::format("/{}", name),
                              "is missing or no count: is this the config.json of a language "
                              "model?");
    }
    if (out != nullptr) *out = *value;
  }
  if (model.layers > kMaxLayers) {
    return document.ErrorAt("/num_hidden_layers", fmt::format("is above {}", kMaxLayers));
  }
  model.context_tokens = config.Int({"max_position_embeddings"}).value_or(0);
  return {};
}

void Tell(const Config& config, ConvertedModel& out) {
  const Model& model = out.model;
  if (model.context_tokens == 0) {
    out.untold.emplace_back("context_tokens: the configuration does not say; it must be given");
  }
  if (model.precision.empty()) out.untold.emplace_back("precision: the configuration does not say");
  out.untold.emplace_back(
      "parameters: a configuration states no count; add total_b and active_b "
      "with a source");
  std::int64_t mixers = 0;
  std::int64_t ffns = 0;
  for (const MixerLayers& m : model.mixers) mixers += m.layers;
  for (const FfnLayers& f : model.ffns) ffns += f.layers;
  if (mixers != model.layers && mixers + ffns != model.layers) {
    out.untold.push_back(
        fmt::format("mixer: {} of {} layers were understood", mixers, model.layers));
  }
  for (const std::string& name : config.Unread()) {
    out.untold.push_back(
        fmt::format("'{}' was not understood: see whether it changes the shape", name));
  }
}

}  // namespace

std::string IdOf(std::string_view name) {
  const std::size_t slash = name.rfind('/');
  if (slash != std::string_view::npos) name.remove_prefix(slash + 1);
  std::string id;
  for (const char c : name) {
    const bool upper = c >= 'A' && c <= 'Z';
    const bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.';
    if (upper || plain) {
      id += upper ? static_cast<char>(c - 'A' + 'a') : c;
    } else if (!id.empty() && id.back() != '-') {
      id += '-';
    }
  }
  while (!id.empty() && id.back() == '-') id.pop_back();
  return id.empty() ? "model" : id;
}

Result<ConvertedModel> ModelFromConfig(const Document& config, const ConfigIdentity& identity) {
  const Json& root = config.value();
  if (!root.is_object()) return config.ErrorAt("", "must be an object");
  const auto text = root.find("text_config");
  const bool nested = text != root.end() && text->is_object();
  Config fields(nested ? *text : root);
  Config outer(root);
  ConvertedModel out;
  Model& model = out.model;
  RS_RETURN_IF_ERROR(ReadSizes(fields, config, model));
  model.entry.id = IdOf(identity.name);
  model.entry.name = identity.name.substr(identity.name.rfind('/') + 1);
  if (identity.name.find('/') != std::string::npos) model.hugging_face = identity.name;
  model.entry.collected = identity.date;
  model.entry.sources = {{"config", identity.source, identity.date, Confidence::kHigh, "", {"*"}}};
  model.precision = Precision(fields);
  if (model.precision.empty() || outer.Raw("quantization_config"))
    model.precision = Precision(outer);
  const std::string type = fields.Text("model_type");
  model.tied_embeddings = fields.True("tie_word_embeddings", type.starts_with("gemma"));
  model.mtp_layers = fields.Int({"num_nextn_predict_layers", "num_mtp_modules"});
  if (model.mtp_layers == 0) model.mtp_layers.reset();
  model.residual_streams = fields.Int({"hc_mult"});
  Converter converter(fields, out);
  converter.Mixers();
  converter.Ffns();
  Tell(fields, out);
  return out;
}

}  // namespace roofscape::catalog
