#include "measure/gguf/model_writer.h"

#include <algorithm>
#include <cmath>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <vector>

#include <sys/resource.h>

#include <gtest/gtest.h>

#include "measure/gguf/gguf_reader_for_tests.h"
#include "measure/gguf/half.h"

namespace roofscape::gguf {
namespace {

namespace fs = std::filesystem;

ModelRecipe Tiny() {
  ModelRecipe recipe;
  recipe.embedding = 64;
  recipe.layers = 2;
  recipe.heads = 4;
  recipe.kv_heads = 2;
  recipe.feed_forward = 96;
  recipe.context_tokens = 512;
  recipe.matrices = TensorType::kFloat16;
  return recipe;
}

std::string ReadAll(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

/// FNV-1a.
std::uint64_t Hash(std::string_view bytes) {
  std::uint64_t hash = 0xCBF29CE484222325ULL;
  for (const char c : bytes) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3ULL;
  }
  return hash;
}

class ModelWriterTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "roofscape-gguf-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    directory_ = pattern;
  }
  void TearDown() override { fs::remove_all(directory_); }

  std::string Path(const std::string& name) const { return (directory_ / name).string(); }

  std::string Write(const ModelRecipe& recipe, const std::string& name) {
    const Result<ModelFacts> facts = WriteModel(recipe, Path(name), true);
    EXPECT_TRUE(facts) << (facts ? "" : facts.error().message);
    return ReadAll(Path(name));
  }

  std::size_t FilesInDirectory() const {
    std::size_t count = 0;
    for (const auto& entry : fs::directory_iterator(directory_)) count += entry.exists() ? 1U : 0U;
    return count;
  }

  fs::path directory_;
};

TEST_F(ModelWriterTest, AnIndependentReaderFindsWhatWasAskedFor) {
  const std::string file = Write(Tiny(), "m.gguf");
  const ReadModel model = ModelReader(file).Read();
  ASSERT_EQ(model.error, "");
  EXPECT_EQ(model.version, 3U);
  EXPECT_EQ(model.strings.at("general.architecture"), "llama");
  const std::map<std::string, std::uint64_t> expected = {
      {"llama.embedding_length", 64},        {"llama.block_count", 2},
      {"llama.attention.head_count", 4},     {"llama.attention.head_count_kv", 2},
      {"llama.feed_forward_length", 96},     {"llama.context_length", 512},
      {"llama.rope.dimension_count", 16},    {"general.alignment", 32},
      {"tokenizer.ggml.bos_token_id", 1},    {"tokenizer.ggml.eos_token_id", 2},
      {"tokenizer.ggml.add_space_prefix", 0}};
  for (const auto& [key, value] : expected) EXPECT_EQ(model.numbers.at(key), value) << key;
  const std::size_t size = model.string_lists.at("tokenizer.ggml.tokens").size();
  EXPECT_EQ(size, model.numbers.at("llama.vocab_size"));
  EXPECT_EQ(size, model.number_lists.at("tokenizer.ggml.scores").size());
  EXPECT_EQ(size, model.number_lists.at("tokenizer.ggml.token_type").size());
  EXPECT_NE(model.strings.at("tokenizer.chat_template").find("<|im_start|>"), std::string::npos);
}

TEST_F(ModelWriterTest, TensorsFollowEachOtherAlignedToTheEndOfTheFile) {
  const std::string file = Write(Tiny(), "m.gguf");
  const ReadModel model = ModelReader(file).Read();
  ASSERT_EQ(model.tensors.size(), 3U + 2U * 9U);
  std::uint64_t next = 0;
  std::uint64_t parameters = 0;
  for (const ReadTensor& tensor : model.tensors) {
    EXPECT_EQ(tensor.offset, next) << tensor.name;
    EXPECT_EQ(tensor.offset % 32, 0U) << tensor.name;
    std::uint64_t weights = 1;
    for (const std::uint64_t n : tensor.dimensions) weights *= n;
    EXPECT_EQ(tensor.type, tensor.dimensions.size() == 1 ? 0U : 1U) << tensor.name;
    const std::uint64_t bytes = weights * (tensor.type == 0 ? 4 : 2);
    next += (bytes + 31) / 32 * 32;
    parameters += weights;
  }
  EXPECT_EQ(model.data_start + next, file.size());
  const Result<ModelFacts> facts = WriteModel(Tiny(), Path("again.gguf"), false);
  ASSERT_TRUE(facts);
  EXPECT_EQ(static_cast<std::uint64_t>(facts->parameters), parameters);
  EXPECT_EQ(static_cast<std::uint64_t>(facts->file_bytes), file.size());
}

