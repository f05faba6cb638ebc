// Reading a file that a flag names, and writing a whole file so that a reader never sees half of
// it.
//
// Thread safety: no shared state.

#pragma once

#include <string>
#include <string_view>

#include "base/core/result.h"

namespace roofscape::cli {

/// Writes beside `path` and renames over it: what was there stays until the new file is whole.
/// Errors name the path, what the system said, and the cure.
Result<> WriteWholeFile(const std::string& path, std::string_view text);

/// The text of the file that `flag` names. kInvalidArgument names flag, path and cure.
Result<std::string> ReadFlagFile(std::string_view flag, const std::string& path);

}  // namespace roofscape::cli
