#include "cli/run_id.h"

#include <unistd.h>

#include <cstdint>

#include <fmt/format.h>

#include "base/core/rng.h"

namespace roofscape::cli {

std::string NewRunId(const Clock& clock) {
  const WallTime now = clock.Wall();
  const std::string iso = now.ToIso();  // 2026-11-23T19:02:22.123456Z
  const auto entropy =
      static_cast<std::uint64_t>(now.unix_us) ^ (static_cast<std::uint64_t>(getpid()) << 40U);
  return fmt::format("{}{}{}-{}{}{}-{:06x}", iso.substr(0, 4), iso.substr(5, 2), iso.substr(8, 2),
                     iso.substr(11, 2), iso.substr(14, 2), iso.substr(17, 2),
                     Rng(entropy).Below(1U << 24U));
}

}  // namespace roofscape::cli
