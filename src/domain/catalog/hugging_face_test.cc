#include "domain/catalog/hugging_face.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "domain/catalog/check.h"
#include "domain/catalog/model_toml.h"
#include "domain/catalog/read.h"

namespace roofscape::catalog {
namespace {

struct Case {
  std::string name;
  std::string config;
  double total_b;   // As published, or counted from the layers by hand.
  double active_b;  // Without the input embedding.
  double cache_values;
};

const Case kCases[] = {
    {"llama: Llama-3.1-8B",
     R"({"model_type":"llama","hidden_size":4096,"num_hidden_layers":32,"vocab_size":128256,
         "num_attention_heads":32,"num_key_value_heads":8,"intermediate_size":14336,
         "max_position_embeddings":131072,"torch_dtype":"bfloat16"})",
     8.03, 7.50, 65536},
    {"mixtral: experts as wide as intermediate_size, Mixtral-8x7B",
     R"({"model_type":"mixtral","hidden_size":4096,"num_hidden_layers":32,"vocab_size":32000,
         "num_attention_heads":32,"num_key_value_heads":8,"intermediate_size":14336,
         "num_local_experts":8,"num_experts_per_tok":2,"sliding_window":null,
         "max_position_embeddings":32768,"torch_dtype":"bfloat16"})",
     46.7, 12.75, 65536},
    {"deepseek_v3: a latent, dense first layers, a shared expert",
     R"({"model_type":"deepseek_v3","hidden_size":7168,"num_hidden_layers":61,"vocab_size":129280,
         "num_attention_heads":128,"num_key_value_heads":128,"kv_lora_rank":512,"q_lora_rank":1536,
         "qk_nope_head_dim":128,"qk_rope_head_dim":64,"v_head_dim":128,"intermediate_size":18432,
         "moe_intermediate_size":2048,"n_routed_experts":256,"n_shared_experts":1,
         "num_experts_per_tok":8,"first_k_dense_replace":3,"moe_layer_freq":1,
         "num_nextn_predict_layers":1,"max_position_embeddings":163840,
         "quantization_config":{"quant_method":"fp8"}})",
     671.0, 36.6, 35136},
    {"qwen3_moe: every layer routed, Qwen3-235B-A22B",
     R"({"model_type":"qwen3_moe","hidden_size":4096,"num_hidden_layers":94,"vocab_size":151936,
         "num_attention_heads":64,"num_key_value_heads":4,"head_dim":128,"intermediate_size":12288,
         "moe_intermediate_size":1536,"num_experts":128,"num_experts_per_tok":8,
         "decoder_sparse_step":1,"mlp_only_layers":[],"use_sliding_window":false,
         "sliding_window":4096,"max_position_embeddings":40960,"torch_dtype":"bfloat16"})",
     235.1, 21.6, 96256},
    {"gpt_oss: every other layer has a window, gpt-oss-20b",
     R"({"model_type":"gpt_oss","hidden_size":2880,"num_hidden_layers":24,"vocab_size":201088,
         "num_attention_heads":64,"num_key_value_heads":8,"head_dim":64,"intermediate_size":2880,
         "num_local_experts":32,"num_experts_per_tok":4,"sliding_window":128,
         "max_position_embeddings":131072,"quantization_config":{"quant_method":"mxfp4"}})",
     20.9, 3.6, 12288},
    {"text_config: linear layers by interval, Qwen3.5-397B-A17B",
     R"({"text_config":{"model_type":"qwen3_5_moe_text","hidden_size":4096,"num_hidden_layers":60,
         "vocab_size":248320,"num_attention_heads":32,"num_key_value_heads":2,"head_dim":256,
         "attn_output_gate":true,"full_attention_interval":4,"linear_num_key_heads":16,
         "linear_num_value_heads":64,"linear_key_head_dim":128,"linear_value_head_dim":128,
         "linear_conv_kernel_dim":4,"moe_intermediate_size":1024,
         "shared_expert_intermediate_size":1024,"num_experts":512,"num_experts_per_tok":10,
         "max_position_embeddings":262144,"dtype":"bfloat16"}})",
     396.3, 16.3, 15360},
    {"deepseek_v4: compressed keys and a grouped output, DeepSeek-V4 in small",
     R"({"model_type":"deepseek_v4","hidden_size":4096,"num_hidden_layers":4,"vocab_size":129280,
         "num_attention_heads":64,"num_key_value_heads":1,"head_dim":512,"q_lora_rank":1024,
         "qk_rope_head_dim":64,"o_groups":8,"o_lora_rank":1024,"sliding_window":128,
         "compress_ratios":[0,4,128,4,0],"index_n_heads":64,"index_head_dim":128,"index_topk":512,
         "moe_intermediate_size":2048,"n_routed_experts":256,"n_shared_experts":1,
         "num_experts_per_tok":6,"max_position_embeddings":1048576,"expert_dtype":"fp4"})",
     // 4 x (257 x 3 x 4096 x 2048 + 107.0 M) + 2 x 529.5 M, the compressors and indexers over it.
     27.43, 1.73, 2.0 * (512 + 128) / 4 + 512.0 / 128},
    {"nemotron_h: a letter a layer",
     R"({"model_type":"nemotron_h","hidden_size":2688,"num_hidden_layers":6,"vocab_size":131072,
         "num_attention_heads":32,"num_key_value_heads":2,"head_dim":128,
         "hybrid_override_pattern":"MEM*E-","mamba_num_heads":64,"mamba_head_dim":64,
         "ssm_state_size":128,"n_groups":8,"conv_kernel":4,"intermediate_size":1856,
         "moe_intermediate_size":1856,"moe_shared_expert_intermediate_size":3712,
         "n_routed_experts":128,"n_shared_experts":1,"num_experts_per_tok":6,
         "mlp_hidden_act":"relu2","max_position_embeddings":262144,"torch_dtype":"bfloat16"})",
     // 2 x 38.7 M Mamba2, 23.4 M attention, 2 x (128 x 10 M + 20 M), 10 M dense, 0.7 B tables.
     3.41, 0.62, 2.0 * 2 * 128},
    {"gemma3: tied tables, five windows to a global layer, Gemma-3-27B",
     R"({"text_config":{"model_type":"gemma3_text","hidden_size":5376,"num_hidden_layers":62,
         "vocab_size":262144,"num_attention_heads":32,"num_key_value_heads":16,"head_dim":128,
         "intermediate_size":21504,"sliding_window":1024,"sliding_window_pattern":6,
         "max_position_embeddings":131072,"torch_dtype":"bfloat16"}})",
     27.0, 27.0, 40960},
    {"llama4: chunks, every other layer routed, Llama-4-Maverick",
     R"({"text_config":{"model_type":"llama4_text","hidden_size":5120,"num_hidden_layers":48,
         "vocab_size":202048,"num_attention_heads":40,"num_key_value_heads":8,"head_dim":128,
         "intermediate_size":8192,"intermediate_size_mlp":16384,"attention_chunk_size":8192,
         "num_local_experts":128,"num_experts_per_tok":1,"interleave_moe_layer_step":2,
         "max_position_embeddings":1048576,"torch_dtype":"bfloat16"}})",
     400.7, 16.1, 24576},
    {"minimax_m2: a norm over all heads, MiniMax-M2",
     R"({"model_type":"minimax_m2","hidden_size":3072,"num_hidden_layers":62,"vocab_size":200064,
         "num_attention_heads":48,"num_key_value_heads":8,"head_dim":128,"use_qk_norm":true,
         "qk_norm_type":"per_layer","intermediate_size":1536,"num_local_experts":256,
         "num_experts_per_tok":8,"max_position_embeddings":196608,"torch_dtype":"bfloat16"})",
     228.7, 10.4, 126976},
    {"glm4_moe: GLM-4.6",
     R"({"model_type":"glm4_moe","hidden_size":5120,"num_hidden_layers":92,"vocab_size":151552,
         "num_attention_heads":96,"num_key_value_heads":8,"head_dim":128,"use_qk_norm":true,
         "intermediate_size":12288,"moe_intermediate_size":1536,"n_routed_experts":160,
         "n_shared_experts":1,"num_experts_per_tok":8,"first_k_dense_replace":3,
         "max_position_embeddings":202752,"torch_dtype":"bfloat16"})",
     352.8, 32.9, 188416},
};

