#include "measure/gguf/header.h"

#include <bit>

#include <fmt/format.h>

namespace roofscape::gguf {
namespace {

// The numbers that GGUF gives to value types.
enum class ValueType : std::uint32_t {
  kUint32 = 4,
  kInt32 = 5,
  kFloat32 = 6,
  kBool = 7,
  kString = 8,
  kArray = 9,
};

void AppendUint32(std::string& out, std::uint32_t value) { AppendLittleEndian(out, value, 4); }
void AppendUint64(std::string& out, std::uint64_t value) { AppendLittleEndian(out, value, 8); }
void AppendType(std::string& out, ValueType type) {
  AppendUint32(out, static_cast<std::uint32_t>(type));
}

void AppendString(std::string& out, std::string_view text) {
  AppendUint64(out, text.size());
  out += text;
}

/// Metadata: keys with values, and how many.
class Metadata {
 public:
  void Add(std::string_view key, std::string_view value) {
    Begin(key, ValueType::kString);
    AppendString(bytes_, value);
  }
  void AddNumber(std::string_view key, std::int64_t value) {
    Begin(key, ValueType::kUint32);
    AppendUint32(bytes_, static_cast<std::uint32_t>(value));
  }
  void AddFloat(std::string_view key, float value) {
    Begin(key, ValueType::kFloat32);
    AppendUint32(bytes_, std::bit_cast<std::uint32_t>(value));
  }
  void AddBool(std::string_view key, bool value) {
    Begin(key, ValueType::kBool);
    AppendLittleEndian(bytes_, value ? 1 : 0, 1);
  }
  /// An array; the caller appends its `count` elements to bytes().
  void BeginArray(std::string_view key, ValueType element, std::size_t count) {
    Begin(key, ValueType::kArray);
    AppendType(bytes_, element);
    AppendUint64(bytes_, count);
  }

  std::string& bytes() { return bytes_; }
  std::uint64_t count() const { return count_; }

 private:
  void Begin(std::string_view key, ValueType type) {
    AppendString(bytes_, key);
    AppendType(bytes_, type);
    ++count_;
  }

  std::string bytes_;
  std::uint64_t count_ = 0;
};

void AddNetwork(Metadata& metadata, const ModelRecipe& recipe, std::size_t vocabulary_size) {
  // GGUF's numbers for "mostly Q4_0", "mostly Q8_0" and "mostly F16".
  const std::int64_t file_type = recipe.matrices == TensorType::kQ4_0   ? 2
                                 : recipe.matrices == TensorType::kQ8_0 ? 7
                                                                        : 1;
  metadata.Add("general.architecture", "llama");
  metadata.Add("general.name", fmt::format("roofscape random network, seed {}", recipe.seed));
  metadata.AddNumber("general.file_type", file_type);
  metadata.AddNumber("general.quantization_version", 2);
  metadata.AddNumber("general.alignment", kAlignment);
  metadata.AddNumber("llama.vocab_size", static_cast<std::int64_t>(vocabulary_size));
  metadata.AddNumber("llama.context_length", recipe.context_tokens);
  metadata.AddNumber("llama.embedding_length", recipe.embedding);
  metadata.AddNumber("llama.block_count", recipe.layers);
  metadata.AddNumber("llama.feed_forward_length", recipe.feed_forward);
  metadata.AddNumber("llama.attention.head_count", recipe.heads);
  metadata.AddNumber("llama.attention.head_count_kv", recipe.kv_heads);
  metadata.AddFloat("llama.attention.layer_norm_rms_epsilon", 1e-5F);
  metadata.AddNumber("llama.rope.dimension_count", recipe.embedding / recipe.heads);
}

void AddVocabulary(Metadata& metadata, const Vocabulary& vocabulary) {
  const std::size_t count = vocabulary.tokens.size();
  metadata.Add("tokenizer.ggml.model", "llama");
  metadata.BeginArray("tokenizer.ggml.tokens", ValueType::kString, count);
  for (const Token& token : vocabulary.tokens) AppendString(metadata.bytes(), token.text);
  metadata.BeginArray("tokenizer.ggml.scores", ValueType::kFloat32, count);
  for (const Token& token : vocabulary.tokens) {
    AppendUint32(metadata.bytes(), std::bit_cast<std::uint32_t>(token.score));
  }
  metadata.BeginArray("tokenizer.ggml.token_type", ValueType::kInt32, count);
  for (const Token& token : vocabulary.tokens) {
    AppendUint32(metadata.bytes(), static_cast<std::uint32_t>(token.type));
  }
  // llama.cpp's samplers never choose these, whatever their logits are.
  metadata.BeginArray("tokenizer.ggml.suppress_tokens", ValueType::kInt32,
                      vocabulary.suppressed.size());
  for (const std::int32_t id : vocabulary.suppressed) {
    AppendUint32(metadata.bytes(), static_cast<std::uint32_t>(id));
  }
  metadata.AddNumber("tokenizer.ggml.bos_token_id", vocabulary.begin_of_text);
  metadata.AddNumber("tokenizer.ggml.eos_token_id", vocabulary.end_of_text);
  metadata.AddNumber("tokenizer.ggml.eot_token_id", vocabulary.end_of_turn);
  metadata.AddNumber("tokenizer.ggml.unknown_token_id", vocabulary.unknown);
  metadata.AddBool("tokenizer.ggml.add_bos_token", true);
  metadata.AddBool("tokenizer.ggml.add_eos_token", false);
  metadata.AddBool("tokenizer.ggml.add_space_prefix", false);
  metadata.Add("tokenizer.chat_template", vocabulary.chat_template);
}

void AppendTensorTable(std::string& out, const std::vector<Tensor>& tensors) {
  std::int64_t offset = 0;
  for (const Tensor& tensor : tensors) {
    AppendString(out, tensor.name);
    const bool vector = tensor.rows == 1;
    AppendUint32(out, vector ? 1 : 2);
    AppendUint64(out, static_cast<std::uint64_t>(tensor.columns));
    if (!vector) AppendUint64(out, static_cast<std::uint64_t>(tensor.rows));
    AppendUint32(out, static_cast<std::uint32_t>(tensor.type));
    AppendUint64(out, static_cast<std::uint64_t>(offset));
    offset += Aligned(tensor.bytes());
  }
}

}  // namespace

void AppendLittleEndian(std::string& out, std::uint64_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) out += static_cast<char>((value >> (8 * i)) & 0xFFU);
}

std::string EncodeHeader(const ModelRecipe& recipe, const Vocabulary& vocabulary,
                         const std::vector<Tensor>& tensors) {
  constexpr std::uint32_t kVersion = 3;
  Metadata metadata;
  AddNetwork(metadata, recipe, vocabulary.tokens.size());
  AddVocabulary(metadata, vocabulary);

  std::string out = "GGUF";
  AppendUint32(out, kVersion);
  AppendUint64(out, tensors.size());
  AppendUint64(out, metadata.count());
  out += metadata.bytes();
  AppendTensorTable(out, tensors);
  out.resize(static_cast<std::size_t>(Aligned(static_cast<std::int64_t>(out.size()))), '\0');
  return out;
}

}  // namespace roofscape::gguf
