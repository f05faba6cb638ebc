#include "model/perf/sparse_shape.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace roofscape::perf {
namespace {

/// What a block's roof needs; elements and counts, by the models' configurations (catalog/models).
struct Block {
  std::string_view name;
  double hidden;
  double fixed_weights;  // On every rank: compressing projections, indexer.
  double head_weights;   // For each head of the rank.
  double score_width;    // Multiply-adds for a pair of query and key, a head.
  double cache_width;    // Elements kept for a key.
  double stride;         // Tokens a stored key stands for.
  double top_keys;       // At most so many stored keys are attended; 0: all.
  double window;         // Last tokens that are attended besides, uncompressed.
  double index_width;    // Multiply-adds of the indexer for a pair of query and stored key.
};

constexpr double kIndexWidth = 128;

constexpr std::array<Block, kSparseBlocks> kBlocks = {{
    {"dsa-deepseek-v3.2", 7168, 7168 * (1536 + 576) + (1536 * 64 + 7168) * kIndexWidth,
     1536 * 192 + 512 * 256 + 128 * 7168, 576 + 512, 576, 1, 2048, 0, 64 * kIndexWidth},
    {"dsa-glm-5", 6144, 6144 * (2048 + 576) + (2048 * 32 + 6144) * kIndexWidth,
     2048 * 256 + 512 * (192 + 256) + 256 * 6144, 576 + 512, 576, 1, 2048, 0, 32 * kIndexWidth},
    {"dsa-glm-5-reused-index", 6144, 6144 * (2048 + 576),
     2048 * 256 + 512 * (192 + 256) + 256 * 6144, 576 + 512, 576, 1, 2048, 0, 0},
    {"csa-deepseek-v4-flash", 4096, 4096 * (1024 + 2 * 512) + (1024 * 64 + 4096) * kIndexWidth,
     1024 * 512 + 1024 * (512 + 512), 1024, 512, 4, 512, 128, 64 * kIndexWidth},
    {"csa-deepseek-v4-pro", 7168, 7168 * (1536 + 2 * 512) + (1536 * 64 + 7168) * kIndexWidth,
     1536 * 512 + 1024 * (512 + 896), 1024, 512, 4, 1024, 128, 64 * kIndexWidth},
    {"hca-deepseek-v4-flash", 4096, 4096 * (1024 + 2 * 512), 1024 * 512 + 1024 * (512 + 512), 1024,
     512, 128, 0, 128, 0},
    {"hca-deepseek-v4-pro", 7168, 7168 * (1536 + 2 * 512), 1536 * 512 + 1024 * (512 + 896), 1024,
     512, 128, 0, 128, 0},
    {"msa-minimax-m3", 6144, 6144 * 4 * 2 * 128, 2 * 6144 * 128, 256, 2 * 128 * 4, 1, 2048, 0,
     4 * kIndexWidth / 128},
}};

float Log2(double value) { return std::log2(static_cast<float>(value)); }

/// The roof of `batch` sequences with `tokens` queries each, which see `mean` positions on average
/// and `last` at the end.
double BlockRoof(const Block& block, double batch, double tokens, double mean, double last,
                 double heads, KernelPrecision projections, KernelPrecision cache,
                 const Roofs& roofs) {
  const double rows = batch * tokens;
  const double weights = block.fixed_weights + block.head_weights * heads;
  const double projecting = std::max(
      2 * rows * weights / PeakFlops(projections, roofs),
      (weights * WeightBytes(projections) + rows * block.hidden * 4) / roofs.memory_bytes_s);
  const double stored = mean / block.stride;
  const double chosen = block.top_keys > 0 ? std::min(stored, block.top_keys) : stored;
  const double keys = chosen + std::min(block.window, mean);
  const double flop = 2 * rows * heads * keys * block.score_width;
  // Each query reads its own choice in decoding; in prefill neighbours share, and the cache is read
  // once at least.
  const double read = std::min(tokens * keys, last / block.stride + block.window);
  const double bytes = batch * read * block.cache_width * CacheBytes(cache);
  const double attending = std::max(flop / roofs.bf16_flops, bytes / roofs.memory_bytes_s);
  const double index_bytes = block.index_width > 0 ? batch * last / block.stride * kIndexWidth : 0;
  const double indexing =
      std::max(2 * rows * stored * block.index_width / PeakFlops(KernelPrecision::kFp8, roofs),
               index_bytes / roofs.memory_bytes_s);
  return projecting + attending + indexing;
}

}  // namespace

std::string_view Name(SparseBlock block) { return kBlocks[static_cast<std::size_t>(block)].name; }

KernelPoint Locate(const SparsePrefillShape& shape, KernelPrecision precision, const Roofs& roofs) {
  const Block& block = kBlocks[static_cast<std::size_t>(shape.block)];
  return {BlockRoof(block, shape.batch, shape.tokens, shape.prefix + shape.tokens / 2,
                    shape.prefix + shape.tokens, shape.heads, shape.projections, precision, roofs),
          {Log2(shape.tokens), Log2(shape.batch), Log2(shape.heads), Log2(1 + shape.prefix / 256)}};
}

KernelPoint Locate(const SparseDecodeShape& shape, KernelPrecision precision, const Roofs& roofs) {
  const Block& block = kBlocks[static_cast<std::size_t>(shape.block)];
  return {BlockRoof(block, shape.batch, 1, shape.context, shape.context, shape.heads,
                    shape.projections, precision, roofs),
          {Log2(shape.context), Log2(shape.batch), Log2(shape.heads), 0}};
}

}  // namespace roofscape::perf
