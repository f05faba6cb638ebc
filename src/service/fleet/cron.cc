#include "service/fleet/cron.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <span>
#include <utility>

#include <fmt/format.h>

#include "base/core/text.h"

namespace roofscape::fleet {
namespace {

constexpr std::int64_t kDayS = 86'400;
constexpr std::int64_t kMicro = 1'000'000;
constexpr std::int64_t kMostDays = 9 * 366;

constexpr std::array<std::string_view, 12> kMonths = {"JAN", "FEB", "MAR", "APR", "MAY", "JUN",
                                                      "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"};
constexpr std::array<std::string_view, 7> kWeekdays = {"SUN", "MON", "TUE", "WED",
                                                       "THU", "FRI", "SAT"};
constexpr std::array<std::pair<std::string_view, std::string_view>, 7> kNicknames = {
    {{"@hourly", "0 * * * *"},
     {"@daily", "0 0 * * *"},
     {"@midnight", "0 0 * * *"},
     {"@weekly", "0 0 * * 0"},
     {"@monthly", "0 0 1 * *"},
     {"@yearly", "0 0 1 1 *"},
     {"@annually", "0 0 1 1 *"}}};

struct Field {
  std::string_view name;
  int low, high;
  std::span<const std::string_view> names;  // Of `low` and so on.
};

std::string Upper(std::string_view text) {
  std::string upper(text);
  for (char& c : upper) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return upper;
}

std::optional<int> Number(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return {};
  return value;
}

std::optional<int> ValueOf(std::string_view text, const Field& field) {
  for (std::size_t i = 0; i < field.names.size(); ++i) {
    if (Upper(text) == field.names[i]) return field.low + static_cast<int>(i);
  }
  const auto value = Number(text);
  return value && *value >= field.low && *value <= field.high ? value : std::nullopt;
}

/// One item of a list; false: it is none.
bool ReadItem(std::string_view item, const Field& field, std::bitset<64>& out) {
  int step = 1;
  const std::size_t slash = item.find('/');
  if (slash != std::string_view::npos) {
    const auto read = Number(item.substr(slash + 1));
    if (!read || *read < 1) return false;
    step = *read;
    item = item.substr(0, slash);
  }
  int low = field.low;
  int high = field.high;
  if (item != "*") {
    const std::size_t dash = item.find('-');
    const auto first = ValueOf(item.substr(0, dash), field);
    if (!first) return false;
    low = *first;
    if (dash != std::string_view::npos) {
      const auto last = ValueOf(item.substr(dash + 1), field);
      if (!last || *last < low) return false;
      high = *last;
    } else if (slash == std::string_view::npos) {
      high = low;
    }
  }
  for (int value = low; value <= high; value += step) {
    out.set(static_cast<std::size_t>(value));
    if (step > high - value) break;
  }
  return true;
}

Result<std::bitset<64>> ReadField(std::string_view text, const Field& field,
                                  std::string_view schedule) {
  std::bitset<64> out;
  for (const std::string& item : Split(text, ',')) {
    if (ReadItem(item, field, out)) continue;
    return Error{
        ErrorCode::kInvalidArgument,
        fmt::format("schedule '{}': {}: '{}' must be *, a value from {} to {}{}, a range "
                    "a-b, or one of these with /step",
                    Printable(schedule, 60), field.name, Printable(item, 30), field.low, field.high,
                    field.names.empty()
                        ? ""
                        : fmt::format(" or {} to {}", field.names.front(), field.names.back()))};
  }
  return out;
}

template <std::size_t kBits>
void Keep(const std::bitset<64>& from, std::bitset<kBits>& to) {
  for (std::size_t i = 0; i < kBits; ++i) to.set(i, from.test(i));
}

std::vector<std::string> Words(std::string_view text) {
  std::vector<std::string> words;
  std::string flat(text);
  std::replace(flat.begin(), flat.end(), '\t', ' ');
  for (std::string& word : Split(flat, ' ')) {
    if (!word.empty()) words.push_back(std::move(word));
  }
  return words;
}

std::int64_t FloorDay(std::int64_t seconds) {
  return seconds >= 0 ? seconds / kDayS : -((-seconds + kDayS - 1) / kDayS);
}

}  // namespace

Result<Cron> Cron::Parse(std::string_view text) {
  std::vector<std::string> fields = Words(text);
  for (const auto& [nickname, meaning] : kNicknames) {
    if (fields.size() == 1 && fields[0] == nickname) fields = Words(meaning);
  }
  if (fields.size() != 5) {
    return Error{ErrorCode::kInvalidArgument,
                 fmt::format("schedule '{}': must have 5 fields (minute, hour, day of the month, "
                             "month, day of the week) as in \"30 2 * * *\", or be one of @hourly, "
                             "@daily, @weekly, @monthly, @yearly",
                             Printable(text, 60))};
  }
  Cron cron;
  cron.text_ = std::string(Trim(text));
  RS_ASSIGN_OR_RETURN(const auto minutes, ReadField(fields[0], {"minute", 0, 59, {}}, text));
  RS_ASSIGN_OR_RETURN(const auto hours, ReadField(fields[1], {"hour", 0, 23, {}}, text));
  RS_ASSIGN_OR_RETURN(const auto days, ReadField(fields[2], {"day of the month", 1, 31, {}}, text));
  RS_ASSIGN_OR_RETURN(const auto months, ReadField(fields[3], {"month", 1, 12, kMonths}, text));
  RS_ASSIGN_OR_RETURN(auto weekdays,
                      ReadField(fields[4], {"day of the week", 0, 7, kWeekdays}, text));
  if (weekdays.test(7)) weekdays.set(0);
  Keep(minutes, cron.minutes_);
  Keep(hours, cron.hours_);
  Keep(days, cron.days_);
  Keep(months, cron.months_);
  Keep(weekdays, cron.weekdays_);
  cron.any_hour_ = fields[1].front() == '*';
  cron.any_day_ = fields[2].front() == '*';
  cron.any_weekday_ = fields[4].front() == '*';
  // Two leap years lie within.
  if (!cron.Next(WallTime{}, TimeZone::Utc())) {
    return Error{ErrorCode::kInvalidArgument,
                 fmt::format("schedule '{}': names a day that never comes: mend day or month",
                             Printable(text, 60))};
  }
  return cron;
}

bool Cron::IsOn(std::int64_t local_day) const {
  const std::chrono::year_month_day date{
      std::chrono::sys_days(std::chrono::days(static_cast<int>(local_day)))};
  if (!months_.test(static_cast<unsigned>(date.month()))) return false;
  const bool day = days_.test(static_cast<unsigned>(date.day()));
  const auto weekday_number = static_cast<std::size_t>(((local_day + 4) % 7 + 7) % 7);
  const bool weekday = weekdays_.test(weekday_number);
  return any_day_ || any_weekday_ ? day && weekday : day || weekday;
}

std::vector<std::int64_t> Cron::InstantsOn(std::int64_t local_day, const TimeZone& zone) const {
  std::vector<std::int64_t> instants;
  for (std::int64_t hour = 0; hour < 24; ++hour) {
    if (!hours_.test(static_cast<std::size_t>(hour))) continue;
    for (std::int64_t minute = 0; minute < 60; ++minute) {
      if (!minutes_.test(static_cast<std::size_t>(minute))) continue;
      const std::int64_t local = local_day * kDayS + hour * 3600 + minute * 60;
      if (!any_hour_) {
        instants.push_back(zone.FirstInstantOf(local));
        continue;
      }
      for (const std::int64_t instant : zone.InstantsOf(local)) instants.push_back(instant);
    }
  }
  std::sort(instants.begin(), instants.end());
  return instants;
}

std::optional<WallTime> Cron::Next(WallTime after, const TimeZone& zone) const {
  const std::int64_t whole =
      after.unix_us >= 0 ? after.unix_us / kMicro : -((-after.unix_us + kMicro - 1) / kMicro);
  // A day before: where the clock is put back over midnight, yesterday's times come again.
  const std::int64_t first = FloorDay(whole + zone.OffsetAt(whole)) - 1;
  for (std::int64_t day = first; day < first + kMostDays; ++day) {
    if (!IsOn(day)) continue;
    for (const std::int64_t instant : InstantsOn(day, zone)) {
      if (instant * kMicro > after.unix_us) return WallTime{instant * kMicro};
    }
  }
  return std::nullopt;
}

}  // namespace roofscape::fleet
