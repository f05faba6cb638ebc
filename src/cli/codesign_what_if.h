// A scenario against what is, and which of its assumptions decides, as text.
//
// Thread safety: pure functions.

#pragma once

#include <string>

#include "cli/table.h"
#include "service/study/what_if.h"

namespace roofscape::cli {

std::string WhatIfTextOf(const study::WhatIfTable& t, const Style& style);

}  // namespace roofscape::cli
