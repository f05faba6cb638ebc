#include "measure/host/cpu_caches.h"

#include <charconv>
#include <map>
#include <set>
#include <string>

#include <fmt/format.h>

#include "base/core/text.h"

namespace roofscape::host {
namespace {

constexpr int kMostCaches = 16;  // Of one processor; there are four or five.

std::string Word(const ReadFile& read, const std::string& path) {
  return std::string(Trim(read(path).value_or("")));
}

}  // namespace

std::int64_t ParseCacheSize(std::string_view text) {
  text = Trim(text);
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  constexpr std::int64_t kMostUnits = std::int64_t{1} << 32;
  if (error != std::errc() || value < 0 || value > kMostUnits) return 0;
  const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  if (unit.empty()) return value;
  if (unit == "K") return value << 10;
  if (unit == "M") return value << 20;
  if (unit == "G") return value << 30;
  return 0;
}

std::vector<CpuCache> ReadCpuCaches(const ReadFile& read, std::int64_t processors) {
  std::map<std::int64_t, CpuCache> levels;
  std::set<std::pair<std::int64_t, std::string>> seen;  // Level, and the processors that share it.
  for (std::int64_t cpu = 0; cpu < processors; ++cpu) {
    for (int index = 0; index < kMostCaches; ++index) {
      const std::string folder =
          fmt::format("/sys/devices/system/cpu/cpu{}/cache/index{}/", cpu, index);
      const std::string type = Word(read, folder + "type");
      if (type.empty()) break;
      const std::int64_t level = ParseCacheSize(Word(read, folder + "level"));
      const std::int64_t bytes = ParseCacheSize(Word(read, folder + "size"));
      if (type == "Instruction" || level <= 0 || bytes <= 0) continue;
      if (!seen.emplace(level, Word(read, folder + "shared_cpu_list")).second) continue;
      CpuCache& cache = levels[level];
      cache.level = level;
      cache.bytes = bytes;
      ++cache.instances;
    }
  }
  std::vector<CpuCache> out;
  for (const auto& [level, cache] : levels) out.push_back(cache);
  return out;
}

}  // namespace roofscape::host
