// A chip: what the maker says it can do. Peaks are dense (without sparsity); bandwidths are bytes;
// GB and TB are decimal. What was reached in measurements stands apart from what is claimed.
//
// Thread safety: plain values.

#pragma once

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

  friend bool operator==(const Reached&, const Reached&) = default;
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
  /// Where sources disagree or only bounds are known: by the field's name, "dense.fp4_tflops".
  std::map<std::string, Range> ranges;

  friend bool operator==(const Chip&, const Chip&) = default;
};

}  // namespace roofscape::catalog