TEST_F(ModelWriterTest, SameSeedSameBytes) {
  // Golden: a change of these numbers changes every user's models. Say so in the change log.
  const struct {
    TensorType type;
    VocabularyKind vocabulary;
    std::uint64_t hash;
  } cases[] = {{TensorType::kFloat16, VocabularyKind::kAscii, 0x4C32A795B429D14FULL},
               {TensorType::kQ4_0, VocabularyKind::kAscii, 0xCF18D327807EC181ULL},
               {TensorType::kQ4_0, VocabularyKind::kBytes, 0x0D51BAD65E4A6330ULL}};
  for (const auto& c : cases) {
    ModelRecipe recipe = Tiny();
    recipe.matrices = c.type;
    recipe.vocabulary = c.vocabulary;
    const std::string file = Write(recipe, "m.gguf");
    EXPECT_EQ(file, Write(recipe, "n.gguf"));
    EXPECT_EQ(Hash(file), c.hash) << std::hex << "0x" << Hash(file);
  }
}

TEST_F(ModelWriterTest, AnotherSeedChangesWeightsAndNameAlone) {
  ModelRecipe other = Tiny();
  other.seed = 2;
  const std::string a = Write(Tiny(), "a.gguf");
  const std::string b = Write(other, "b.gguf");
  ASSERT_EQ(a.size(), b.size());
  const std::uint64_t start = ModelReader(a).Read().data_start;
  std::size_t different_in_head = 0;
  for (std::size_t i = 0; i < start; ++i) different_in_head += a[i] != b[i] ? 1U : 0U;
  EXPECT_EQ(different_in_head, 1U);  // The seed's digit in the name.
  std::size_t different = 0;
  for (std::size_t i = start; i < a.size(); ++i) different += a[i] != b[i] ? 1U : 0U;
  EXPECT_GT(different, (a.size() - start) / 2);
}

/// The weights of a tensor, decoded by GGUF's description of its type.
std::vector<double> Decode(const std::string& file, const ReadModel& model,
                           const ReadTensor& tensor) {
  std::uint64_t count = 1;
  for (const std::uint64_t n : tensor.dimensions) count *= n;
  const char* data = file.data() + model.data_start + tensor.offset;
  const auto half = [&](std::size_t at) {
    std::uint16_t bits = 0;
    std::memcpy(&bits, data + at, 2);
    return static_cast<double>(HalfValue(bits));
  };
  std::vector<double> weights;
  for (std::uint64_t i = 0; i < count; ++i) {
    if (tensor.type == 0) {
      float value = 0;
      std::memcpy(&value, data + 4 * i, 4);
      weights.push_back(value);
    } else if (tensor.type == 1) {
      weights.push_back(half(2 * i));
    } else if (tensor.type == 8) {
      const std::size_t block = i / 32 * 34;
      weights.push_back(half(block) * static_cast<std::int8_t>(data[block + 2 + i % 32]));
    } else {
      const std::size_t block = i / 32 * 18;
      const std::size_t in_block = i % 32;
      const auto byte = static_cast<unsigned char>(data[block + 2 + in_block % 16]);
      const int nibble = in_block < 16 ? byte & 15 : byte >> 4;
      weights.push_back(half(block) * (nibble - 8));
    }
  }
  return weights;
}

TEST_F(ModelWriterTest, WeightsHaveTheirDeviationAndNormsAreOne) {
  for (const TensorType type : {TensorType::kFloat16, TensorType::kQ8_0, TensorType::kQ4_0}) {
    ModelRecipe recipe = Tiny();
    recipe.matrices = type;
    const std::string file = Write(recipe, "m.gguf");
    const ReadModel model = ModelReader(file).Read();
    for (const ReadTensor& tensor : model.tensors) {
      const std::vector<double> weights = Decode(file, model, tensor);
      if (tensor.type == 0) {
        for (const double weight : weights) ASSERT_EQ(weight, 1.0) << tensor.name;
        continue;
      }
      const auto n = static_cast<double>(weights.size());
      double sum = 0;
      double squares = 0;
      for (const double weight : weights) {
        sum += weight;
        squares += weight * weight;
      }
      const double expected = tensor.name == "token_embd.weight"
                                  ? 1.0
                                  : 1.0 / std::sqrt(static_cast<double>(tensor.dimensions[0]));
      // Four bits add their rounding error: about 1 % to the deviation.
      const double slack = tensor.type == 2 ? 0.03 * expected : 0.0;
      EXPECT_NEAR(std::sqrt(squares / n), expected, slack + 5 * expected / std::sqrt(2 * n))
          << tensor.name;
      EXPECT_NEAR(sum / n, 0.0, slack + 5 * expected / std::sqrt(n)) << tensor.name;
    }
  }
}

