// Texts and pieces of request logs as they lie in the database: compressed with zstd, a log in
// spec's encoding.
//
// Thread safety: pure functions.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/core/result.h"
#include "domain/spec/request_log.h"

namespace roofscape::store {

struct Packed {
  std::int64_t plain_bytes = 0;  // Before compression.
  std::string zstd;
};

/// How hard zstd tries. JSON of results comes out smaller at 1 than at 3, in two thirds of the
/// time.
enum class Effort { kLittle = 1, kUsual = 3 };

Packed PackText(std::string_view plain, Effort effort = Effort::kUsual);

/// The inverse; kProtocol for bytes that PackText cannot have written.
Result<std::string> UnpackText(std::int64_t plain_bytes, std::string_view zstd);

Packed PackLog(const spec::RequestLog& log);

/// The inverse; kProtocol for bytes that PackLog cannot have written.
Result<spec::RequestLog> UnpackLog(std::int64_t plain_bytes, std::string_view zstd);

}  // namespace roofscape::store
