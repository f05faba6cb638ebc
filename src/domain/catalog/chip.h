// A chip: what the maker says it can do. Peaks are dense (without sparsity); bandwidths are bytes;
// GB and TB are decimal. What was reached in measurements stands apart from what is claimed.
//
// Thread safety: plain values.

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "domain/catalog/entry.h"

namespace roofscape::catalog {

struct Range {
  double low = 0.0;
  double high = 0.0;

  friend bool operator==(const Range&, const Range&) = default;
};

struct Memory {
  std::string type;                   // "HBM3e", "SRAM"
  std::optional<double> physical_gb;  // As built.
  std::optional<double> usable_gb;    // What the driver leaves.
  std::optional<double> bandwidth_tb_s;

  friend bool operator==(const Memory&, const Memory&) = default;
};

/// Peak rates of dense matrix products.
struct DensePeaks {
  std::optional<double> bf16_tflops, fp8_tflops, fp4_tflops, int8_tops;

  friend bool operator==(const DensePeaks&, const DensePeaks&) = default;
};

/// Memory on the die, of the whole chip.
struct OnChip {
  std::optional<double> l2_mb;          // The last cache before memory.
  std::optional<double> scratchpad_mb;  // Managed by software: shared memory, CMEM, VMEM, SBUF.
  std::optional<double> tensor_mb;      // Tensor memory beside the matrix units.
  std::optional<double> registers_mb;
  std::optional<double> bandwidth_tb_s;

  friend bool operator==(const OnChip&, const OnChip&) = default;
};

/// Ids of fabrics; empty: not known, or none.
struct Links {
  std::string scale_up;   // Between the chips of a domain.
  std::string scale_out;  // Between domains.

  friend bool operator==(const Links&, const Links&) = default;
};

/// Memory of the CPU that is part of the package.
struct HostMemory {
  std::optional<double> memory_gb;
  std::optional<double> link_gb_s;  // One way, between CPU and chip.

  friend bool operator==(const HostMemory&, const HostMemory&) = default;
};

/// The best that was measured.
struct Reached {
  std::optional<double> bf16_gemm_tflops, fp8_gemm_tflops, fp4_gemm_tflops;
  std::optional<double> all_reduce_gb_s, all_gather_gb_s, all_to_all_gb_s;  // Bus bandwidth.
  std::optional<double> one_shot_all_reduce_us;
  std::optional<double> decode_attention_fraction;  // Of the memory's bandwidth.
  std::optional<double> launch_us;  // A kernel, or a parallel region of all threads, of no work.
  std::optional<double> peer_gb_s;  // A copy to another chip of the machine, one way.

  friend bool operator==(const Reached&, const Reached&) = default;
};

/// How fast memory was read in turn, over an array of `set_mb`: of what fits in a cache, the cache.
struct ReadRate {
  std::int64_t threads = 1;
  double set_mb = 0.0;
  double gb_s = 0.0;

  friend bool operator==(const ReadRate&, const ReadRate&) = default;
};

/// What one matrix product reached: m tokens (rows of inputs) against a matrix of n rows of k
/// weights. reached_rate.h has the time of a product between the measured ones.
struct MatrixRate {
  std::string type;          // Number format of the weights: "f32", "f16", "bf16", "fp8", "q8_0"
  std::string library;       // What computed it.
  std::int64_t threads = 1;  // Of a CPU; 1 for other chips.
  std::int64_t m = 0, n = 0, k = 0;
  double set_mb = 0.0;  // Weights read before any was read again: in a cache if they fit there.
  double gflops = 0.0;  // 2 m n k over the time.

  friend bool operator==(const MatrixRate&, const MatrixRate&) = default;
};

/// What attention reached: one query over `keys` keys, or a prompt of as many queries as keys, each
/// of which sees itself and those before it.
struct AttentionRate {
  std::string library;
  std::int64_t threads = 1;
  std::int64_t queries = 0, keys = 0;
  std::int64_t heads = 0, kv_heads = 0, head_dim = 0;
  double gflops = 0.0;  // 4 x heads x head_dim for each query and key that it sees, over the time.

  friend bool operator==(const AttentionRate&, const AttentionRate&) = default;
};

struct Chip {
  Entry entry;
  std::string vendor;
  std::string architecture;
  std::string status;  // "shipping", "announced"
  Memory memory;
  DensePeaks dense;
  OnChip on_chip;
  Links links;
  HostMemory host;
  std::optional<double> tdp_w;
  Reached reached;
  std::vector<ReadRate> reads;
  std::vector<MatrixRate> products;
  std::vector<AttentionRate> attentions;
  /// Where sources disagree or only bounds are known: by the field's name, "dense.fp4_tflops".
  std::map<std::string, Range> ranges;

  friend bool operator==(const Chip&, const Chip&) = default;
};

}  // namespace roofscape::catalog
