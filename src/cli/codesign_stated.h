// What a file of co-design stated beyond the catalog, as its commands print it.
//
// Thread safety: pure functions.

#pragma once

#include <string>
#include <vector>

#include "service/study/space.h"

namespace roofscape::cli {

/// A line each; empty where the file stated nothing.
std::string StatedText(const std::vector<study::Stated>& stated, std::size_t width);

}  // namespace roofscape::cli
