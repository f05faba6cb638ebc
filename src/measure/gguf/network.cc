#include "measure/gguf/network.h"

#include <cmath>

#include <fmt/format.h>

#include "base/core/check.h"

namespace roofscape::gguf {
namespace {

Error Wrong(std::string message) { return Error{ErrorCode::kInvalidArgument, std::move(message)}; }

struct Bound {
  const char* flag;
  std::int64_t value;
  std::int64_t least;
  std::int64_t most;
};

Result<> ValidateBounds(const ModelRecipe& recipe) {
  const Bound bounds[] = {
      {"--embd", recipe.embedding, 32, 16384},  {"--layers", recipe.layers, 1, 256},
      {"--heads", recipe.heads, 1, 256},        {"--kv-heads", recipe.kv_heads, 1, 256},
      {"--ff", recipe.feed_forward, 32, 65536}, {"--context", recipe.context_tokens, 64, 1 << 20},
  };
  for (const Bound& bound : bounds) {
    if (bound.value < bound.least || bound.value > bound.most) {
      return Wrong(fmt::format("{} {}: must be between {} and {}", bound.flag, bound.value,
                               bound.least, bound.most));
    }
  }
  return {};
}

std::int64_t TotalBytes(const ModelRecipe& recipe) {
  const auto size = static_cast<std::int64_t>(MakeVocabulary(recipe.vocabulary).tokens.size());
  std::int64_t bytes = 0;
  for (const Tensor& tensor : ListTensors(recipe, size)) bytes += tensor.bytes();
  return bytes;
}

}  // namespace

std::int64_t Tensor::bytes() const {
  switch (type) {
    case TensorType::kFloat32: return weights() * 4;
    case TensorType::kFloat16: return weights() * 2;
    case TensorType::kQ4_0: return weights() / kBlockWeights * kQ4BlockBytes;
    case TensorType::kQ8_0: return weights() / kBlockWeights * kQ8BlockBytes;
  }
  RS_CHECK(false);
}

Result<> Validate(const ModelRecipe& recipe) {
  RS_RETURN_IF_ERROR(ValidateBounds(recipe));
  if (recipe.embedding % 32 != 0 || recipe.feed_forward % 32 != 0) {
    const bool embedding = recipe.embedding % 32 != 0;
    const std::int64_t value = embedding ? recipe.embedding : recipe.feed_forward;
    return Wrong(fmt::format("{} {}: must be a multiple of 32; try {}",
                             embedding ? "--embd" : "--ff", value, (value + 31) / 32 * 32));
  }
  if (recipe.embedding % recipe.heads != 0) {
    return Wrong(
        fmt::format("--embd {} does not divide into --heads {}: make --embd a multiple of --heads, "
                    "e.g. --embd {}",
                    recipe.embedding, recipe.heads, recipe.heads * 64));
  }
  const std::int64_t head = recipe.embedding / recipe.heads;
  if (head % 8 != 0) {
    return Wrong(
        fmt::format("--embd {} over --heads {} gives heads of width {}: the width must be a "
                    "multiple of 8, e.g. --embd {}",
                    recipe.embedding, recipe.heads, head, recipe.heads * 64));
  }
  if (recipe.heads % recipe.kv_heads != 0) {
    return Wrong(
        fmt::format("--kv-heads {} does not divide --heads {}: every KV head serves the same "
                    "number of heads; try --kv-heads 1 or --kv-heads {}",
                    recipe.kv_heads, recipe.heads, recipe.heads));
  }
  if (const std::int64_t bytes = TotalBytes(recipe); bytes > kMaxModelBytes) {
    return Wrong(
        fmt::format("this shape makes a model of {} GB, more than {} GB: give a smaller "
                    "--embd, --ff or --layers",
                    bytes >> 30, kMaxModelBytes >> 30));
  }
  return {};
}

std::vector<Tensor> ListTensors(const ModelRecipe& recipe, std::int64_t vocabulary_size) {
  const std::int64_t width = recipe.embedding;
  const std::int64_t kv_width = width / recipe.heads * recipe.kv_heads;
  // Each product of a matrix and a vector of unit variance then has unit variance again.
  const double per_width = 1.0 / std::sqrt(static_cast<double>(width));
  const double per_ff = 1.0 / std::sqrt(static_cast<double>(recipe.feed_forward));

  std::vector<Tensor> tensors;
  const auto norm = [&](std::string name) {
    tensors.push_back({std::move(name), width, 1, TensorType::kFloat32, 0});
  };
  const auto matrix = [&](std::string name, std::int64_t columns, std::int64_t rows,
                          double deviation) {
    tensors.push_back({std::move(name), columns, rows, recipe.matrices, deviation});
  };
  // Rows are looked up here, not multiplied: nothing is gained by packing them.
  tensors.push_back({"token_embd.weight", width, vocabulary_size, TensorType::kFloat16, 1.0});
  norm("output_norm.weight");
  matrix("output.weight", width, vocabulary_size, per_width);
  for (std::int64_t layer = 0; layer < recipe.layers; ++layer) {
    const std::string block = fmt::format("blk.{}.", layer);
    norm(block + "attn_norm.weight");
    matrix(block + "attn_q.weight", width, width, per_width);
    matrix(block + "attn_k.weight", width, kv_width, per_width);
    matrix(block + "attn_v.weight", width, kv_width, per_width);
    matrix(block + "attn_output.weight", width, width, per_width);
    norm(block + "ffn_norm.weight");
    matrix(block + "ffn_gate.weight", width, recipe.feed_forward, per_width);
    matrix(block + "ffn_up.weight", width, recipe.feed_forward, per_width);
    matrix(block + "ffn_down.weight", recipe.feed_forward, width, per_ff);
  }
  return tensors;
}

}  // namespace roofscape::gguf