TEST(ModelFromConfig, ReadsEveryDialect) {
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.name);
    const auto config = ParseJson(c.config, "config.json");
    ASSERT_TRUE(config) << config.error().message;
    const auto converted = ModelFromConfig(*config, {"org/Some-Model", "a test", {2026, 1, 1}});
    ASSERT_TRUE(converted) << converted.error().message;
    const ParameterCount count = CountParameters(converted->model);
    EXPECT_NEAR(count.total / 1e9 / c.total_b, 1, 0.01) << count.total / 1e9;
    EXPECT_NEAR(count.active / 1e9 / c.active_b, 1, 0.02) << count.active / 1e9;
    EXPECT_DOUBLE_EQ(CacheValuesPerToken(converted->model), c.cache_values);
    // Only the count is left to say, and the file can enter a catalog.
    EXPECT_EQ(converted->untold.size(), c.name.starts_with("deepseek_v4") ? 2U : 1U)
        << converted->untold.back();
    const Parsed parsed =
        ParseFiles(std::vector<CatalogFile>{{"models/some-model.toml", ToToml(converted->model)}});
    for (const Error& error : parsed.errors) ADD_FAILURE() << error.message;
    for (const Problem& problem : Check(parsed.catalog)) ADD_FAILURE() << problem.ToText();
  }
}