TEST_F(ModelWriterTest, FewBitsAreTheSameWeightsRounded) {
  // Half a step of -8 to 7, or of -127 to 127; a whole one at the end that -8 to 7 leaves out. The
  // scale and the exact weight are each rounded to 11 bits: up to 0.06 of 127 steps each.
  const struct {
    TensorType type;
    double steps;
    double clipped_from;
  } cases[] = {{TensorType::kQ4_0, 8, 7.4 / 8}, {TensorType::kQ8_0, 127, 2}};
  const std::string exact_file = Write(Tiny(), "a.gguf");
  const ReadModel exact = ModelReader(exact_file).Read();
  for (const auto& c : cases) {
    ModelRecipe packed = Tiny();
    packed.matrices = c.type;
    const std::string packed_file = Write(packed, "b.gguf");
    const ReadModel rounded = ModelReader(packed_file).Read();
    ASSERT_EQ(exact.tensors.size(), rounded.tensors.size());
    std::size_t compared = 0;
    for (std::size_t t = 0; t < exact.tensors.size(); ++t) {
      if (rounded.tensors[t].type != static_cast<std::uint32_t>(c.type)) continue;
      const std::vector<double> a = Decode(exact_file, exact, exact.tensors[t]);
      const std::vector<double> b = Decode(packed_file, rounded, rounded.tensors[t]);
      ASSERT_EQ(a.size(), b.size());
      for (std::size_t block = 0; block < a.size(); block += 32) {
        double largest = 0;
        for (std::size_t i = block; i < block + 32; ++i)
          largest = std::max(largest, std::abs(a[i]));
        for (std::size_t i = block; i < block + 32; ++i) {
          const bool clipped =
              std::abs(b[i]) < std::abs(a[i]) && std::abs(a[i]) > largest * c.clipped_from;
          ASSERT_LE(std::abs(a[i] - b[i]), largest / c.steps * (clipped ? 1.01 : 0.63))
              << exact.tensors[t].name << " " << i;
          ++compared;
        }
      }
    }
    EXPECT_GT(compared, 0U);
  }
}

TEST_F(ModelWriterTest, AnExistingFileStaysUnlessForced) {
  std::ofstream(Path("m.gguf")) << "precious";
  const Result<ModelFacts> refused = WriteModel(Tiny(), Path("m.gguf"), false);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kInvalidArgument);
  EXPECT_NE(refused.error().message.find("--force"), std::string::npos);
  EXPECT_EQ(ReadAll(Path("m.gguf")), "precious");
  EXPECT_TRUE(WriteModel(Tiny(), Path("m.gguf"), true));
  EXPECT_EQ(ReadAll(Path("m.gguf")).substr(0, 4), "GGUF");
}

TEST_F(ModelWriterTest, PlacesThatCannotBeWritten) {
  const Result<ModelFacts> nowhere = WriteModel(Tiny(), Path("no/such/m.gguf"), false);
  ASSERT_FALSE(nowhere);
  EXPECT_EQ(nowhere.error().code, ErrorCode::kIo);
  EXPECT_NE(nowhere.error().message.find("create the directory"), std::string::npos)
      << nowhere.error().message;
  const Result<ModelFacts> directory = WriteModel(Tiny(), directory_.string(), true);
  ASSERT_FALSE(directory);
  EXPECT_EQ(directory.error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(FilesInDirectory(), 0U);
}

TEST_F(ModelWriterTest, AWriteThatFailsHalfwayLeavesNothing) {
  // A limit on file sizes stands for a full disk: write() fails after some bytes.
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  rlimit small = before;
  small.rlim_cur = 100'000;
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  std::ofstream(Path("kept.gguf")) << "old";
  const Result<ModelFacts> facts = WriteModel(Tiny(), Path("kept.gguf"), true);
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  std::signal(SIGXFSZ, handler);
  ASSERT_FALSE(facts);
  EXPECT_EQ(facts.error().code, ErrorCode::kIo);
  EXPECT_EQ(ReadAll(Path("kept.gguf")), "old");
  EXPECT_EQ(FilesInDirectory(), 1U);
}

TEST_F(ModelWriterTest, AFullDiskSaysSo) {
  if (!fs::exists("/dev/full")) GTEST_SKIP() << "no /dev/full here";
  // Not a regular file, so it is refused before anything is written to it.
  const Result<ModelFacts> facts = WriteModel(Tiny(), "/dev/full", true);
  ASSERT_FALSE(facts);
  EXPECT_NE(facts.error().message.find("no regular file"), std::string::npos);
}

}  // namespace
}  // namespace roofscape::gguf
