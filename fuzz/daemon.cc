// Configurations of daemons and schedules, which people write, and files of time zones. A schedule
// that is taken comes, in whatever zone was read, and never twice at once.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/core/check.h"
#include "service/fleet/daemon_config.h"

using namespace roofscape;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // Bytes are what the fuzzer gives and text is what is read.
  const std::string_view text(reinterpret_cast<const char*>(data), size);  // NOLINT
  const auto config = fleet::ParseDaemonConfig(text, "daemon.toml");
  if (!config) RS_CHECK(config.error().message.find("daemon.toml") != std::string::npos);
  const std::size_t line = text.find('\n');
  const auto cron = fleet::Cron::Parse(text.substr(0, line));
  const auto zone =
      fleet::TimeZone::Parse(line == std::string_view::npos ? text : text.substr(line + 1), "zone");
  if (!cron) return 0;
  const fleet::TimeZone where = zone ? *zone : fleet::TimeZone::Utc();
  constexpr WallTime kNow{1'800'000'000'000'000};
  WallTime at = kNow;
  for (int i = 0; i < 5; ++i) {
    const auto next = cron->Next(at, where);
    if (!next) break;  // A zone of nonsense may skip every day.
    RS_CHECK(*next > at);
    at = *next;
  }
  return 0;
}