TEST(ModelFromConfig, RefusesWhatIsNoModel) {
  struct Wrong {
    const char* config;
    const char* want;
  };
  const Wrong cases[] = {
      {"[]", "config.json: must be an object"},
      {"{\"hidden_size\": \"big\"}", "config.json: line 1: hidden_size: is missing or no count"},
      {"{\"hidden_size\": 64, \"num_hidden_layers\": -1}",
       "config.json: line 1: num_hidden_layers: is missing or no count"},
      {"{\"hidden_size\":64,\"num_hidden_layers\":99999,\"vocab_size\":9,"
       "\"num_attention_heads\":1}",
       "config.json: line 1: num_hidden_layers: is above 10000"}};
  for (const Wrong& c : cases) {
    const auto converted =
        ModelFromConfig(*ParseJson(c.config, "config.json"), {"m", "a test", {2026, 1, 1}});
    ASSERT_FALSE(converted) << c.config;
    EXPECT_TRUE(converted.error().message.starts_with(c.want)) << converted.error().message;
  }
}

TEST(ModelFromConfig, SaysWhatItDidNotUnderstand) {
  const auto config = ParseJson(
      R"({"hidden_size":64,"num_hidden_layers":2,"vocab_size":100,"num_attention_heads":4,
          "intermediate_size":128,"num_ghost_heads":3})",
      "config.json");
  const auto converted = ModelFromConfig(*config, {"m", "a test", {2026, 1, 1}});
  ASSERT_TRUE(converted);
  std::string all;
  for (const std::string& untold : converted->untold) all += untold + "\n";
  EXPECT_NE(all.find("context_tokens: "), std::string::npos) << all;
  EXPECT_NE(all.find("precision: "), std::string::npos) << all;
  EXPECT_NE(all.find("'num_ghost_heads' was not understood"), std::string::npos) << all;
}

TEST(IdOf, IsAFileName) {
  EXPECT_EQ(IdOf("org/Model-7B Chat"), "model-7b-chat");
  EXPECT_EQ(IdOf("Qwen3.5_397B"), "qwen3.5-397b");
  EXPECT_EQ(IdOf("//"), "model");
}

}  // namespace
}  // namespace roofscape::catalog
