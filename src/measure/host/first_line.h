// The first line of a file of the system, as /proc and /sys hold one value each.
//
// Errors: none; a file that is not there is an empty line. Thread safety: may be called from
// anywhere.

#pragma once

#include <string>

namespace roofscape::host {

/// Without the spaces around it.
std::string FirstLine(const std::string& path);

}  // namespace roofscape::host
