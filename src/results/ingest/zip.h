// The files inside a zip archive: the central directory, and the methods "stored" and "deflated".
// Everything lies in memory and nothing is written, so that no name in an archive can lead
// anywhere. Encrypted files, archives in several parts and those above 4 GiB (zip64) are refused.
//
// Format: PKWARE's APPNOTE.TXT 6.3.10, sections 4.3.6 to 4.3.16.
//
// Errors: kProtocol, without the archive's name; they end with what to do about it.
// Ownership: entries point into the archive's bytes. Thread safety: pure functions.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/core/result.h"

namespace roofscape::ingest {

struct ZipEntry {
  std::string_view name;  // As the archive has it, folders too.
  std::uint16_t flags = 0;
  std::uint16_t method = 0;
  std::uint32_t crc = 0;
  std::uint32_t packed_bytes = 0;
  std::uint32_t plain_bytes = 0;  // As promised; Unzip holds it against what comes.
  std::uint32_t header = 0;       // Where its local header begins, in bytes.
};

/// Whether the bytes begin as a zip archive does.
bool IsZip(std::string_view bytes);

/// All entries, in the order of the archive's directory.
Result<std::vector<ZipEntry>> ListZip(std::string_view bytes);

/// Appends the content of `entry`, one of ListZip(bytes), to `out`. An error where it has another
/// size or checksum than promised; memory grows with what really comes, never with the promise.
Result<> Unzip(std::string_view bytes, const ZipEntry& entry, std::string& out);

}  // namespace roofscape::ingest
