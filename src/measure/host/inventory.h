// Which chips that compute are in this machine, by what the machine itself tells: NVML for
// NVIDIA's, amd-smi for AMD's, device files for TPUs, and the PCI bus for whatever else is there.
// And what of the machine may change what is measured on it: its environment.
//
// Thread safety: pure reads.

#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/core/result.h"

namespace roofscape::host {

struct Chip {
  std::string kind;   // "nvidia", "amd", "tpu", "pci"
  std::string name;   // As its maker calls it; of the bus vendor:device.
  std::string place;  // UUID, device file, or address on the bus.
  std::optional<double> memory_bytes;

  friend bool operator==(const Chip&, const Chip&) = default;
};

/// Where to look; tests give folders and programs of their own.
struct InventorySources {
  std::vector<std::string> nvml;  // Empty: NvmlNames().
  std::string devices = "/dev";
  std::string pci = "/sys/bus/pci/devices";
  /// What `amd-smi static --asic --vram --json` prints; nothing where there is no such program.
  std::function<std::optional<std::string>()> amd_smi;
};

struct Inventory {
  std::vector<Chip> chips;
  std::vector<std::string> notes;  // What could not be asked, and why.
};

Inventory TakeInventory(const InventorySources& sources);

/// How many of them a process may use: CUDA_VISIBLE_DEVICES, ROCR_VISIBLE_DEVICES or
/// HIP_VISIBLE_DEVICES of `environment` leave fewer.
std::int64_t VisibleChips(const Inventory& inventory,
                          const std::map<std::string, std::string>& environment);

/// The chips in what amd-smi prints as JSON.
Result<std::vector<Chip>> ParseAmdSmi(std::string_view text);

/// Kernel, processor and governor; and of NVIDIA's chips driver, firmware, names, power limits and
/// clocks, each with a count where they are not all alike: "3 x 700, 1 x 500". Without the host's
/// name: two hosts that are alike have one environment.
std::map<std::string, std::string> EnvironmentFacts(const std::vector<std::string>& nvml);

/// "driver_version: 550.1 -> 560.2; power_limit_w: 8 x 700 -> 8 x 500"; empty where all that both
/// know is alike.
std::string DriftText(const std::map<std::string, std::string>& from,
                      const std::map<std::string, std::string>& to);

}  // namespace roofscape::host
