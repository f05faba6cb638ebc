// Schedules in time zones, over days on which clocks are put forward and back.

#include "service/fleet/cron.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "service/fleet/time_zone.h"

namespace roofscape::fleet {
namespace {

Cron Must(const std::string& text) {
  auto cron = Cron::Parse(text);
  EXPECT_TRUE(cron) << cron.error().message;
  return cron ? *std::move(cron) : *Cron::Parse("@daily");
}

/// A zone of one rule, as a file without transitions: what Berlin and New York have today.
TimeZone ZoneOf(const std::string& rule) {
  const auto head = [](const std::string& counts) {
    return "TZif2" + std::string(15, '\0') + counts;
  };
  const auto number = [](char low) { return std::string(3, '\0') + low; };
  // One type of offset 0, no letters, no transitions; in 32 bits and again in 64.
  const std::string counts = number(0) + number(0) + number(0) + number(0) + number(1) + number(0);
  const std::string body(6, '\0');
  auto zone = TimeZone::Parse(head(counts) + body + head(counts) + body + "\n" + rule + "\n", "T");
  EXPECT_TRUE(zone) << zone.error().message;
  return zone ? *std::move(zone) : TimeZone::Utc();
}

const TimeZone kBerlin = ZoneOf("CET-1CEST,M3.5.0,M10.5.0/3");
const TimeZone kNewYork = ZoneOf("EST5EDT,M3.2.0,M11.1.0");

std::vector<std::string> Times(const std::string& schedule, std::int64_t from_s, int count,
                               const TimeZone& zone) {
  const Cron cron = Must(schedule);
  std::vector<std::string> times;
  WallTime at{from_s * 1'000'000};
  for (int i = 0; i < count; ++i) {
    const auto next = cron.Next(at, zone);
    if (!next) break;
    times.push_back(next->ToIso().substr(0, 16));
    at = *next;
  }
  return times;
}

using Texts = std::vector<std::string>;
constexpr std::int64_t k2026 = 1'767'225'600;     // 2026-01-01, a Thursday
constexpr std::int64_t kForward = 1'774'656'000;  // 2026-03-28 00:00 UTC, a Saturday
constexpr std::int64_t kBack = 1'792'800'000;     // 2026-10-24 00:00 UTC, a Saturday

TEST(Cron, FieldsMeanWhatTheyMeanEverywhere) {
  struct Case {
    std::string schedule;
    Texts times;
  };
  const Case cases[] = {
      {"30 2 * * *", {"2026-01-01T02:30", "2026-01-02T02:30"}},
      {"*/20 * * * *", {"2026-01-01T00:20", "2026-01-01T00:40", "2026-01-01T01:00"}},
      {"10-40/15 3 * * *", {"2026-01-01T03:10", "2026-01-01T03:25", "2026-01-01T03:40"}},
      {"50/5 0 * * *", {"2026-01-01T00:50", "2026-01-01T00:55", "2026-01-02T00:50"}},
      {"0 0 * * MON-tue", {"2026-01-05T00:00", "2026-01-06T00:00", "2026-01-12T00:00"}},
      {"0 0 * * 7", {"2026-01-04T00:00", "2026-01-11T00:00"}},
      {"0 0 13 * FRI", {"2026-01-02T00:00", "2026-01-09T00:00", "2026-01-13T00:00"}},
      {"0 12 1 feb,Apr *", {"2026-02-01T12:00", "2026-04-01T12:00", "2027-02-01T12:00"}},
      {"0 0 29 2 *", {"2028-02-29T00:00", "2032-02-29T00:00"}},
      {"@hourly", {"2026-01-01T01:00", "2026-01-01T02:00"}},
      {"@weekly", {"2026-01-04T00:00", "2026-01-11T00:00"}},
      {"@yearly", {"2027-01-01T00:00", "2028-01-01T00:00"}},
      {" @daily ", {"2026-01-02T00:00"}},
  };
  for (const Case& one : cases) {
    EXPECT_EQ(Times(one.schedule, k2026, static_cast<int>(one.times.size()), TimeZone::Utc()),
              one.times)
        << one.schedule;
  }
}

TEST(Cron, WhatIsWrongIsNamedWithTheCure) {
  const std::pair<const char*, const char*> cases[] = {
      {"", "must have 5 fields"},
      {"* * * *", "must have 5 fields"},
      {"60 * * * *", "minute: '60'"},
      {"* 24 * * *", "hour: '24'"},
      {"* * 0 * *", "day of the month"},
      {"* * * 13 *", "month: '13'"},
      {"* * * * 8", "day of the week"},
      {"5-1 * * * *", "'5-1'"},
      {"*/0 * * * *", "'*/0'"},
      {"1,,2 * * * *", "''"},
      {"* * * FOO *", "'FOO'"},
      {"0 0 31 2 *", "a day that never comes"},
      {"0 0 30 FEB *", "that never comes"},
      {"@reboot", "must have 5 fields"},
      {"1e1 * * * *", "'1e1'"},
      {"-1 * * * *", "'-1'"},
  };
  for (const auto& [text, message] : cases) {
    const auto cron = Cron::Parse(text);
    ASSERT_FALSE(cron) << text;
    EXPECT_NE(cron.error().message.find(message), std::string::npos) << cron.error().message;
  }
}

TEST(Cron, ASkippedTimeComesAtTheChangeAndOnce) {
  // In Berlin clocks go from 02:00 to 03:00 on 29 March 2026, at 01:00 UTC.
  EXPECT_EQ(Times("30 2 * * *", kForward, 3, kBerlin),
            (Texts{"2026-03-28T01:30", "2026-03-29T01:00", "2026-03-30T00:30"}));
  EXPECT_EQ(Times("0,15,30 2 * * *", kForward + 20'000, 2, kBerlin),
            (Texts{"2026-03-29T01:00", "2026-03-30T00:00"}));
  // Every hour is every hour: none is missing, none is doubled.
  EXPECT_EQ(
      Times("0 * * * *", kForward + 86'400 - 1, 4, kBerlin),
      (Texts{"2026-03-29T00:00", "2026-03-29T01:00", "2026-03-29T02:00", "2026-03-29T03:00"}));
}

TEST(Cron, ATimeThatComesTwiceCountsOnceUnlessEveryHourDoes) {
  // In Berlin clocks go from 03:00 back to 02:00 on 25 October 2026, at 01:00 UTC.
  EXPECT_EQ(Times("30 2 * * *", kBack, 3, kBerlin),
            (Texts{"2026-10-24T00:30", "2026-10-25T00:30", "2026-10-26T01:30"}));
  EXPECT_EQ(Times("30 * * * *", kBack + 86'400 - 1, 3, kBerlin),
            (Texts{"2026-10-25T00:30", "2026-10-25T01:30", "2026-10-25T02:30"}));
}

TEST(Cron, OtherZonesOtherDays) {
  // New York: forward on 8 March 2026 at 07:00 UTC.
  EXPECT_EQ(Times("30 2 * * *", 1'772'841'600, 3, kNewYork),
            (Texts{"2026-03-07T07:30", "2026-03-08T07:00", "2026-03-09T06:30"}));
  // Midnight there is not midnight here.
  EXPECT_EQ(Times("@daily", k2026, 2, kNewYork), (Texts{"2026-01-01T05:00", "2026-01-02T05:00"}));
}

TEST(Cron, EveryDayOfTenYearsHasExactlyOneRunOfADailySchedule) {
  for (const TimeZone* zone : {&kBerlin, &kNewYork}) {
    const Cron cron = Must("30 2 * * *");
    WallTime at{k2026 * 1'000'000};
    for (int day = 0; day < 3653; ++day) {
      const auto next = cron.Next(at, *zone);
      ASSERT_TRUE(next);
      const double hours = static_cast<double>(next->unix_us - at.unix_us) / 3.6e9;
      if (day > 0) {
        EXPECT_GE(hours, 23) << at.ToIso();
        EXPECT_LE(hours, 25) << at.ToIso();
      }
      at = *next;
    }
  }
}

TEST(TimeZone, OfTheSystemAgreesWithItsRule) {
  const auto berlin = LoadTimeZone("Europe/Berlin");
  if (!berlin) GTEST_SKIP() << berlin.error().message;
  for (std::int64_t at = k2026; at < k2026 + 20 * 31'556'952; at += 1'234'567) {
    ASSERT_EQ(berlin->OffsetAt(at), kBerlin.OffsetAt(at)) << at;
  }
  EXPECT_EQ(berlin->OffsetAt(-1'000'000'000), 3600);  // 1938
}

TEST(TimeZone, WhatIsNoZoneIsRefused) {
  for (const char* name : {"Europe/Nowhere", "../../etc/passwd", "/etc/passwd", "", "zone.tab"}) {
    const auto zone = LoadTimeZone(name);
    ASSERT_FALSE(zone) << name;
    EXPECT_NE(zone.error().message.find("time zone"), std::string::npos);
  }
  EXPECT_FALSE(TimeZone::Parse("TZif2", "x"));
  EXPECT_FALSE(TimeZone::Parse(std::string(2'000'000, 'x'), "x"));
  EXPECT_TRUE(LoadTimeZone("UTC"));
}

}  // namespace
}  // namespace roofscape::fleet
