#include "measure/host/inventory.h"

#include <dirent.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "base/core/document.h"
#include "base/core/text.h"
#include "measure/host/first_line.h"
#include "measure/host/host_facts.h"
#include "measure/host/nvml.h"

namespace roofscape::host {
namespace {

constexpr std::string_view kNvidia = "0x10de";
constexpr std::string_view kAmd = "0x1002";

std::vector<std::string> Entries(const std::string& folder) {
  std::vector<std::string> names;
  DIR* const entries = opendir(folder.c_str());
  if (entries == nullptr) return names;
  while (const dirent* entry = readdir(entries)) names.emplace_back(entry->d_name);
  closedir(entries);
  std::sort(names.begin(), names.end());
  return names;
}

Result<Nvml> OpenNvml(const std::vector<std::string>& names) {
  return Nvml::Open(names.empty() ? NvmlNames() : std::span(names));
}

void AddNvidia(const InventorySources& sources, Inventory& inventory) {
  const auto nvml = OpenNvml(sources.nvml);
  if (!nvml) {
    inventory.notes.push_back("NVIDIA: " + nvml.error().message);
    return;
  }
  for (std::size_t i = 0; i < nvml->count(); ++i) {
    NvmlDevice device = nvml->Describe(i);
    inventory.chips.push_back(
        {"nvidia", std::move(device.name), std::move(device.uuid), device.memory_bytes});
  }
}

void AddAmd(const InventorySources& sources, Inventory& inventory) {
  const auto text = sources.amd_smi ? sources.amd_smi() : std::nullopt;
  if (!text) {
    inventory.notes.push_back("AMD: no amd-smi here");
    return;
  }
  auto chips = ParseAmdSmi(*text);
  if (!chips) {
    inventory.notes.push_back("AMD: " + chips.error().message);
    return;
  }
  std::move(chips->begin(), chips->end(), std::back_inserter(inventory.chips));
}

/// Of TPUs up to v4 /dev/accel0, ...; of later ones a group of VFIO each.
void AddTpus(const InventorySources& sources, Inventory& inventory) {
  for (const std::string& name : Entries(sources.devices)) {
    const bool numbered = name.size() > 5 && name.starts_with("accel") &&
                          std::isdigit(static_cast<unsigned char>(name[5])) != 0;
    if (numbered)
      inventory.chips.push_back({"tpu", "accelerator", sources.devices + "/" + name, {}});
  }
}

/// Displays, 3D controllers and processing accelerators of whom no one else has told.
void AddPci(const InventorySources& sources, Inventory& inventory) {
  const auto known = [&](std::string_view kind) {
    return std::any_of(inventory.chips.begin(), inventory.chips.end(),
                       [&](const Chip& chip) { return chip.kind == kind; });
  };
  const bool nvidia = known("nvidia");
  const bool amd = known("amd");
  const bool tpu = known("tpu");
  for (const std::string& address : Entries(sources.pci)) {
    const std::string folder = sources.pci + "/" + address;
    const std::string what = FirstLine(folder + "/class");
    const bool accelerator = what.starts_with("0x0302") || what.starts_with("0x1200");
    const std::string vendor = FirstLine(folder + "/vendor");
    // A data centre's GPU of AMD calls itself a display without a screen.
    const bool compute_display = what.starts_with("0x0380") && vendor == kAmd;
    if (!accelerator && !compute_display) continue;
    if ((nvidia && vendor == kNvidia) || (amd && vendor == kAmd) || tpu) continue;
    inventory.chips.push_back(
        {"pci", fmt::format("{}:{}", vendor, FirstLine(folder + "/device")), address, {}});
  }
}

/// "3 x 700, 1 x 500", in the order of the values.
std::string Counted(const std::vector<std::string>& values) {
  std::map<std::string, int> counts;
  for (const std::string& value : values) ++counts[value];
  std::vector<std::string> parts;
  for (const auto& [value, count] : counts) parts.push_back(fmt::format("{} x {}", count, value));
  return fmt::format("{}", fmt::join(parts, ", "));
}

std::string Text(const std::optional<double>& value) {
  return value ? fmt::format("{:g}", *value) : "?";
}

/// A number of MB in what amd-smi says of memory: {"size": {"value": 196592, "unit": "MB"}}.
std::optional<double> MemoryOf(const Json& chip) {
  const auto vram = chip.find("vram");
  if (vram == chip.end() || !vram->is_object()) return std::nullopt;
  const auto size = vram->find("size");
  if (size == vram->end() || !size->is_object()) return std::nullopt;
  const auto value = size->find("value");
  if (value == size->end() || !value->is_number()) return std::nullopt;
  return value->get<double>() * (1 << 20);
}

std::string TextIn(const Json& object, const char* table, const char* field) {
  const auto inner = object.find(table);
  if (inner == object.end() || !inner->is_object()) return "";
  const auto value = inner->find(field);
  return value != inner->end() && value->is_string() ? Printable(value->get<std::string>(), 80)
                                                     : "";
}

}  // namespace

Result<std::vector<Chip>> ParseAmdSmi(std::string_view text) {
  RS_ASSIGN_OR_RETURN(const Document document, ParseJson(text, "amd-smi"));
  const Json* list = &document.value();
  // Of ROCm 7 the list stands in an object.
  if (list->is_object()) {
    const auto inner = list->find("gpu_data");
    if (inner != list->end()) list = &*inner;
  }
  if (!list->is_array()) {
    return Error{ErrorCode::kProtocol,
                 "amd-smi: prints no list of chips: another version of it is needed"};
  }
  std::vector<Chip> chips;
  for (const Json& one : *list) {
    if (!one.is_object() || !one.contains("gpu")) continue;
    chips.push_back({"amd", TextIn(one, "asic", "market_name"), TextIn(one, "asic", "asic_serial"),
                     MemoryOf(one)});
  }
  return chips;
}

Inventory TakeInventory(const InventorySources& sources) {
  Inventory inventory;
  AddNvidia(sources, inventory);
  AddAmd(sources, inventory);
  AddTpus(sources, inventory);
  AddPci(sources, inventory);
  return inventory;
}

std::int64_t VisibleChips(const Inventory& inventory,
                          const std::map<std::string, std::string>& environment) {
  auto count = static_cast<std::int64_t>(inventory.chips.size());
  for (const char* name : {"CUDA_VISIBLE_DEVICES", "ROCR_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES"}) {
    const auto found = environment.find(name);
    if (found == environment.end()) continue;
    std::vector<std::string> devices = Split(found->second, ',');
    std::erase(devices, "");
    count = std::min(count, static_cast<std::int64_t>(devices.size()));
  }
  return count;
}

std::map<std::string, std::string> EnvironmentFacts(const std::vector<std::string>& names) {
  std::map<std::string, std::string> facts;
  const std::map<std::string, std::string> host = HostFacts();
  for (const char* key : {"kernel", "architecture", "cpu", "governor"}) {
    const auto found = host.find(key);
    if (found != host.end()) facts[key] = found->second;
  }
  const auto nvml = OpenNvml(names);
  if (!nvml || nvml->count() == 0) return facts;
  facts["driver_version"] = nvml->driver();
  std::map<std::string, std::vector<std::string>> of_chips;
  for (std::size_t i = 0; i < nvml->count(); ++i) {
    const NvmlDevice device = nvml->Describe(i);
    of_chips["chip"].push_back(device.name);
    of_chips["firmware"].push_back(device.firmware);
    of_chips["power_limit_w"].push_back(Text(device.power_limit_w));
    of_chips["max_sm_clock_mhz"].push_back(Text(device.max_sm_clock_mhz));
    of_chips["set_sm_clock_mhz"].push_back(Text(device.set_sm_clock_mhz));
  }
  for (const auto& [key, values] : of_chips) facts[key] = Counted(values);
  return facts;
}

std::string DriftText(const std::map<std::string, std::string>& from,
                      const std::map<std::string, std::string>& to) {
  std::vector<std::string> changes;
  for (const auto& [key, value] : from) {
    const auto now = to.find(key);
    if (now == to.end() || now->second == value) continue;
    changes.push_back(fmt::format("{}: {} -> {}", key, value, now->second));
  }
  return fmt::format("{}", fmt::join(changes, "; "));
}

}  // namespace roofscape::host
