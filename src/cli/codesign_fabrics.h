// What links are worth, as text.
//
// Thread safety: pure functions.

#pragma once

#include <string>

#include "cli/table.h"
#include "service/study/fabrics.h"

namespace roofscape::cli {

std::string FabricsText(const study::FabricsTable& t, const Style& style);

}  // namespace roofscape::cli
