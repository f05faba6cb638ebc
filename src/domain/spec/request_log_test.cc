#include "domain/spec/request_log.h"

#include <gtest/gtest.h>

#include "base/core/rng.h"

namespace roofscape::spec {
namespace {

std::int64_t AnyStamp(Rng& rng) {
  switch (rng.Below(6)) {
    case 0: return kNoStamp;
    case 1: return 0;
    case 2: return INT64_MAX;
    default: return static_cast<std::int64_t>(rng.Below(4'000'000'000'000));
  }
}

Event AnyEvent(Rng& rng) {
  Event event;
  event.time_ns = AnyStamp(rng);
  event.uncertainty_ns = static_cast<std::uint32_t>(rng.Next());
  event.read = static_cast<std::uint32_t>(rng.Below(1000));
  event.chars = static_cast<std::uint32_t>(rng.Below(100));
  event.tokens = static_cast<std::uint16_t>(rng.Below(65536));
  event.kind = static_cast<EventKind>(rng.Below(9));
  return event;
}

RequestLog AnyLog(std::uint64_t seed) {
  Rng rng(seed);
  RequestLog log;
  const std::uint64_t requests = rng.Below(20);
  for (std::uint64_t i = 0; i < requests; ++i) {
    Request request;
    request.id = static_cast<std::int64_t>(i);
    request.slot = static_cast<std::int64_t>(rng.Below(5)) - 1;
    request.phase = static_cast<Phase>(rng.Below(2));
    request.outcome = static_cast<Outcome>(rng.Below(10));
    request.http_status = static_cast<std::int64_t>(rng.Below(600));
    request.intended_ns = AnyStamp(rng);
    request.sent_ns = AnyStamp(rng);
    request.end_ns = AnyStamp(rng);
    request.output_tokens = static_cast<std::int64_t>(rng.Below(100)) - 1;
    request.token_source = static_cast<TokenSource>(rng.Below(6));
    request.first_event = static_cast<std::int64_t>(log.events.size());
    request.event_count = static_cast<std::int64_t>(rng.Below(8));
    for (std::int64_t e = 0; e < request.event_count; ++e) log.events.push_back(AnyEvent(rng));
    if (rng.Below(3) == 0) {
      request.message = static_cast<std::int64_t>(log.strings.size());
      log.strings.push_back(std::string("why it \0 failed \xff", 17));
    }
    log.requests.push_back(request);
  }
  return log;
}

TEST(RequestLogTest, DecodesWhatItEncodes) {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    SCOPED_TRACE(seed);
    const RequestLog log = AnyLog(seed);
    const auto decoded = DecodeRequestLog(EncodeRequestLog(log));
    ASSERT_TRUE(decoded) << decoded.error().message;
    EXPECT_EQ(*decoded, log);
  }
}

// Property: damaged bytes are refused or decode to something else that is whole; never a crash, and
// never rows that point outside their tables.
TEST(RequestLogTest, DamagedBytesNeverMisleadIndices) {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    SCOPED_TRACE(seed);
    Rng rng(seed ^ 0xDADA);
    std::string bytes = EncodeRequestLog(AnyLog(seed));
    switch (rng.Below(3)) {
      case 0: bytes.resize(rng.Below(bytes.size())); break;
      case 1: bytes[rng.Below(bytes.size())] ^= static_cast<char>(1 + rng.Below(255)); break;
      default: bytes += static_cast<char>(rng.Below(256));
    }
    const auto decoded = DecodeRequestLog(bytes);
    if (!decoded) continue;
    for (const Request& request : decoded->requests) {
      EXPECT_EQ(decoded->EventsOf(request).size(), static_cast<std::size_t>(request.event_count));
      decoded->StringAt(request.message);
    }
  }
}

TEST(RequestLogTest, ACountLargerThanTheFileIsNotAllocated) {
  std::string bytes = "RSRL\x01";
  bytes += "\xff\xff\xff\xff\xff\x7f";  // some trillion requests
  const auto decoded = DecodeRequestLog(bytes);
  ASSERT_FALSE(decoded);
  EXPECT_NE(decoded.error().message.find("more rows than it has bytes"), std::string::npos);
}

TEST(RequestLogTest, ANewerFormatIsNamed) {
  const auto decoded = DecodeRequestLog("RSRL\x09");
  ASSERT_FALSE(decoded);
  EXPECT_NE(decoded.error().message.find("format 9"), std::string::npos);
}

TEST(RequestLogTest, AppendMovesIndices) {
  RequestLog whole;
  RequestLog expected_strings;
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    const RequestLog part = AnyLog(seed);
    const std::size_t first = whole.requests.size();
    whole.Append(part);
    for (std::size_t i = 0; i < part.requests.size(); ++i) {
      const auto want = part.EventsOf(part.requests[i]);
      const auto got = whole.EventsOf(whole.requests[first + i]);
      EXPECT_TRUE(std::equal(want.begin(), want.end(), got.begin(), got.end()));
      EXPECT_EQ(whole.StringAt(whole.requests[first + i].message),
                part.StringAt(part.requests[i].message));
    }
  }
}

TEST(RequestLogTest, RowsOutOfOrderArePackedOnTheWay) {
  RequestLog log;
  Event first;
  first.time_ns = 1;
  Event second;
  second.time_ns = 2;
  log.events = {first, second};
  log.requests.resize(2);
  log.requests[0].first_event = 1;
  log.requests[0].event_count = 1;
  log.requests[1].first_event = 0;
  log.requests[1].event_count = 1;
  const auto decoded = DecodeRequestLog(EncodeRequestLog(log));
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->EventsOf(decoded->requests[0])[0].time_ns, 2);
  EXPECT_EQ(decoded->EventsOf(decoded->requests[1])[0].time_ns, 1);
}

TEST(RequestLogTest, TypicalEventsAreSmall) {
  RequestLog log;
  Request request;
  request.event_count = 10'000;
  for (std::int64_t i = 0; i < request.event_count; ++i) {
    Event event;
    event.time_ns = 1'000'000'000 + i * 10'000'000;
    event.tokens = 1;
    event.chars = 5;
    event.read = static_cast<std::uint32_t>(i);
    log.events.push_back(event);
  }
  log.requests.push_back(request);
  EXPECT_LT(EncodeRequestLog(log).size(), 10'000U * 10U);
}

}  // namespace
}  // namespace roofscape::spec
