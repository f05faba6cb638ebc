// Which TCP segment carried a byte, and when it passed: the arithmetic of the wire tap
// (wire_tap.h). A packet's bytes become a TcpSegment; a connection's segments become a WireFlow
// that answers for each byte of the stream.
//
// Ownership: plain values. Thread safety: plain values.

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/core/units.h"

namespace roofscape::load {

/// What the headers of one TCP packet say.
struct TcpSegment {
  std::uint16_t source_port = 0;
  std::uint16_t destination_port = 0;
  std::uint32_t sequence = 0;  // Of the first payload byte; of the SYN itself where `syn`.
  std::uint32_t length = 0;    // Payload bytes.
  bool syn = false;
};

/// Reads an IPv4 or IPv6 packet from its IP header on; `bytes` may be cut behind the headers,
/// `full_length` is what the packet had. Missing when it is no first fragment of a TCP packet, or
/// its lengths contradict each other. IPv6 extension headers are not followed.
std::optional<TcpSegment> ParseTcp(std::span<const unsigned char> bytes, std::size_t full_length);

/// The payload of one direction of one connection.
class WireFlow {
 public:
  /// `initial_sequence` is that of the SYN or SYN-ACK, seen at `opened`.
  WireFlow(std::uint32_t initial_sequence, Instant opened)
      : first_sequence_(initial_sequence + 1), opened_(opened) {}

  /// Enters a segment. Bytes that an earlier one has carried keep its stamp: the first copy counts;
  /// a later one fills the holes. Sequence numbers may wrap; a segment more than 2 GiB away from
  /// the last is taken for an old one. Returns by how many pieces the table grew.
  std::size_t Add(std::uint32_t sequence, std::uint32_t length, Instant stamp);

  /// When the segment passed that carried the byte at `offset`, counted from 0; missing where none
  /// was seen.
  std::optional<Instant> Lookup(std::uint64_t offset) const;

  /// Forgets the pieces that end at `offset` or before it; returns how many those were.
  std::size_t Forget(std::uint64_t offset);

  /// How far, in bytes, a segment begins from the last byte seen, as TCP counts: forward or back,
  /// at most 2 GiB. Of two connections of one port, a segment belongs to the one it is nearer to.
  std::uint32_t DistanceTo(std::uint32_t sequence) const;

  /// Whether a SYN with this number opened this very connection: it was sent again.
  bool OpenedBy(std::uint32_t initial_sequence) const {
    return initial_sequence + 1 == first_sequence_;
  }
  Instant opened() const { return opened_; }
  /// The number of bytes up to the last one seen.
  std::uint64_t end() const { return end_; }
  std::size_t pieces() const { return pieces_.size(); }

 private:
  /// The same, behind the last byte positive.
  std::int32_t StepTo(std::uint32_t sequence) const {
    return static_cast<std::int32_t>(sequence - static_cast<std::uint32_t>(first_sequence_ + end_));
  }

  struct Piece {
    std::uint64_t begin;
    Instant stamp;
    std::uint32_t length;

    std::uint64_t end() const { return begin + length; }
  };

  std::uint32_t first_sequence_;
  Instant opened_;
  std::uint64_t end_ = 0;
  std::vector<Piece> pieces_;  // By offset, none overlaps another.
};

}  // namespace roofscape::load
