// Chip, links, shape of the model and layout chosen together, and what each input of the best is,
// as text.
//
// Thread safety: pure functions.

#pragma once

#include <string>

#include "cli/table.h"
#include "service/study/joint.h"

namespace roofscape::cli {

std::string JointText(const study::JointTable& t, const Style& style);

}  // namespace roofscape::cli
