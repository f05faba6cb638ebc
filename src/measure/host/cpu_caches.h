// The sizes of a processor's caches, as /sys tells them.
//
// Thread safety: pure functions of what `read` gives.

#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "measure/host/doctor.h"

namespace roofscape::host {

struct CpuCache {
  std::int64_t level = 0;
  std::int64_t bytes = 0;      // Of one of them.
  std::int64_t instances = 0;  // How many of them there are.
};

/// The caches that hold data, innermost first; empty where the system does not tell. `processors`
/// are looked at, from 0 on.
std::vector<CpuCache> ReadCpuCaches(const ReadFile& read, std::int64_t processors);

/// "512K", "32M", "1G" or bytes; 0 for anything else.
std::int64_t ParseCacheSize(std::string_view text);

}  // namespace roofscape::host
