// A piece of a request log as it lies in the database: spec's encoding, compressed with zstd.
//
// Thread safety: pure functions.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/core/result.h"
#include "domain/spec/request_log.h"

namespace roofscape::store {

struct PackedLog {
  std::int64_t plain_bytes = 0;  // Before compression.
  std::string zstd;
};

PackedLog PackLog(const spec::RequestLog& log);

/// The inverse; kProtocol for bytes that PackLog cannot have written.
Result<spec::RequestLog> UnpackLog(std::int64_t plain_bytes, std::string_view zstd);

}  // namespace roofscape::store
