#include "measure/host/energy_counters.h"

#include <dirent.h>

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "measure/host/first_line.h"

namespace roofscape::host {
namespace {

std::optional<double> Number(const std::string& path) {
  const std::string text = FirstLine(path);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// "intel-rapl:0", "intel-rapl:0:1"; AMD's go by the same name. Not intel-rapl-mmio, which shows
/// the same package once more.
std::vector<std::string> ZonesIn(const std::string& folder) {
  std::vector<std::string> zones;
  DIR* const entries = opendir(folder.c_str());
  if (entries == nullptr) return zones;
  while (const dirent* entry = readdir(entries)) {
    const std::string name = entry->d_name;
    if (name.starts_with("intel-rapl:")) zones.push_back(name);
  }
  closedir(entries);
  std::sort(zones.begin(), zones.end());
  return zones;
}

}  // namespace

Result<EnergyCounters> EnergyCounters::Open(const std::string& folder) {
  EnergyCounters counters;
  const std::vector<std::string> names = ZonesIn(folder);
  for (const std::string& name : names) {
    const std::string path = folder + "/" + name;
    const std::string what = FirstLine(path + "/name");
    Zone zone;
    zone.file = path + "/energy_uj";
    zone.range_uj = Number(path + "/max_energy_range_uj").value_or(0);
    if (what.starts_with("package")) {
      zone.metric = kPackagePower;
      zone.device = what;  // "package-0"
    } else if (what == "dram") {
      zone.metric = "dram_power_w";
      zone.device = name.substr(name.find(':') + 1);  // "0:1"
    } else {
      continue;  // Parts of a package, and what a maker calls platform.
    }
    if (Number(zone.file)) counters.zones_.push_back(std::move(zone));
  }
  if (!counters.zones_.empty()) return counters;
  if (names.empty()) {
    return Error{ErrorCode::kNotFound,
                 fmt::format("{}: has no energy counter: a virtual machine has none; else load the "
                             "kernel's module intel_rapl_msr",
                             folder)};
  }
  return Error{ErrorCode::kUnavailable,
               fmt::format("{}: its energy counters may not be read: as root, chmod a+r "
                           "{}/intel-rapl:*/energy_uj",
                           folder, folder)};
}

std::size_t EnergyCounters::packages() const {
  return static_cast<std::size_t>(std::count_if(
      zones_.begin(), zones_.end(), [](const Zone& z) { return z.metric == kPackagePower; }));
}

std::vector<SensorReading> EnergyCounters::Read(Instant now) {
  std::vector<SensorReading> readings;
  const double seconds = last_ ? ToSeconds(now - *last_).value() : 0;
  for (Zone& zone : zones_) {
    const auto energy_uj = Number(zone.file);
    if (energy_uj && zone.last_uj && seconds > 0) {
      double used_uj = *energy_uj - *zone.last_uj;
      if (used_uj < 0) used_uj += zone.range_uj;
      if (used_uj >= 0) readings.push_back({zone.metric, zone.device, used_uj / 1e6 / seconds});
    }
    zone.last_uj = energy_uj;
  }
  last_ = now;
  return readings;
}

}  // namespace roofscape::host
