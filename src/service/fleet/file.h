// Small files of a job: read whole, written whole, or a line added that survives a kill.
//
// Errors: kNotFound and kIo with path, what the system said and the cure. Thread safety: no shared
// state.

#pragma once

#include <string>
#include <string_view>

#include "base/core/result.h"

namespace roofscape::fleet {

Result<std::string> ReadFile(const std::string& path);

/// The same from byte `from` on, at most `most` bytes of it, the last ones.
Result<std::string> ReadEndOfFile(const std::string& path, std::size_t from, std::size_t most);

/// 0 where there is none.
std::size_t FileSize(const std::string& path);

/// Beside it first and then in its place, so that no reader sees half of it.
Result<> WriteFile(const std::string& path, std::string_view text);

/// Adds a line and waits until it is on the disk. What a kill left of a line before is ended.
Result<> AddLine(const std::string& path, std::string_view line);

Result<> MakeFolder(const std::string& path);

}  // namespace roofscape::fleet
