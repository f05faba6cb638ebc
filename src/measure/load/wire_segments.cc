#include "measure/load/wire_segments.h"

#include <algorithm>

namespace roofscape::load {
namespace {

using Bytes = std::span<const unsigned char>;

constexpr std::size_t kIpv6Header = 40;
constexpr unsigned char kTcp = 6;

std::uint32_t Big16(Bytes bytes, std::size_t at) {
  return (std::uint32_t{bytes[at]} << 8) | bytes[at + 1];
}

std::uint32_t Big32(Bytes bytes, std::size_t at) {
  return (Big16(bytes, at) << 16) | Big16(bytes, at + 2);
}

/// Where the TCP header begins and the packet ends, from the IP header.
struct Layout {
  std::size_t tcp = 0;
  std::size_t end = 0;
};

std::optional<Layout> ReadIpv4(Bytes bytes, std::size_t full_length) {
  constexpr std::size_t kShortest = 20;
  if (bytes.size() < kShortest) return std::nullopt;
  const std::size_t header = std::size_t{bytes[0] & 0x0Fu} * 4;
  const std::size_t fragment_offset = Big16(bytes, 6) & 0x1FFF;
  if (header < kShortest || bytes[9] != kTcp || fragment_offset != 0) return std::nullopt;
  // 0: merged by the kernel to more than the field can say.
  const std::size_t length = Big16(bytes, 2);
  return Layout{header, length == 0 ? full_length : length};
}

std::optional<Layout> ReadIpv6(Bytes bytes, std::size_t full_length) {
  if (bytes.size() < kIpv6Header || bytes[6] != kTcp) return std::nullopt;
  const std::size_t length = Big16(bytes, 4);
  return Layout{kIpv6Header, length == 0 ? full_length : kIpv6Header + length};
}

}  // namespace

std::optional<TcpSegment> ParseTcp(Bytes bytes, std::size_t full_length) {
  constexpr std::size_t kShortest = 20;
  constexpr unsigned char kSyn = 0x02;
  if (bytes.empty()) return std::nullopt;
  std::optional<Layout> layout;
  if (bytes[0] >> 4 == 4) layout = ReadIpv4(bytes, full_length);
  if (bytes[0] >> 4 == 6) layout = ReadIpv6(bytes, full_length);
  if (!layout || layout->end > full_length || bytes.size() < layout->tcp + kShortest) {
    return std::nullopt;
  }
  const Bytes tcp = bytes.subspan(layout->tcp);
  const std::size_t header = std::size_t{tcp[12]} / 16 * 4;
  if (header < kShortest || layout->tcp + header > layout->end) return std::nullopt;
  TcpSegment segment;
  segment.source_port = static_cast<std::uint16_t>(Big16(tcp, 0));
  segment.destination_port = static_cast<std::uint16_t>(Big16(tcp, 2));
  segment.sequence = Big32(tcp, 4);
  segment.length = static_cast<std::uint32_t>(layout->end - layout->tcp - header);
  segment.syn = (tcp[13] & kSyn) != 0;
  return segment;
}

std::uint32_t WireFlow::DistanceTo(std::uint32_t sequence) const {
  const std::int32_t step = StepTo(sequence);
  return step < 0 ? 0U - static_cast<std::uint32_t>(step) : static_cast<std::uint32_t>(step);
}

std::size_t WireFlow::Add(std::uint32_t sequence, std::uint32_t length, Instant stamp) {
  const std::int64_t at = static_cast<std::int64_t>(end_) + StepTo(sequence);
  if (at + std::int64_t{length} <= 0) return 0;
  std::uint64_t begin = static_cast<std::uint64_t>(std::max<std::int64_t>(at, 0));
  const std::uint64_t end = static_cast<std::uint64_t>(at + std::int64_t{length});
  const std::size_t before = pieces_.size();
  if (begin >= end_) {
    if (begin < end) pieces_.push_back({begin, stamp, static_cast<std::uint32_t>(end - begin)});
    end_ = std::max(end_, begin < end ? end : end_);
    return pieces_.size() - before;
  }
  // The first piece that ends behind `begin`; what lies between the pieces is entered.
  auto piece = std::upper_bound(pieces_.begin(), pieces_.end(), begin,
                                [](std::uint64_t b, const Piece& p) { return b < p.end(); });
  while (begin < end) {
    const std::uint64_t hole_end =
        piece == pieces_.end() ? end : std::min(end, std::max(begin, piece->begin));
    if (begin < hole_end) {
      piece = pieces_.insert(piece, {begin, stamp, static_cast<std::uint32_t>(hole_end - begin)});
      ++piece;
    }
    if (piece == pieces_.end()) break;
    begin = std::max(hole_end, piece->end());
    ++piece;
  }
  end_ = std::max(end_, end);
  return pieces_.size() - before;
}

std::optional<Instant> WireFlow::Lookup(std::uint64_t offset) const {
  const auto piece = std::upper_bound(pieces_.begin(), pieces_.end(), offset,
                                      [](std::uint64_t o, const Piece& p) { return o < p.end(); });
  if (piece == pieces_.end() || piece->begin > offset) return std::nullopt;
  return piece->stamp;
}

std::size_t WireFlow::Forget(std::uint64_t offset) {
  const auto kept = std::upper_bound(pieces_.begin(), pieces_.end(), offset,
                                     [](std::uint64_t o, const Piece& p) { return o < p.end(); });
  const auto gone = static_cast<std::size_t>(kept - pieces_.begin());
  pieces_.erase(pieces_.begin(), kept);
  return gone;
}

}  // namespace roofscape::load
