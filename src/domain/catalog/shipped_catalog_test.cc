// The catalog that ships, held against what is known of it from elsewhere.

#include <cmath>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>

#include <gtest/gtest.h>

#include "base/core/document.h"
#include "domain/catalog/catalog.h"
#include "domain/catalog/model_toml.h"
#include "domain/catalog/read.h"

namespace roofscape::catalog {
namespace {

const Catalog& Shipped() {
  static const Catalog catalog = [] {
    std::vector<CatalogFile> files;
    for (const std::string_view folder : Folders()) {
      for (const auto& entry :
           std::filesystem::directory_iterator(std::filesystem::path("catalog") / folder)) {
        std::ostringstream text;
        text << std::ifstream(entry.path()).rdbuf();
        files.push_back({std::string(folder) + "/" + entry.path().filename().string(), text.str()});
      }
    }
    Result<Catalog> parsed = ParseCatalog(files);
    if (!parsed) ADD_FAILURE() << parsed.error().message;
    return parsed ? *parsed : Catalog{};
  }();
  return catalog;
}

TEST(ShippedCatalog, CountsParametersAsTheirMakersDo) {
  // A count that is stated differently, for a reason that the file gives: by how much at most.
  const std::map<std::string, double> noted = {{"llama-4-maverick", 0.06},
                                               {"kimi-k3", 0.06},
                                               {"minimax-m3", 0.08},
                                               {"nemotron-3-nano-30b-a3b", 0.08}};
  EXPECT_GE(Shipped().models.size(), 28U);
  for (const Model& model : Shipped().models) {
    const auto exception = noted.find(model.entry.id);
    const double tolerance = exception == noted.end() ? 0.05 : exception->second;
    const ParameterCount count = CountParameters(model);
    if (model.total_b) {
      EXPECT_NEAR(count.total / 1e9 / *model.total_b, 1, tolerance) << model.entry.id;
    }
    if (model.active_b) {
      EXPECT_NEAR(count.active / 1e9 / *model.active_b, 1, tolerance) << model.entry.id;
    }
    EXPECT_EQ(model.count_note.empty(), exception == noted.end()) << model.entry.id;
  }
}

/// Bytes a token at one byte a value, worked out from the layers by hand.
TEST(ShippedCatalog, KnowsWhatACacheHolds) {
  const std::map<std::string, double> values = {
      {"llama-3.1-8b", 32.0 * 2 * 8 * 128},
      {"deepseek-v3", 61.0 * (512 + 64)},
      {"deepseek-v3.2", 61.0 * (512 + 64 + 128)},      // The index keeps a key of its own.
      {"glm-5.2", 78.0 * (512 + 64) + 20 * 128},       // One layer in four has an index.
      {"gpt-oss-120b", 18.0 * 2 * 8 * 64},             // Windows do not grow.
      {"llama-4-maverick", 12.0 * 2 * 8 * 128},        // Nor do chunks.
      {"qwen3.5-397b-a17b", 15.0 * 2 * 2 * 256},       // Nor does state.
      {"kimi-k3", 24.0 * (512 + 64)},                  //
      {"minimax-m3", 60.0 * 2 * 4 * 128 + 57 * 128},   //
      {"deepseek-v4-pro", 31.0 * 4 + 30.0 * 640 / 4},  // 512 of the key, 128 of the index.
  };
  for (const auto& [id, want] : values) {
    const auto model = FindModel(Shipped(), id);
    ASSERT_TRUE(model) << id;
    EXPECT_DOUBLE_EQ(CacheValuesPerToken(**model), want) << id;
  }
  // 45 layers of 64 heads, each a matrix of 128 x 128: 189 MB in fp32.
  EXPECT_DOUBLE_EQ(StateValuesPerSequence(**FindModel(Shipped(), "qwen3.5")),
                   45.0 * 64 * 128 * 128);
}

TEST(ShippedCatalog, ResolvesTheNamesOfOtherData) {
  const std::map<std::string, std::string> chips = {
      {"h100", "h100-sxm"},     {"h200", "h200-sxm"},          {"b200", "b200-sxm"},
      {"b300", "b300-sxm"},     {"gb200", "gb200-nvl72"},      {"gb300", "gb300-nvl72"},
      {"MI300X", "mi300x"},     {"mi325x", "mi325x"},          {"mi355x", "mi355x"},
      {"h100_sxm", "h100-sxm"}, {"vr200", "vera-rubin-nvl72"}, {"tpuv7", "tpu-v7"}};
  for (const auto& [name, id] : chips) EXPECT_EQ((*FindChip(Shipped(), name))->entry.id, id);
  const std::map<std::string, std::string> models = {{"dsr1", "deepseek-v3"},
                                                     {"gptoss120b", "gpt-oss-120b"},
                                                     {"llama70b", "llama-3.1-70b"},
                                                     {"qwen3.5", "qwen3.5-397b-a17b"},
                                                     {"kimik2.5", "kimi-k2.5"},
                                                     {"minimaxm2.5", "minimax-m2.5"},
                                                     {"dsv4", "deepseek-v4-pro"},
                                                     {"glm5", "glm-5"},
                                                     {"minimaxm3", "minimax-m3"},
                                                     {"glm5.1", "glm-5"},
                                                     {"DeepSeek-R1-0528", "deepseek-v3"},
                                                     {"openai/gpt-oss-120b", "gpt-oss-120b"}};
  for (const auto& [name, id] : models) {
    const auto model = FindModel(Shipped(), name);
    ASSERT_TRUE(model) << name;
    EXPECT_EQ((*model)->entry.id, id);
  }
  const std::map<std::string, std::string> engines = {
      {"trt", "tensorrt-llm"},   {"dynamo-trt", "tensorrt-llm"}, {"dynamo-sglang", "sglang"},
      {"mori-sglang", "sglang"}, {"vllm-disagg", "vllm"},        {"llama.cpp", "llama-cpp"}};
  for (const auto& [name, id] : engines) EXPECT_EQ((*FindEngine(Shipped(), name))->entry.id, id);
}

TEST(ShippedCatalog, WritesItsModelsAndReadsThemBack) {
  for (const Model& model : Shipped().models) {
    const auto document = ParseToml(ToToml(model), model.entry.file);
    ASSERT_TRUE(document) << document.error().message;
    const Result<Model> again = ReadModel(*document);
    ASSERT_TRUE(again) << again.error().message;
    Model want = model;
    want.entry.facts = again->entry.facts;      // Their order is the writer's own.
    want.entry.sources = again->entry.sources;  // Sorted by name in a document.
    EXPECT_EQ(*again, want) << model.entry.id;
    EXPECT_EQ(again->entry.facts.size(), model.entry.facts.size()) << model.entry.id;
  }
}

TEST(ShippedCatalog, GivesThePriceOfItsDay) {
  const auto& books = Shipped().prices;
  struct Case {
    const char* chip;
    Tier tier;
    Date date;
    double usd_hr;
  };
  // From the epochs of InferenceX's TCO constants.
  const Case cases[] = {{"h100-sxm", Tier::kRented3yr, {2026, 1, 1}, 1.3},
                        {"h100-sxm", Tier::kRented3yr, {2026, 8, 1}, 1.78},
                        {"h100-sxm", Tier::kRented3yr, {2026, 11, 1}, 2.0},
                        {"h100-sxm", Tier::kOwnedNeocloud, {2026, 11, 1}, 1.55},
                        {"gb300-nvl72", Tier::kOwnedHyperscaler, {2025, 12, 1}, 2.652}};
  for (const Case& c : cases) {
    const auto price = PriceAt(books, c.chip, c.tier, c.date);
    ASSERT_TRUE(price) << c.chip;
    EXPECT_EQ(price->value, c.usd_hr) << c.chip << " " << c.date.ToIso();
  }
  EXPECT_TRUE(PriceAt(books, "gb300-nvl72", Tier::kOwnedHyperscaler, {2025, 12, 1})->placeholder);
  EXPECT_EQ(AllInPowerAt(books, "h100-sxm", {2026, 1, 1})->value, 1.73);
  EXPECT_EQ(AllInPowerAt(books, "h100-sxm", {2026, 8, 1})->value, 1.37);
}

TEST(Lookup, SuggestsWhatWasMeant) {
  const auto chip = FindChip(Shipped(), "h10");
  ASSERT_FALSE(chip);
  EXPECT_EQ(chip.error().code, ErrorCode::kNotFound);
  EXPECT_NE(chip.error().message.find("Did you mean 'h100'?"), std::string::npos);
}

}  // namespace
}  // namespace roofscape::catalog
