#include "service/fleet/time_zone.h"

#include <algorithm>
#include <cctype>
#include <chrono>
#include <cstdlib>
#include <utility>

#include <fmt/format.h>

#include "service/fleet/file.h"

namespace roofscape::fleet {
namespace {

constexpr std::int64_t kHour = 3600;
constexpr std::int64_t kDay = 24 * kHour;
/// No clock is further from Greenwich than this.
constexpr std::int64_t kFurthest = 26 * kHour;
constexpr std::size_t kMostBytes = 1 << 20;

using std::chrono::days;
using std::chrono::sys_days;

int YearOf(std::int64_t unix_s) {
  // Years of four digits, so that nothing a broken file says runs over.
  constexpr std::int64_t kFirst = -62'135'596'800;  // 0001-01-01
  constexpr std::int64_t kLast = 253'402'300'799;   // 9999-12-31
  const std::int64_t within = std::clamp(unix_s, kFirst, kLast);
  std::int64_t day = within / kDay;
  if (within % kDay < 0) --day;
  return static_cast<int>(std::chrono::year_month_day(sys_days(days(day))).year());
}

std::int64_t DaysTo(int year, unsigned month, unsigned day) {
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(month),
                                         std::chrono::day(day)};
  return sys_days(date).time_since_epoch().count();
}

/// Reads the text of a rule piece by piece.
class RuleText {
 public:
  explicit RuleText(std::string_view text) : text_(text) {}

  bool done() const { return text_.empty(); }

  bool Take(char c) {
    if (text_.empty() || text_.front() != c) return false;
    text_.remove_prefix(1);
    return true;
  }

  /// "CET" or "<+0330>".
  bool TakeName() {
    std::size_t size = 0;
    if (Take('<')) {
      size = text_.find('>');
      if (size == std::string_view::npos) return false;
      text_.remove_prefix(size + 1);
      return true;
    }
    while (size < text_.size() && std::isalpha(static_cast<unsigned char>(text_[size])) != 0) {
      ++size;
    }
    text_.remove_prefix(size);
    return size >= 3;
  }

  std::optional<int> TakeNumber() {
    constexpr int kMost = 1000;
    std::optional<int> number;
    while (!text_.empty() && text_.front() >= '0' && text_.front() <= '9') {
      number = number.value_or(0) * 10 + (text_.front() - '0');
      if (*number > kMost) return std::nullopt;
      text_.remove_prefix(1);
    }
    return number;
  }

  /// "-3:30" as seconds.
  std::optional<std::int64_t> TakeTime() {
    const bool minus = Take('-');
    if (!minus) Take('+');
    std::int64_t seconds = 0;
    for (const std::int64_t unit : {kHour, std::int64_t{60}, std::int64_t{1}}) {
      const auto number = TakeNumber();
      if (!number) return std::nullopt;
      seconds += *number * unit;
      if (unit == 1 || !Take(':')) break;
    }
    constexpr std::int64_t kMost = 168 * kHour;
    if (seconds > kMost) return std::nullopt;
    return minus ? -seconds : seconds;
  }

 private:
  std::string_view text_;
};

}  // namespace

std::int64_t ClockChange::LocalSecond(int year) const {
  std::int64_t days_to = 0;
  const bool leap = std::chrono::year(year).is_leap();
  if (kind == Kind::kJulianWithoutLeap) {  // 1 .. 365, 29 February never counted
    days_to = DaysTo(year, 1, 1) + day - 1 + (leap && day >= 60 ? 1 : 0);
  } else if (kind == Kind::kJulian) {  // 0 .. 365
    days_to = DaysTo(year, 1, 1) + day;
  } else {
    const std::int64_t first = DaysTo(year, static_cast<unsigned>(month), 1);
    const int weekday = static_cast<int>(((first + 4) % 7 + 7) % 7);  // 1970-01-01: a Thursday
    days_to = first + (day - weekday + 7) % 7 + std::int64_t{7} * (week - 1);
    const std::int64_t next =
        month == 12 ? DaysTo(year + 1, 1, 1) : DaysTo(year, static_cast<unsigned>(month + 1), 1);
    while (days_to >= next) days_to -= 7;  // Week 5 is the last one.
  }
  return days_to * kDay + time_s;
}

std::int64_t YearRule::OffsetAt(std::int64_t unix_s) const {
  if (!summer) return standard_s;
  const int year = YearOf(unix_s + standard_s);
  const std::int64_t begin = summer->begin.LocalSecond(year) - standard_s;
  const std::int64_t end = summer->end.LocalSecond(year) - summer->offset_s;
  const bool is_summer =
      begin < end ? begin <= unix_s && unix_s < end : !(end <= unix_s && unix_s < begin);
  return is_summer ? summer->offset_s : standard_s;
}

