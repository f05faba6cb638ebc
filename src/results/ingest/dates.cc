#include "results/ingest/dates.h"

#include <chrono>
#include <cstdint>
#include <string>

#include "domain/catalog/date.h"

namespace roofscape::ingest {
namespace {

constexpr std::int64_t kMicros = 1'000'000;
constexpr double kLatestSeconds = 4e9;  // In the year 2096.

std::optional<std::int64_t> DayMicros(std::string_view text) {
  const auto date = catalog::ParseDate(text);
  if (!date || date->year < 1970) return std::nullopt;
  const std::chrono::sys_days day = std::chrono::year_month_day(
      std::chrono::year(date->year), std::chrono::month(static_cast<unsigned>(date->month)),
      std::chrono::day(static_cast<unsigned>(date->day)));
  return std::int64_t{day.time_since_epoch().count()} * 86400 * kMicros;
}

std::optional<std::int64_t> Two(std::string_view text, std::size_t at) {
  if (at + 2 > text.size()) return std::nullopt;
  const int tens = text[at] - '0';
  const int ones = text[at + 1] - '0';
  if (tens < 0 || tens > 9 || ones < 0 || ones > 9) return std::nullopt;
  return 10 * tens + ones;
}

std::optional<When> At(std::optional<std::int64_t> day, std::optional<std::int64_t> hours,
                       std::optional<std::int64_t> minutes, std::optional<std::int64_t> seconds) {
  if (!day || !hours || !minutes || !seconds) return std::nullopt;
  if (*hours > 23 || *minutes > 59 || *seconds > 60) return std::nullopt;
  return When{{*day + ((*hours * 60 + *minutes) * 60 + *seconds) * kMicros}, false};
}

std::optional<When> ReadCompact(std::string_view text) {
  if (text.size() != 15 || text[8] != '-') return std::nullopt;
  std::string day(text.substr(0, 8));
  day.insert(6, "-").insert(4, "-");
  return At(DayMicros(day), Two(text, 9), Two(text, 11), Two(text, 13));
}

}  // namespace

std::optional<When> ReadTime(std::string_view text) {
  if (text.size() == 15) return ReadCompact(text);
  const auto day = DayMicros(text.substr(0, 10));
  if (text.size() == 10) return day ? std::optional(When{{*day}, true}) : std::nullopt;
  if (text.size() < 19 || (text[10] != 'T' && text[10] != ' ') || text[13] != ':') {
    return std::nullopt;
  }
  std::string_view rest = text.substr(19);
  if (rest.starts_with('.')) {
    rest.remove_prefix(1);
    while (!rest.empty() && rest[0] >= '0' && rest[0] <= '9') rest.remove_prefix(1);
  }
  if (!rest.empty() && rest != "Z" && rest != "+00:00" && rest != "+00") return std::nullopt;
  return At(day, Two(text, 11), Two(text, 14), Two(text, 17));
}

std::optional<When> TimeOfUnixSeconds(double seconds) {
  if (!(seconds > 0.0) || !(seconds < kLatestSeconds)) return std::nullopt;
  return When{{static_cast<std::int64_t>(seconds * kMicros)}, false};
}

}  // namespace roofscape::ingest
