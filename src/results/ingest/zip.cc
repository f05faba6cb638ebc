#include "results/ingest/zip.h"

#include <algorithm>
#include <optional>

#include <fmt/format.h>
#include <zlib.h>

#include "base/core/check.h"
#include "base/core/text.h"

namespace roofscape::ingest {
namespace {

constexpr std::string_view kLocalMark = "PK\x03\x04";
constexpr std::string_view kEntryMark = "PK\x01\x02";
constexpr std::string_view kEndMark = "PK\x05\x06";
constexpr std::size_t kLocalBytes = 30;
constexpr std::size_t kEntryBytes = 46;
constexpr std::size_t kEndBytes = 22;
constexpr std::size_t kLongestComment = 0xFFFF;
constexpr std::uint16_t kEncrypted = 1;
constexpr std::uint16_t kStored = 0;
constexpr std::uint16_t kDeflated = 8;
constexpr std::uint32_t kInZip64 = 0xFFFFFFFF;
constexpr std::size_t kPart = std::size_t{1} << 18;
constexpr std::size_t kQuoted = 60;

Error Damaged(std::string_view what) {
  return {ErrorCode::kProtocol, fmt::format("is a damaged zip archive ({}): fetch it again", what)};
}

Error Refused(std::string_view what) {
  return {ErrorCode::kProtocol, fmt::format("{}: unpack it first, and pack it again", what)};
}

/// Little-endian. REQUIRES: it lies within the bytes.
std::uint32_t Number(std::string_view bytes, std::size_t at, std::size_t size) {
  std::uint32_t number = 0;
  for (std::size_t i = size; i > 0; --i) {
    number = number << 8U | static_cast<unsigned char>(bytes[at + i - 1]);
  }
  return number;
}

std::uint16_t Short(std::string_view bytes, std::size_t at) {
  return static_cast<std::uint16_t>(Number(bytes, at, 2));
}

std::uint32_t Long(std::string_view bytes, std::size_t at) { return Number(bytes, at, 4); }

/// Where the end record begins: the last one whose comment reaches to the end of the archive.
std::optional<std::size_t> FindEnd(std::string_view bytes) {
  if (bytes.size() < kEndBytes) return std::nullopt;
  const std::size_t last = bytes.size() - kEndBytes;
  const std::size_t first = last > kLongestComment ? last - kLongestComment : 0;
  for (std::size_t at = last + 1; at-- > first;) {
    if (bytes.substr(at, kEndMark.size()) != kEndMark) continue;
    if (at + kEndBytes + Short(bytes, at + 20) == bytes.size()) return at;
  }
  return std::nullopt;
}

/// The packed bytes of an entry.
Result<std::string_view> PackedOf(std::string_view bytes, const ZipEntry& entry) {
  const std::size_t at = entry.header;
  if (at > bytes.size() || bytes.size() - at < kLocalBytes ||
      bytes.substr(at, kLocalMark.size()) != kLocalMark) {
    return Damaged("a file is not where the directory says");
  }
  const std::size_t begin =
      at + kLocalBytes + Short(bytes, at + 26) + std::size_t{Short(bytes, at + 28)};
  if (begin > bytes.size() || bytes.size() - begin < entry.packed_bytes) {
    return Damaged("a file reaches over its end");
  }
  return bytes.substr(begin, entry.packed_bytes);
}

/// Inflates until the end of the stream, or until one byte more has come than was promised.
Result<> Inflate(std::string_view packed, std::size_t promised, std::string& out) {
  z_stream stream{};
  constexpr int kBare = -15;  // The largest window, without zlib's header.
  RS_CHECK(inflateInit2(&stream, kBare) == Z_OK);
  // zlib does not write to it, but its interface is older than const.
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
  stream.avail_in = static_cast<uInt>(packed.size());
  const std::size_t before = out.size();
  int state = Z_OK;
  while (state == Z_OK && out.size() - before <= promised) {
    const std::size_t filled = out.size();
    const std::size_t part = std::min(kPart, promised - (filled - before) + 1);
    out.resize(filled + part);
    stream.next_out = reinterpret_cast<Bytef*>(out.data() + filled);
    stream.avail_out = static_cast<uInt>(part);
    state = inflate(&stream, Z_NO_FLUSH);
    out.resize(filled + part - stream.avail_out);
  }
  inflateEnd(&stream);
  if (state != Z_STREAM_END) return Damaged("a file cannot be unpacked to the size it promises");
  return {};
}

}  // namespace

bool IsZip(std::string_view bytes) {
  return bytes.starts_with(kLocalMark) || bytes.starts_with(kEndMark);
}

Result<std::vector<ZipEntry>> ListZip(std::string_view bytes) {
  const auto end = FindEnd(bytes);
  if (!end) return Damaged("its directory is missing: was it cut off?");
  const std::uint16_t count = Short(bytes, *end + 10);
  const std::size_t size = Long(bytes, *end + 12);
  std::size_t at = Long(bytes, *end + 16);
  if (count == 0xFFFF || at == kInZip64) return Refused("is a zip archive above 4 GiB (zip64)");
  if (Short(bytes, *end + 4) != 0 || Short(bytes, *end + 8) != count) {
    return Refused("is one part of a zip archive");
  }
  if (at > *end || *end - at < size) return Damaged("its directory is not where it says");
  std::vector<ZipEntry> entries;
  for (std::uint16_t i = 0; i < count; ++i) {
    if (*end - at < kEntryBytes || bytes.substr(at, kEntryMark.size()) != kEntryMark) {
      return Damaged("its directory breaks off");
    }
    const std::size_t name_bytes = Short(bytes, at + 28);
    const std::size_t all =
        kEntryBytes + name_bytes + Short(bytes, at + 30) + std::size_t{Short(bytes, at + 32)};
    if (*end - at < all) return Damaged("its directory breaks off");
    entries.push_back({.name = bytes.substr(at + kEntryBytes, name_bytes),
                       .flags = Short(bytes, at + 8),
                       .method = Short(bytes, at + 10),
                       .crc = Long(bytes, at + 16),
                       .packed_bytes = Long(bytes, at + 20),
                       .plain_bytes = Long(bytes, at + 24),
                       .header = Long(bytes, at + 42)});
    at += all;
  }
  return entries;
}

Result<> Unzip(std::string_view bytes, const ZipEntry& entry, std::string& out) {
  const auto refuse = [&](std::string_view why) {
    return Refused(fmt::format("'{}' in it {}", Printable(entry.name, kQuoted), why));
  };
  if ((entry.flags & kEncrypted) != 0) return refuse("is encrypted");
  if (entry.packed_bytes == kInZip64 || entry.plain_bytes == kInZip64 || entry.header == kInZip64) {
    return refuse("is above 4 GiB (zip64)");
  }
  RS_ASSIGN_OR_RETURN(const std::string_view packed, PackedOf(bytes, entry));
  const std::size_t before = out.size();
  if (entry.method == kDeflated) {
    RS_RETURN_IF_ERROR(Inflate(packed, entry.plain_bytes, out));
  } else if (entry.method == kStored) {
    out += packed;
  } else {
    return refuse(
        fmt::format("is packed by method {}, and only deflate is understood", entry.method));
  }
  const std::size_t size = out.size() - before;
  if (size != entry.plain_bytes) return Damaged("a file has another size than it promises");
  const auto* const plain = reinterpret_cast<const Bytef*>(out.data() + before);
  if (crc32_z(0, plain, size) != entry.crc) return Damaged("a checksum does not agree");
  return {};
}

}  // namespace roofscape::ingest