std::optional<YearRule> TimeZone::ParseRule(std::string_view text) {
  RuleText rest(text);
  YearRule rule;
  if (!rest.TakeName()) return std::nullopt;
  const auto west = rest.TakeTime();
  if (!west) return std::nullopt;
  rule.standard_s = -*west;
  if (rest.done()) return rule;
  SummerTime& summer = rule.summer.emplace();
  summer.offset_s = rule.standard_s + kHour;
  if (!rest.TakeName()) return std::nullopt;
  if (!rest.done() && !rest.Take(',')) {
    const auto summer_west = rest.TakeTime();
    if (!summer_west || !rest.Take(',')) return std::nullopt;
    summer.offset_s = -*summer_west;
  }
  const auto read_day = [&rest](ClockChange& day) {
    const auto number = [&rest](int low, int high, int& out) {
      const auto read = rest.TakeNumber();
      out = read.value_or(low);
      return read && *read >= low && *read <= high;
    };
    if (rest.Take('M')) {
      if (!number(1, 12, day.month) || !rest.Take('.') || !number(1, 5, day.week) ||
          !rest.Take('.') || !number(0, 6, day.day)) {
        return false;
      }
    } else if (rest.Take('J')) {
      day.kind = ClockChange::Kind::kJulianWithoutLeap;
      if (!number(1, 365, day.day)) return false;
    } else {
      day.kind = ClockChange::Kind::kJulian;
      if (!number(0, 365, day.day)) return false;
    }
    if (!rest.Take('/')) return true;
    const auto time = rest.TakeTime();
    day.time_s = time.value_or(0);
    return time.has_value();
  };
  if (!read_day(summer.begin) || !rest.Take(',') || !read_day(summer.end) || !rest.done()) {
    return std::nullopt;
  }
  return rule;
}

/// Reads numbers of the file, and remembers where one was missing.
class TzifReader {
 public:
  explicit TzifReader(std::string_view bytes) : bytes_(bytes) {}

  bool broken() const { return broken_; }
  void Break() { broken_ = true; }
  void Skip(std::size_t bytes) { Take(bytes); }
  std::string_view rest() const { return bytes_; }

  std::string_view Take(std::size_t size) {
    if (size > bytes_.size()) {
      broken_ = true;
      return {};
    }
    const std::string_view taken = bytes_.substr(0, size);
    bytes_.remove_prefix(size);
    return taken;
  }

  /// Big endian, with sign.
  std::int64_t Number(std::size_t bytes) {
    const std::string_view taken = Take(bytes);
    if (taken.empty()) return 0;
    std::uint64_t value = (taken.front() & 0x80) != 0 ? ~std::uint64_t{0} : 0;
    for (const char c : taken) value = value << 8 | static_cast<unsigned char>(c);
    return static_cast<std::int64_t>(value);
  }

  struct Counts {
    char version = 0;
    std::size_t ut = 0, standard = 0, leaps = 0, times = 0, types = 0, letters = 0;
    std::size_t Bytes(std::size_t time_bytes) const {
      return times * (time_bytes + 1) + types * 6 + letters + leaps * (time_bytes + 4) + standard +
             ut;
    }
  };

  Counts Header() {
    Counts counts;
    if (Take(4) != "TZif") broken_ = true;
    const std::string_view version = Take(1);
    counts.version = version.empty() ? '\0' : version.front();
    Skip(15);
    for (std::size_t* count : {&counts.ut, &counts.standard, &counts.leaps, &counts.times,
                               &counts.types, &counts.letters}) {
      const std::int64_t number = Number(4);
      if (number < 0 || number > static_cast<std::int64_t>(kMostBytes)) broken_ = true;
      *count = broken_ ? 0 : static_cast<std::size_t>(number);
    }
    return counts;
  }

