#include "measure/gguf/network.h"

#include <functional>
#include <set>

#include <gtest/gtest.h>

namespace roofscape::gguf {
namespace {

TEST(Network, TheDefaultIsValidAndSomeTensOfMegabytes) {
  const ModelRecipe recipe;
  ASSERT_TRUE(Validate(recipe));
  std::int64_t bytes = 0;
  for (const Tensor& tensor : ListTensors(recipe, 1184)) bytes += tensor.bytes();
  EXPECT_GT(bytes, 10'000'000);
  EXPECT_LT(bytes, 100'000'000);
}

TEST(Network, NonsenseIsRefusedWithTheFlagAndACure) {
  const struct {
    const char* name;
    std::function<void(ModelRecipe&)> spoil;
    std::vector<const char*> words;
  } cases[] = {
      {"no layers", [](ModelRecipe& r) { r.layers = 0; }, {"--layers 0", "between 1 and"}},
      {"negative", [](ModelRecipe& r) { r.heads = -4; }, {"--heads -4", "between 1 and"}},
      {"odd width", [](ModelRecipe& r) { r.embedding = 100; }, {"--embd 100", "try 128"}},
      {"odd ff", [](ModelRecipe& r) { r.feed_forward = 65; }, {"--ff 65", "try 96"}},
      {"heads", [](ModelRecipe& r) { r.heads = 7; }, {"--heads 7", "--embd 448"}},
      {"thin heads",
       [](ModelRecipe& r) {
         r.embedding = 64;
         r.heads = 16;
         r.kv_heads = 4;
       },
       {"width 4", "multiple of 8"}},
      {"kv heads", [](ModelRecipe& r) { r.kv_heads = 3; }, {"--kv-heads 3", "--heads 8"}},
      {"more kv heads than heads", [](ModelRecipe& r) { r.kv_heads = 16; }, {"--kv-heads 16"}},
      {"huge",
       [](ModelRecipe& r) {
         r.embedding = 16384;
         r.heads = 128;
         r.kv_heads = 8;
         r.feed_forward = 65536;
         r.layers = 100;
         r.matrices = TensorType::kFloat16;
       },
       {"GB", "--layers"}},
  };
  for (const auto& c : cases) {
    ModelRecipe recipe;
    c.spoil(recipe);
    const Result<> result = Validate(recipe);
    ASSERT_FALSE(result) << c.name;
    EXPECT_EQ(result.error().code, ErrorCode::kInvalidArgument) << c.name;
    for (const char* word : c.words) {
      EXPECT_NE(result.error().message.find(word), std::string::npos)
          << c.name << ": '" << word << "' missing in: " << result.error().message;
    }
  }
}

TEST(Network, WhatACureProposesIsValid) {
  ModelRecipe recipe;
  recipe.heads = 7;
  recipe.kv_heads = 1;
  recipe.embedding = 448;
  EXPECT_TRUE(Validate(recipe));
}

TEST(Network, GroupedAttentionNarrowsKeysAndValues) {
  ModelRecipe recipe;
  recipe.embedding = 256;
  recipe.heads = 8;
  recipe.kv_heads = 2;
  std::set<std::string> names;
  for (const Tensor& tensor : ListTensors(recipe, 1000)) {
    EXPECT_TRUE(names.insert(tensor.name).second) << tensor.name;
    if (tensor.name == "blk.0.attn_k.weight" || tensor.name == "blk.0.attn_v.weight") {
      EXPECT_EQ(tensor.columns, 256);
      EXPECT_EQ(tensor.rows, 64);
    }
    if (tensor.name == "output.weight") {
      EXPECT_EQ(tensor.rows, 1000);
    }
  }
  EXPECT_EQ(names.count("blk.0.attn_k.weight"), 1U);
}

}  // namespace
}  // namespace roofscape::gguf
