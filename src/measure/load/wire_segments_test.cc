#include "measure/load/wire_segments.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "base/core/rng.h"

namespace roofscape::load {
namespace {

using Packet = std::vector<unsigned char>;

Instant At(std::int64_t ns) { return Instant(Nanos(ns)); }

void Put16(Packet& packet, std::size_t at, std::size_t value) {
  packet[at] = static_cast<unsigned char>(value >> 8);
  packet[at + 1] = static_cast<unsigned char>(value);
}

/// A packet's headers: `ip_options` and `tcp_options` are words of 4 bytes.
Packet Headers(int version, std::size_t payload, std::size_t ip_options = 0,
               std::size_t tcp_options = 0) {
  const std::size_t ip = version == 4 ? 20 + 4 * ip_options : 40;
  const std::size_t tcp = 20 + 4 * tcp_options;
  Packet packet(ip + tcp);
  if (version == 4) {
    packet[0] = static_cast<unsigned char>(0x40 | (ip / 4));
    Put16(packet, 2, ip + tcp + payload);
    packet[9] = 6;
  } else {
    packet[0] = 0x60;
    Put16(packet, 4, tcp + payload);
    packet[6] = 6;
  }
  Put16(packet, ip, 8000);
  Put16(packet, ip + 2, 45678);
  Put16(packet, ip + 4, 0xFEDC);
  Put16(packet, ip + 6, 0xBA98);
  packet[ip + 12] = static_cast<unsigned char>(tcp / 4 << 4);
  packet[ip + 13] = 0x10;
  return packet;
}

TEST(WireSegmentsTest, HeadersOfBothVersionsAreRead) {
  for (const int version : {4, 6}) {
    for (const std::size_t options : {0U, 3U, 10U}) {
      SCOPED_TRACE(std::to_string(version) + " with " + std::to_string(options));
      const Packet packet = Headers(version, 777, version == 4 ? options : 0, options);
      // A short frame on Ethernet is padded: the header says how long it is.
      const auto segment = ParseTcp(packet, packet.size() + 777 + 6);
      ASSERT_TRUE(segment);
      EXPECT_EQ(segment->source_port, 8000);
      EXPECT_EQ(segment->destination_port, 45678);
      EXPECT_EQ(segment->sequence, 0xFEDCBA98U);
      EXPECT_EQ(segment->length, 777U);
      EXPECT_FALSE(segment->syn);
    }
  }
}

TEST(WireSegmentsTest, MergedPacketsBeyondTheFieldAreRead) {
  for (const int version : {4, 6}) {
    Packet packet = Headers(version, 0);
    Put16(packet, version == 4 ? 2 : 4, 0);
    const auto segment = ParseTcp(packet, packet.size() + 200'000);
    ASSERT_TRUE(segment);
    EXPECT_EQ(segment->length, 200'000U);
  }
}

TEST(WireSegmentsTest, WhatIsNoTcpPacketIsRefused) {
  for (const int version : {4, 6}) {
    const Packet good = Headers(version, 10);
    for (std::size_t cut = 0; cut < good.size(); ++cut) {
      EXPECT_FALSE(ParseTcp(std::span(good).first(cut), good.size() + 10)) << cut;
    }
    EXPECT_FALSE(ParseTcp(good, good.size() + 9)) << "longer than the packet";
    Packet udp = good;
    udp[version == 4 ? 9 : 6] = 17;
    EXPECT_FALSE(ParseTcp(udp, good.size() + 10));
    Packet no_header = good;
    no_header[good.size() - 8] = 0x10;  // A TCP header of 4 bytes.
    EXPECT_FALSE(ParseTcp(no_header, good.size() + 10));
  }
  Packet fragment = Headers(4, 10);
  Put16(fragment, 6, 0x2001);
  EXPECT_FALSE(ParseTcp(fragment, fragment.size() + 10));
}

TEST(WireFlowTest, InOrderAcrossTheWrapOfSequenceNumbers) {
  const std::uint32_t initial = 0xFFFFFF00;
  WireFlow flow(initial, At(0));
  std::uint32_t sequence = initial + 1;
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(flow.Add(sequence, 100, At(i)), 1U);
    sequence += 100;
  }
  EXPECT_EQ(flow.end(), 1000U);
  for (std::uint64_t offset = 0; offset < 1000; ++offset) {
    EXPECT_EQ(flow.Lookup(offset), At(static_cast<std::int64_t>(offset / 100)));
  }
  EXPECT_FALSE(flow.Lookup(1000));
}

TEST(WireFlowTest, MoreThanFourGibibytes) {
  WireFlow flow(77, At(0));
  const std::uint32_t step = 1U << 30;
  for (std::uint32_t i = 0; i < 9; ++i) flow.Add(78 + i * step, step, At(i));
  EXPECT_EQ(flow.end(), 9ULL << 30);
  EXPECT_EQ(flow.Lookup((8ULL << 30) + 5), At(8));
}

TEST(WireFlowTest, TheFirstCopyCountsAndALaterOneFillsTheHole) {
  WireFlow flow(0, At(0));
  flow.Add(1, 100, At(1));
  flow.Add(201, 100, At(2));  // 100 to 199 is missing.
  EXPECT_FALSE(flow.Lookup(150));
  EXPECT_EQ(flow.Lookup(250), At(2));
  flow.Add(1, 300, At(3));  // Everything again, in one.
  EXPECT_EQ(flow.Lookup(50), At(1));
  EXPECT_EQ(flow.Lookup(150), At(3));
  EXPECT_EQ(flow.Lookup(299), At(2));
  EXPECT_FALSE(flow.Lookup(300));
}

TEST(WireFlowTest, ProbesBeforeTheStreamAreNothing) {
  WireFlow flow(1000, At(0));
  EXPECT_EQ(flow.Add(1000, 1, At(1)), 0U);  // A keep-alive probe repeats the byte before.
  EXPECT_EQ(flow.Add(1001, 0, At(1)), 0U);
  EXPECT_EQ(flow.end(), 0U);
  flow.Add(1000, 11, At(2));  // Begins with the SYN's own number.
  EXPECT_EQ(flow.Lookup(0), At(2));
  EXPECT_EQ(flow.end(), 10U);
}

TEST(WireFlowTest, ASegmentIsNearestToItsOwnConnection) {
  WireFlow first(0xFFFFFFF0, At(0));  // Its numbers wrap.
  first.Add(0xFFFFFFF1, 100, At(1));
  const WireFlow second(16'000, At(2));  // The same port, a millisecond later.
  const std::uint32_t next_of_first = 0xFFFFFFF1 + 100;
  EXPECT_EQ(first.DistanceTo(next_of_first), 0U);
  EXPECT_EQ(first.DistanceTo(0xFFFFFFF1), 100U) << "sent again";
  EXPECT_LT(first.DistanceTo(next_of_first), second.DistanceTo(next_of_first));
  EXPECT_EQ(second.DistanceTo(16'001), 0U);
  EXPECT_LT(second.DistanceTo(16'001), first.DistanceTo(16'001));
  EXPECT_EQ(second.DistanceTo(16'001 + (1U << 31)), 1U << 31) << "as far as it goes";
}

// The slow definition: an array of bytes, each with the stamp of who came first.
TEST(WireFlowTest, AnyOrderOfAnySegmentsGivesTheFirstCopyOfEachByte) {
  constexpr std::size_t kBytes = 400;
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Rng rng(seed);
    const auto initial = static_cast<std::uint32_t>(rng.Next());
    WireFlow flow(initial, At(0));
    std::vector<std::int64_t> want(kBytes, -1);
    std::size_t pieces = 0;
    for (std::int64_t i = 0; i < 40; ++i) {
      const std::size_t begin = rng.Below(kBytes);
      const std::size_t length = rng.Below(std::min<std::size_t>(kBytes - begin, 60) + 1);
      pieces += flow.Add(initial + 1 + static_cast<std::uint32_t>(begin),
                         static_cast<std::uint32_t>(length), At(i));
      for (std::size_t b = begin; b < begin + length; ++b) {
        if (want[b] < 0) want[b] = i;
      }
    }
    for (std::size_t b = 0; b < kBytes; ++b) {
      const auto found = flow.Lookup(b);
      ASSERT_EQ(found.has_value(), want[b] >= 0) << "byte " << b;
      ASSERT_EQ(found.value_or(At(want[b])), At(want[b])) << "byte " << b;
    }
    EXPECT_LE(pieces, 80U);
  }
}

}  // namespace
}  // namespace roofscape::load