  /// The block behind a header.
  void Body(const Counts& counts, std::size_t time_bytes, TimeZone& zone) {
    if (counts.types == 0 || counts.Bytes(time_bytes) > bytes_.size()) broken_ = true;
    if (broken_) return;
    for (std::size_t i = 0; i < counts.times; ++i) {
      zone.transitions_.push_back({Number(time_bytes), 0});
    }
    const std::string_view kinds = Take(counts.times);
    std::vector<std::int64_t> offsets;
    for (std::size_t i = 0; i < counts.types; ++i) {
      offsets.push_back(Number(4));
      Skip(2);
      if (std::abs(offsets.back()) > kFurthest) broken_ = true;
    }
    zone.first_offset_s_ = offsets.front();
    for (std::size_t i = 0; i < counts.times; ++i) {
      const auto kind = static_cast<unsigned char>(kinds[i]);
      const bool rising = i == 0 || zone.transitions_[i - 1].at_s < zone.transitions_[i].at_s;
      if (kind >= offsets.size() || !rising) {
        broken_ = true;
        return;
      }
      zone.transitions_[i].offset_s = offsets[kind];
    }
    Skip(counts.letters + counts.leaps * (time_bytes + 4) + counts.standard + counts.ut);
  }

 private:
  std::string_view bytes_;
  bool broken_ = false;
};

Result<TimeZone> TimeZone::Parse(std::string_view tzif, const std::string& name) {
  const auto broken = [&name] {
    return Error{ErrorCode::kProtocol,
                 fmt::format("time zone '{}': its file is no TZif file: install tzdata anew, or "
                             "name another zone",
                             name)};
  };
  if (tzif.size() > kMostBytes) return broken();
  TimeZone zone;
  zone.name_ = name;
  TzifReader reader(tzif);
  TzifReader::Counts counts = reader.Header();
  if (counts.version < '2') {
    reader.Body(counts, 4, zone);
    if (reader.broken()) return broken();
    return zone;
  }
  reader.Skip(counts.Bytes(4));  // The same in 32 bits, for old readers.
  counts = reader.Header();
  reader.Body(counts, 8, zone);
  if (reader.broken()) return broken();
  std::string_view footer = reader.rest();
  if (footer.size() < 2 || footer.front() != '\n' || footer.back() != '\n') return broken();
  footer = footer.substr(1, footer.size() - 2);
  if (footer.empty()) return zone;
  zone.rule_ = ParseRule(footer);
  if (!zone.rule_) return broken();
  return zone;
}

std::int64_t TimeZone::OffsetAt(std::int64_t unix_s) const {
  const auto later = std::upper_bound(
      transitions_.begin(), transitions_.end(), unix_s,
      [](std::int64_t at, const Transition& transition) { return at < transition.at_s; });
  if (later == transitions_.end() && rule_) return rule_->OffsetAt(unix_s);
  if (later == transitions_.begin()) return first_offset_s_;
  return std::prev(later)->offset_s;
}

std::vector<std::int64_t> TimeZone::InstantsOf(std::int64_t local_s) const {
  std::vector<std::int64_t> instants;
  const std::int64_t offsets[] = {OffsetAt(local_s - kFurthest), OffsetAt(local_s + kFurthest)};
  for (const std::int64_t offset : offsets) {
    const std::int64_t instant = local_s - offset;
    const bool known = !instants.empty() && instants.front() == instant;
    if (!known && OffsetAt(instant) == offset) instants.push_back(instant);
  }
  std::sort(instants.begin(), instants.end());
  return instants;
}

std::int64_t TimeZone::FirstInstantOf(std::int64_t local_s) const {
  if (const auto instants = InstantsOf(local_s); !instants.empty()) return instants.front();
  std::int64_t before = local_s - kFurthest;
  std::int64_t after = local_s + kFurthest;
  const std::int64_t offset = OffsetAt(before);
  while (after - before > 1) {
    const std::int64_t middle = before + (after - before) / 2;
    (OffsetAt(middle) == offset ? before : after) = middle;
  }
  return after;
}

Result<TimeZone> LoadTimeZone(const std::string& name) {
  if (name == "UTC") return TimeZone::Utc();
  const bool safe = !name.empty() && name.front() != '/' && name.find("..") == std::string::npos &&
                    std::all_of(name.begin(), name.end(), [](unsigned char c) {
                      return std::isalnum(c) != 0 || c == '/' || c == '_' || c == '-' || c == '+';
                    });
  const char* const folder = std::getenv("TZDIR");
  const std::string root = folder != nullptr && *folder != '\0' ? folder : "/usr/share/zoneinfo";
  const auto unknown = [&] {
    return Error{ErrorCode::kNotFound,
                 fmt::format("time zone '{}': is not in {}: name one as \"Europe/Berlin\" or "
                             "\"UTC\", and install tzdata",
                             name, root)};
  };
  if (!safe) return unknown();
  const auto bytes = ReadFile(root + "/" + name);
  if (!bytes) return unknown();
  return TimeZone::Parse(*bytes, name);
}

}  // namespace roofscape::fleet
